/**
 * Times that count from the clock are resolved once for each statement, and kept while it is unchanged. On a real
 * switch.
 */
import type { ExecutionContext } from "ava";
import type { Lab } from "../lab/lab.ts";
import { switchTest } from "../lab/test.ts";
import { proxy } from "../controller/testing/proxy.ts";
import { main } from "./main.ts";
import { clock, folder, glazier, quietIo } from "./testing.ts";

const PINGS = "srcHost=10.0.0.2, transport=ICMP";

/** Applies texts to one switch, each at a number of seconds after the test's clock. */
function applier(t: ExecutionContext, lab: Lab) {
  return async (text: string, after: number, ...words: string[]) => {
    const cwd = folder(t, { "net.pane": text });
    return glazier(cwd, ["apply", "--switch", lab.mgmt, ...words], "", clock + after);
  };
}

/** The timeouts of the entries that drop, in order, in seconds. */
async function timeouts(lab: Lab): Promise<readonly number[]> {
  const lines = (await lab.dump()).split("\n").filter((line) => line.includes("hard_timeout="));
  return lines.map((line) => Number(/hard_timeout=(\d+)/.exec(line)![1])).toSorted((a, b) => a - b);
}

switchTest("two denies, one after the other, leave no gap however often they are applied", async (t, start) => {
  const lab = await start();
  const apply = applier(t, lab);
  const text = `default allow.
@a deny(${PINGS}) on rootShare to +100s.
@b deny(${PINGS}) on rootShare from +100s to +300s.
`;
  const first = await apply(text, 0);
  t.regex(first.out, /until 2026-12-01T09:01:40Z the switch keeps to the policy by itself/);
  t.regex(first.err, /`b` begins 1min40s after the first apply, at 2026-12-01T09:01:40Z/);
  t.deepEqual(await timeouts(lab), [300]);
  // The second deny begins at its kept time, so the shared entry lasts until the end of the second.
  const second = await apply(text, 50);
  t.regex(second.out, /until 2026-12-01T09:01:40Z the switch keeps to the policy by itself/);
  t.deepEqual(await timeouts(lab), [250]);
  t.is((await apply(text, 110)).exit, 0);
  t.deepEqual(await timeouts(lab), [190]);
  t.false(await lab.ping("alice", "bob", { timeout: 1_000 }));
  // Once both are over, their times count anew.
  t.regex((await apply(text, 301)).out, /until 2026-12-01T09:06:41Z/);
});

switchTest("a statement with a relative start is in force at the first apply after it", async (t, start) => {
  const lab = await start();
  const apply = applier(t, lab);
  const text = `default allow.
policy later { @p deny <= srcHost=10.0.0.3 from +60s. }
@b deny(${PINGS}) on rootShare from +60s.
`;
  const begun = await apply(text, 0);
  t.is(begun.exit, 0, begun.err);
  t.true(await lab.ping("alice", "bob"), begun.out + (await lab.dump()));
  t.regex((await apply(text, 59)).out, /until 2026-12-01T09:01:00Z/);
  t.true(await lab.ping("alice", "bob"));
  for (const after of [60, 61, 3_600]) {
    t.notRegex((await apply(text, after)).out, /apply again then/);
    t.false(await lab.ping("alice", "bob", { timeout: 500 }));
    t.false(await lab.ping("eve", "bob", { timeout: 500 }));
  }
  // A statement with another text counts anew.
  await apply(text.replace("+60s.\n", "+61s.\n"), 3_600);
  t.true(await lab.ping("alice", "bob"));
});

switchTest("in the last seconds before an end, a start that has come is no start after it", async (t, start) => {
  const lab = await start();
  const apply = applier(t, lab);
  const text = "default allow.\n@d deny(srcHost=10.0.0.3) on rootShare from +60s to 2026-12-01T09:02:00Z.\n";
  for (const after of [0, 60, 61, 90, 119]) {
    const { exit, err } = await apply(text, after, "--take-over");
    t.is(exit, 0, err);
    t.is((await timeouts(lab)).length, after < 60 ? 0 : 1, `${after}`);
  }
  t.is((await apply(text, 120)).exit, 0);
  // Where it never began, what is written makes no sense.
  const other = await apply(text.replace("@d", "@e"), 90);
  t.is(other.exit, 1);
  t.regex(other.err, /E715/);
});

switchTest(
  "the table of an instant other than now is not applied, because its output would be untrue",
  async (t, start) => {
    const lab = await start();
    const apply = applier(t, lab);
    const text = `default deny.\n@x allow(${PINGS}) on rootShare to +100s.\n`;
    const before = await lab.dump();
    for (const at of ["2026-12-01T08:59:00Z", "2026-12-01T09:01:00Z", "+20min"]) {
      const { exit, err } = await apply(text, 0, "--at", at);
      t.is(exit, 2, at);
      t.regex(err, /a switch enforces what is in force now, and this is another instant/);
      t.is((await apply(text, 0, "--at", at, "--dry-run", "--take-over")).exit, 0);
    }
    t.is(await lab.dump(), before);
    t.is((await apply(text, 0, "--at", "2026-12-01T09:00:00Z", "--take-over")).exit, 0);
    t.deepEqual(await timeouts(lab), [100]);
  },
);

