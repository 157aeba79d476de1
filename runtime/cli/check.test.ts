/** `check` reports all that `compile` would: for every example and target, and for faults that only a table shows. */
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import test from "ava";
import { folder, glazier } from "./testing.ts";

const at = ["--at", "2026-12-01T09:00:00Z"];
const examples = fileURLToPath(new URL("../../examples/", import.meta.url));

interface Reported {
  readonly code: string;
  readonly message: string;
  readonly severity: string;
}

/** The diagnostics of a command, as texts, and its exit code. */
async function diagnosticsOf(
  cwd: string,
  command: string,
  target: readonly string[],
): Promise<readonly [Set<string>, number]> {
  const { out, exit } = await glazier(cwd, [command, ".", "--json", ...at, ...target]);
  const { diagnostics } = JSON.parse(out) as { readonly diagnostics: readonly Reported[] };
  return [new Set(diagnostics.map(({ code, message, severity }) => `${severity} ${code} ${message}`)), exit];
}

for (const { name } of readdirSync(examples, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
  test(`check reports for ${name} what compile reports`, async (t) => {
    for (const target of [[], ["--target", "of13"], ["--target", "ovs-userspace"]]) {
      const [compiled, ended] = await diagnosticsOf(`${examples}${name}`, "compile", target);
      const [checked, exit] = await diagnosticsOf(`${examples}${name}`, "check", target);
      t.deepEqual(
        [...compiled].filter((one) => !checked.has(one)),
        [],
        target.join(" "),
      );
      t.is(exit, ended, target.join(" "));
    }
  });
}

test("check refuses what compile refuses for the same target, with the same code and exit code", async (t) => {
  const network = "default allow.\nswitch(s1, 1). switch(s2, 2). link(s1, 1, s2, 1, 1Gb).\n";
  const policies = {
    "edges.pane": `${network}limit(dstPort=80) = 1Mb on rootShare.\n`,
    "wide.pane": "default allow.\ndeny(ethType=0x1000-0x6fff) on rootShare.\n",
    "tracked.pane": "default allow.\ndeny(srcHost=10.0.0.1, direction=response) on rootShare.\n",
  };
  const cwd = folder(t, policies);
  for (const [file, code, target, one] of [
    ["edges.pane", "E816", [], ["--switch", "s1"]],
    ["wide.pane", "E801", [], []],
    ["tracked.pane", "E812", ["--target", "of13"], []],
  ] as const) {
    const [checked, compiled] = [
      await glazier(cwd, ["check", file, ...at, ...target]),
      await glazier(cwd, ["compile", file, ...at, ...target, ...one]),
    ];
    t.regex(checked.err, new RegExp(`^error\\[${code}\\]`), file);
    t.is(checked.exit, 1);
    t.is(checked.err, compiled.err);
  }
  t.is((await glazier(cwd, ["check", "tracked.pane", ...at])).exit, 0);
});

test("check --all lists statements as they are written: a name with a space keeps its quotes", async (t) => {
  const statement = `@x "a b": deny(user="a b") on s.`;
  const cwd = folder(t, {
    "a.pane": `default allow. AddUser "a b". NewShare s for (*) [deny = True] on rootShare. Grant s to "a b".\n${statement}\n`,
  });
  const { out } = await glazier(cwd, ["check", "--all", ...at]);
  t.true(out.includes(`a.pane:2:1  ${statement}\n`));
});

test("check says that no table can be made of statements that are accepted, and ends with the error", async (t) => {
  const cwd = folder(t, { "p.pane": "default deny.\n@x deny(ethType=0x1000-0x6fff) on rootShare.\n" });
  const { exit, out, err } = await glazier(cwd, ["check"]);
  t.regex(err, /error\[E801\]/);
  t.is(out, "1 statement: 1 accepted\nbut no table can be made of them: see the errors\n");
  t.is(exit, (await glazier(cwd, ["compile"])).exit);
  t.not(exit, 0);
});

test("check refuses what no table can be made with when it begins, and says from when on", async (t) => {
  const network = `default allow. switch(s1, 1). switch(s2, 2). link(s1, 10, s2, 10, 1Gb).
host_at(box, s2, 1). host_mac(box, 02:00:00:00:00:01). @ops waypoint(dstPort=80) = box on rootShare.\n`;
  for (const before of ["default allow.\n", network]) {
    const text = `${before}@x deny(ethType=0x1000-0x6fff) on rootShare from 2026-12-01T09:00:30Z.\n`;
    const cwd = folder(t, { "p.pane": text });
    const { exit, out, err } = await glazier(cwd, ["check", ...at]);
    t.regex(err, /error\[E801\][^]*p\.pane:[^]*it is so from 2026-12-01T09:00:30Z on/);
    t.regex(out, /but no table can be made of them/);
    t.is(exit, 1);
  }
});

test("what no switch could hold is not offered: an offer is lowered first", async (t) => {
  const facts = `default allow. AddUser Bob. switch(s1, 1). switch(s2, 2). link(s1, 10, s2, 20, 100Mb).
host_ip(h3, 10.0.0.4). host_mac(h3, 02:00:00:00:00:04). host_at(h3, s2, 4). host_ip(box, 10.0.0.5). host_at(box, s1, 1).
user_host("Bob", h3). NewShare b for (dstEth!=02:00:00:00:00:02) [waypoint = {h3}] on rootShare.
`;
  const refusal = async (flows: string): Promise<string> => {
    const cwd = folder(t, { "net.pane": `${facts}waypoint${flows} = h3 on b.\n` });
    const { exit, err } = await glazier(cwd, ["check"]);
    t.is(exit, 1);
    t.regex(err, /E701/);
    return err;
  };
  t.notRegex(await refusal("((*) except (srcEth=02:00:00:00:00:02, dstUser=Bob))"), /would be accepted|fix/);
  t.regex(await refusal("(transport=TCP)"), /would be accepted: waypoint\(transport=TCP, dstEth!=02:00:00:00:00:02\)/);
});

test("no warning takes the place of an error: where more than 100 are told, the error behind them is shown", async (t) => {
  const hidden = Array.from({ length: 120 }, (_, i) => `switch(s${i}, ${i + 1}). link(s${i}, 1, s${i}, 1, 1Gb).\n`);
  const cwd = folder(t, { "p.pane": `default allow.\n${hidden.join("")}allow(dstPort=80) on nowhere.\n` });
  const { err, exit } = await glazier(cwd, ["check", "p.pane"]);
  t.is(exit, 1);
  t.is(err.match(/^(error|warning|note)/gm)?.length, 100);
  t.regex(err, /^error\[E\d+\]: .*nowhere/m);
  t.regex(err, /and \d+ more diagnostics/);
});
