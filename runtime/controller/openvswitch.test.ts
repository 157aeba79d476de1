/** Tables onto a real Open vSwitch, and back. */
import fc from "fast-check";
import { cookieOf } from "../../compiler/table/cookie.ts";
import type { Entry, Instruction, Match, Table } from "../../compiler/table/entry.ts";
import { exact, sortEntries } from "../../compiler/table/match.ts";
import type { Lab } from "../lab/lab.ts";
import { switchTest } from "../lab/test.ts";
import { entry as anyEntry } from "../openflow/testing/entry.ts";
import { withoutBundles } from "../session/testing/without-bundles.ts";
import { apply, readTable, type Applied, type ApplyResult, type Failed } from "./index.ts";

const pass = (port: number, statement = `allow ${port}`): Entry => ({
  table: 0,
  priority: 100,
  match: [exact("eth_type", 0x800), exact("ip_proto", 6), exact("tcp_dst", port)],
  instructions: [{ kind: "apply", actions: [{ kind: "output", port: "NORMAL" }] }],
  cookie: cookieOf(statement),
  hardTimeout: 0,
  idleTimeout: 0,
});
const table = (...entries: Entry[]): Table => ({ entries: sortEntries(entries) });

/** But for ports that tables name and the lab lacks, and that a table begins to track connections. */
const words = (result: ApplyResult): readonly string[] =>
  result.diagnostics
    .filter(({ code }) => code !== "W967" && code !== "N996")
    .map(({ code, message }) => `${code} ${message.replaceAll(/`unix:[^`]*`/g, "SWITCH")}`);

const isIp = (match: Match): boolean =>
  match.some(({ field, value }) => field === "eth_type" && (value === 0x800n || value === 0x86ddn));
const tracksConnections = (instructions: readonly Instruction[]): boolean =>
  instructions.some((one) => one.kind === "apply" && one.actions.some(({ kind }) => kind === "ct"));

async function holds(lab: Lab): Promise<Table | undefined> {
  const read = await readTable(lab.mgmt);
  return read.outcome === "read" ? read.table : undefined;
}

switchTest("Open vSwitch takes random tables in one bundle and reports them as they were", async (t, start) => {
  const lab = await start();
  // Connection tracking is for IP packets only.
  const sensible = anyEntry.filter(({ match, instructions }) => isIp(match) || !tracksConnections(instructions));
  const ours = sensible.map((one): Entry => ({
    ...one,
    cookie: cookieOf(`${one.cookie}`),
    hardTimeout: 0,
    idleTimeout: 0,
  }));
  const entries = fc.uniqueArray(ours, { maxLength: 40, selector: ({ table: at, priority }) => `${at} ${priority}` });
  await fc.assert(
    fc.asyncProperty(entries, async (next) => {
      const result = await apply(lab.mgmt, table(...next));
      t.deepEqual([result.outcome, ...words(result)], ["applied"]);
      t.deepEqual(await holds(lab), table(...next));
    }),
    { numRuns: 60, seed: 7 },
  );
});

switchTest("an apply that the switch's table is too small for changes nothing", async (t, start) => {
  const lab = await start();
  const [{ name } = { name: "s1" }] = lab.switches;
  await lab.vsctl([
    "--",
    "--id=@ft",
    "create",
    "Flow_Table",
    "flow_limit=5",
    "--",
    "set",
    "bridge",
    name,
    "flow_tables:0=@ft",
  ]);
  const before = table(pass(1), pass(2), pass(3));
  t.is((await apply(lab.mgmt, before)).outcome, "applied");
  const after = table(pass(2), ...[11, 12, 13, 14, 15, 16].map((port) => pass(port)));
  const result = await apply(lab.mgmt, after, {
    statements: new Map(after.entries.map(({ cookie }) => [cookie, { name: "allow" }])),
  });
  t.deepEqual(words(result), ["E956 the switch SWITCH refuses `allow`: its table is full (OFPFMFC_TABLE_FULL)"]);
  t.is((result as Failed).state, "unchanged");
  t.deepEqual(await holds(lab), before);
});

const faults: readonly (readonly [string, Entry, RegExp])[] = [
  ["a field without its prerequisite", { ...pass(80), match: [exact("tcp_dst", 80)] }, /BAD_PREREQ/],
  ["a value outside of its mask", { ...pass(80), match: [{ field: "eth_src", value: 3n, mask: 1n }] }, /BAD_WILDCARDS/],
  ["a meter that is not there", { ...pass(80), instructions: [{ kind: "meter", meter: 9 }] }, /has no such meter/],
  ["a table before its own", { ...pass(80), table: 3, instructions: [{ kind: "goto", table: 2 }] }, /BAD_TABLE_ID/],
  [
    "a group that is not there",
    { ...pass(80), instructions: [{ kind: "apply", actions: [{ kind: "group", group: 5 }] }] },
    /BAD_OUT_GROUP/,
  ],
];

switchTest("an apply with an entry that the switch refuses changes nothing", async (t, start) => {
  const lab = await start();
  const before = table(pass(1), pass(2));
  t.is((await apply(lab.mgmt, before)).outcome, "applied");
  for (const [what, bad, reason] of faults) {
    const wrong = { ...bad, cookie: cookieOf(what) };
    const entries = [...[3, 4, 5].map((port) => pass(port)), wrong, ...[6, 7].map((port) => pass(port))];
    const result = await apply(lab.mgmt, { entries }, { statements: new Map([[wrong.cookie, { name: what }]]) });
    const [reported = ""] = words(result);
    t.true(reported.startsWith(`E956 the switch SWITCH refuses \`${what}\`: `), reported);
    t.regex(reported, reason, what);
    t.is((result as Failed).state, "unchanged", what);
    t.deepEqual(await holds(lab), before, what);
  }
});