switchTest("an apply that plans again keeps the later end that another apply has promised", async (t, start) => {
  const lab = await start();
  const text = "default allow.\n@r deny(srcHost=10.0.0.2) on rootShare to +100s.\n";
  const cwd = folder(t, { "net.pane": text });
  const slow = await proxy(t, lab.mgmt, {
    hold: (message) => message.type === "bundle_control" && message.control === "open_request",
  });
  let time = clock;
  const { io, read } = quietIo(cwd);
  const first = main(["apply", "--switch", slow.target], { ...io, now: () => time });
  await slow.held;
  // This address has no database beside it, so no lock makes the second apply wait.
  const direct = await proxy(t, lab.mgmt);
  const other = await glazier(cwd, ["apply", "--switch", direct.target], "", clock + 20);
  t.regex(other.err, /at 2026-12-01T09:02:00Z/);
  time += 20;
  slow.release();
  t.is(await first, 0);
  const { err, out } = read();
  t.regex(err, /at 2026-12-01T09:02:00Z/);
  t.regex(out, /0 added, 0 replaced, 0 deleted/);
  t.deepEqual(await timeouts(lab), [100]);
});

switchTest("an apply that loses each time to another end says so, and has changed nothing", async (t, start) => {
  const lab = await start();
  const r = "@r deny(srcHost=10.0.0.2) on rootShare to +100s.\n";
  const texts = { "r.pane": `default allow.\n${r}`, "none.pane": "default allow.\n" };
  const cwd = folder(t, { ...texts, "more.pane": `default allow.\n${r}@s deny(srcHost=10.0.0.3) on rootShare.\n` });
  const direct = await proxy(t, lab.mgmt);
  let time = clock;
  const slow = await proxy(t, lab.mgmt, {
    pause: async (message) => {
      if (message.type !== "bundle_control" || message.control !== "open_request") return;
      time += 20;
      for (const name of ["none.pane", "r.pane"])
        await glazier(cwd, ["apply", name, "--switch", direct.target], "", time);
    },
  });
  const { io, read } = quietIo(cwd);
  t.is(await main(["apply", "more.pane", "--switch", slow.target], { ...io, now: () => time }), 3);
  t.regex(read().err, /E987.*another apply has begun to keep times that count from the clock/);
  t.regex(read().out, /nothing was changed/);
  t.is(time, clock + 60);
  t.deepEqual(await timeouts(lab), [100]);
});

const limited = (end: string): string => `default deny.
flowgroup g = (dstHost=10.0.0.2, transport=ICMP).
policy p { @q allow <= friend(H), srcHost=H${end}. }
friend(H) <= host_ip(H, _), known(H).
host_ip(pc, 10.0.0.2). known(pc).
@x allow(g, srcHost=10.0.0.0/24) on rootShare${end}.
`;
const before = limited(" to +100s");

for (const [what, text, left] of [
  ["unchanged", before, [60, 60]],
  ["with a start that is the default", limited(" from now to +100s"), [60, 60]],
  ["with its terms in another order", before.replace("g, srcHost=10.0.0.0/24", "srcHost=10.0.0.0/24, g"), [60, 60]],
  ["with its conditions in another order", before.replace("friend(H), srcHost=H", "srcHost=H, friend(H)"), [60, 60]],
  ["with a note on its label", before.replace("@x", '@x "for Bob"').replace("@q", '@q "for Bob"'), [60, 60]],
  ["when facts change", before.replace("pc, 10.0.0.2", "pc, 10.0.0.3"), [60, 60]],
  ["with a flowgroup that is defined anew", before.replace("(dstHost=10.0.0.2", "(dstHost=10.0.0.3"), [60, 100]],
  ["with a relation that is defined anew", before.replace(", known(H)", ""), [60, 100]],
] as const) {
  switchTest(`what counts as unchanged: ${what}, ends keep or begin anew`, async (t, start) => {
    const lab = await start();
    const apply = applier(t, lab);
    const first = await apply(before, 0, "--take-over");
    t.is(first.exit, 0, first.err);
    const second = await apply(text, 40);
    t.is(second.exit, 0, second.err);
    t.deepEqual(await timeouts(lab), left);
  });
}

switchTest("a policy that becomes a guard is another statement, and has all of its time", async (t, start) => {
  const lab = await start();
  const apply = applier(t, lab);
  const policy = (as: string): string => `default allow.\npolicy p${as} { @q deny <= srcHost=10.0.0.2 to +100s. }\n`;
  await apply(policy(""), 0);
  await apply(policy(""), 40);
  t.deepEqual(await timeouts(lab), [60]);
  await apply(policy(" as guard"), 40);
  t.deepEqual(await timeouts(lab), [100]);
});

switchTest("a clock that is set back while an apply sends lengthens no end", async (t, start) => {
  const lab = await start();
  const cwd = folder(t, {
    "net.pane": `default deny.
@open allow(srcHost=10.0.0.2) on rootShare to 2026-12-01T09:01:40Z.
@shut deny(srcHost=10.0.0.3) on rootShare to 2026-12-01T09:03:20Z.
`,
  });
  const slow = await proxy(t, lab.mgmt, { hold: (message) => message.type === "bundle_add" });
  let [time, counter] = [clock, 0];
  const { io } = quietIo(cwd);
  const sent = main(["apply", "--switch", slow.target, "--take-over"], {
    ...io,
    now: () => time,
    passed: () => counter,
  });
  await slow.held;
  // Ten seconds pass, and the clock is an hour behind from then on.
  [time, counter] = [clock - 3_590, 10_000];
  slow.release();
  t.is(await sent, 0);
  const ends = [...(await lab.dump()).matchAll(/hard_timeout=(\d+)/g)].map(([, seconds]) => Number(seconds));
  t.true(ends.includes(90), ends.join());
  t.true(ends.every((seconds) => seconds <= 190));
});
