/** `query` of a policy with faults: a rejected statement leaves the others to be listed, a faulty text is not asked. */
import test from "ava";
import { folder, glazier } from "./testing.ts";

const policy = `default allow.
NewShare s for (srcHost=10.0.0.0/24) [deny = True] on rootShare.
@one deny(srcHost=10.0.0.1) on s.
@two deny(srcHost=10.0.1.1) on s.
`;

test("a rejected request does not keep the others from being listed", async (t) => {
  const cwd = folder(t, { "a.pane": policy });
  const { out, err, exit } = await glazier(cwd, ["query", "ListRequests on s."]);
  t.is(exit, 1);
  t.regex(err, /E701/);
  t.regex(out, /^one .*\n\n1 item\n$/m);
  const json = JSON.parse((await glazier(cwd, ["query", "ListRequests on s.", "--json"])).out);
  t.like(json, { ok: false, query: "ListRequests", rows: [{ request: "one" }], diagnostics: [{ code: "E701" }] });
});

test("a text with a fault is not decided, and not asked", async (t) => {
  const cwd = folder(t, { "a.pane": `${policy}deny(srcHost=nobody) on s.\n` });
  const { out, exit } = await glazier(cwd, ["query", "ListRequests on s."]);
  t.deepEqual([out, exit], ["", 1]);
  const json = JSON.parse((await glazier(cwd, ["query", "ListRequests on s.", "--json"])).out);
  t.deepEqual([json.ok, "rows" in json, json.diagnostics.length], [false, false, 1]);
});