switchTest("unchanged entries keep their counters, and foreign entries stay", async (t, start) => {
  const lab = await start();
  t.is((await apply(lab.mgmt, table(pass(1), pass(2)))).outcome, "applied");
  await lab.ofctl("add-flow", ["table=0,priority=7,arp,actions=drop"]);
  await lab.ofctl("add-flow", ["table=0,cookie=0x5,priority=8,ip,actions=CONTROLLER"]);
  const since = async (): Promise<readonly number[]> => {
    const dump = await lab.ofctl("dump-flows", ["tcp,tp_dst=1"]);
    return [...dump.matchAll(/duration=([\d.]+)s/g)].map(([, seconds]) => Number(seconds));
  };
  const [before] = await since();
  const result = (await apply(lab.mgmt, table(pass(1), pass(3)))) as Applied;
  t.deepEqual([result.added, result.deleted, result.unchanged, result.foreign.length], [1, 1, 1, 2]);
  const [after] = await since();
  t.true(after! >= before!, "the entry is the same one, only older");
  const taken = (await apply(lab.mgmt, table(pass(1), pass(3)), { takeOver: true })) as Applied;
  t.deepEqual([taken.added, taken.deleted, taken.unchanged], [0, 2, 2]);
  t.deepEqual(await holds(lab), table(pass(1), pass(3)));
});

switchTest("a bridge that fails open gets a warning", async (t, start) => {
  const lab = await start();
  const [{ name } = { name: "s1" }] = lab.switches;
  t.deepEqual(words(await apply(lab.mgmt, table(pass(1)))), []);
  await lab.vsctl(["set-fail-mode", name, "standalone"]);
  const expected = [
    `W951 the bridge \`${name}\` is not set to fail_mode=secure: without entries it switches everything`,
  ];
  // Open vSwitch falls open and adds an entry of its own, which passes what ours does not.
  t.deepEqual(words(await apply(lab.mgmt, table(pass(1)))), [
    "E994 on the switch SWITCH an entry that is not ours may let on what the policy denies: table 0, priority 0, every packet",
  ]);
  t.deepEqual(words(await apply(lab.mgmt, table(pass(1)), { takeOver: true })), expected);
  await lab.vsctl(["del-fail-mode", name]);
  t.deepEqual(words(await apply(lab.mgmt, table(pass(1)), { takeOver: true })), expected);
});

switchTest(
  "fail_mode=secure set by hand empties the tables; apply --secure sets it and fills them",
  async (t, start) => {
    const lab = await start();
    const [{ name } = { name: "s1" }] = lab.switches;
    const wanted = table(...Array.from({ length: 27 }, (_, port) => pass(port)));
    const standalone = async (): Promise<void> => {
      await lab.vsctl(["set-fail-mode", name, "standalone"]);
      t.is((await apply(lab.mgmt, wanted, { takeOver: true })).outcome, "applied");
    };
    await standalone();
    await lab.vsctl(["set-fail-mode", name, "secure"]);
    t.deepEqual(await holds(lab), table(), "why the command is never advised after an apply");

    await standalone();
    const warned = await apply(lab.mgmt, wanted, { takeOver: true });
    t.regex(
      warned.diagnostics.find(({ code }) => code === "W951")?.help ?? "",
      /^apply with --secure, which sets it before/,
    );
    const planned = (await apply(lab.mgmt, wanted, { secure: true, dryRun: true })) as Applied;
    t.like(planned, { outcome: "planned", secured: true, added: 27, unchanged: 0 });
    t.is((await holds(lab))?.entries.length, 27);
    const done = (await apply(lab.mgmt, wanted, { secure: true })) as Applied;
    t.like(done, { outcome: "applied", secured: true, added: 27 });
    t.deepEqual(words(done), []);
    t.deepEqual(await holds(lab), wanted);
    t.is((await lab.vsctl(["get-fail-mode", name])).trim(), "secure");
    const repeated = (await apply(lab.mgmt, wanted, { secure: true })) as Applied;
    t.like(repeated, { method: "nothing", secured: undefined, unchanged: 27 });
  },
);

switchTest(
  "whatever goes wrong after --secure emptied the tables, apply says that the switch was changed",
  async (t, start) => {
    const lab = await start();
    const [{ name } = { name: "s1" }] = lab.switches;
    await lab.vsctl(["set-fail-mode", name, "standalone"]);
    await apply(lab.mgmt, table(pass(1)), { takeOver: true });
    const unsendable = { ...pass(2), match: [exact("eth_dst", 2 ** 48)] };
    const broken = await apply(lab.mgmt, table(unsendable), { secure: true, takeOver: true });
    t.like(broken, { outcome: "failed", state: "changed" });
    t.regex(words(broken)[0]!, /^E988 the change of the switch SWITCH broke off: RangeError: /);
    t.deepEqual(await holds(lab), table(), "the tables were emptied");
    // A bug before anything was sent is thrown.
    await t.throwsAsync(apply(lab.mgmt, undefined as unknown as Table));
  },
);

switchTest("apply --secure removes no foreign entries unless taking over, and needs the database", async (t, start) => {
  const lab = await start();
  const [{ name } = { name: "s1" }] = lab.switches;
  await lab.vsctl(["set-fail-mode", name, "standalone"]);
  await lab.ofctl("del-flows");
  await lab.ofctl("add-flow", ["table=7,priority=9,udp actions=drop"]);
  const before = await lab.dump();
  const refused = await apply(lab.mgmt, table(pass(1)), { secure: true });
  t.deepEqual(words(refused), [
    `E982 setting fail_mode=secure empties the tables of the bridge \`${name}\`, and 1 entry of others would go too`,
  ]);
  t.is(await lab.dump(), before);
  const target = await withoutBundles(t, lab.mgmt, async () => undefined);
  t.deepEqual(words(await apply(target, table(pass(1)), { secure: true })), [
    "E981 fail_mode=secure is set in the database of the switch SWITCH, and none was found",
  ]);
  t.is(await lab.dump(), before);
  t.is((await apply(lab.mgmt, table(pass(1)), { secure: true, takeOver: true })).outcome, "applied");
  t.deepEqual(await holds(lab), table(pass(1)));
});

switchTest("a switch that does not speak OpenFlow 1.3 is reported with its versions", async (t, start) => {
  const lab = await start({ protocols: ["OpenFlow10", "OpenFlow14"] });
  const result = await apply(lab.mgmt, table(pass(1)));
  t.deepEqual(words(result), ["E952 the switch SWITCH speaks OpenFlow 1.0 and 1.4, and we speak 1.3"]);
});
