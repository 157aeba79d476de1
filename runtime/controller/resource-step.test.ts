/** Meters and queues around entries on a real switch: in which order they come and go, and which are ours. */
import { spawnSync } from "node:child_process";
import { cookieOf } from "../../compiler/table/cookie.ts";
import type { Action, Entry, Instruction, Match, Meter, Queue, Table } from "../../compiler/table/entry.ts";
import { exact, sortEntries } from "../../compiler/table/match.ts";
import { command } from "../process/command.ts";
import type { Lab } from "../lab/lab.ts";
import { switchTest } from "../lab/test.ts";
import { apply, readTable, type Applied, type ApplyOptions, type ApplyResult } from "./index.ts";

const ALICE = 0x0a00_0002n;
const EVE = 0x0a00_0003n;
const Mb = 1_000_000;

const entry = (
  table: number,
  priority: number,
  match: Match,
  instructions: readonly Instruction[],
  by: string,
): Entry => ({
  table,
  priority,
  match,
  instructions,
  cookie: cookieOf(by),
  hardTimeout: 0,
  idleTimeout: 0,
});
const next = (table: number): Instruction => ({ kind: "goto", table });
const forward = (...actions: readonly Action[]): Instruction => ({
  kind: "apply",
  actions: [...actions, { kind: "output", port: "NORMAL" }],
});
const udpFrom = (source: bigint, port?: number): Match => [
  exact("eth_type", 0x800),
  exact("ip_proto", 17),
  exact("ipv4_src", source),
  ...(port === undefined ? [] : [exact("udp_dst", port)]),
];
const ipFrom = (source: bigint): Match => [exact("eth_type", 0x800), exact("ipv4_src", source)];

/** Two tables of limits, then forwarding: a packet passes every limit that holds it. */
const limited = (limits: readonly (readonly [table: number, match: Match, meter: Meter])[]): Table => ({
  entries: sortEntries([
    entry(0, 0, [], [next(1)], "default"),
    entry(1, 0, [], [next(2)], "default"),
    entry(2, 0, [], [forward()], "default"),
    ...limits.map(([table, match, { meter, statement }]) => {
      const then = table === 2 ? forward() : next(table + 1);
      return entry(table, 1, match, [{ kind: "meter", meter }, then], statement);
    }),
  ]),
  meters: limits.map(([, , meter]) => meter),
});
const limit = (meter: number, rate: number): Meter => ({ meter, rate, burst: rate / 10, statement: `limit ${meter}` });

const QUEUE: Queue = { port: 3, queue: 1, minimum: 15 * Mb, statement: "reserve" };

/** Alice's packets into queue 1; the mark is for the userspace datapath. */
const reserved = (...queues: readonly Queue[]): Table => ({
  entries: sortEntries([
    entry(0, 0, [], [forward()], "default"),
    ...queues.map(({ queue, statement }) => {
      const mark = { kind: "set_field", field: "ip_dscp", value: BigInt(queue) } as const;
      return entry(0, queue, ipFrom(ALICE), [forward(mark, { kind: "set_queue", queue })], statement);
    }),
  ]),
  queues,
});

async function must(lab: Lab, table: Table, options: ApplyOptions = {}): Promise<Applied> {
  const result = await apply(lab.mgmt, table, options);
  if (result.outcome === "failed") throw new Error(words(result).join("; "));
  return result;
}

const stdoutOf = async (...argv: readonly string[]): Promise<string> => (await command(argv)).stdout;

/** But for ports that tables name and the lab lacks. */
const words = (result: ApplyResult): readonly string[] =>
  result.diagnostics
    .filter(({ code }) => code !== "W967")
    .map(({ code, message }) => `${code} ${message.replaceAll(/`unix:[^`]*`/g, "SWITCH")}`);

switchTest("meters come before the entries that need them and go after them", async (t, start) => {
  const lab = await start();
  const first = limited([
    [1, udpFrom(EVE), limit(1, 10 * Mb)],
    [2, udpFrom(ALICE), limit(2, 5 * Mb)],
  ]);
  await must(lab, first);
  const second = limited([
    [1, udpFrom(EVE), limit(1, 12 * Mb)],
    [2, udpFrom(EVE, 7), limit(7, 1 * Mb)],
  ]);
  const result = await must(lab, second);
  t.deepEqual(result.meters, { added: 1, changed: 1, removed: 1 });
  const read = await readTable(lab.mgmt);
  const meters = second.meters?.map((meter) => ({ ...meter, statement: "" }));
  t.deepEqual(read, { outcome: "read", table: { entries: second.entries, meters }, inexpressible: [] } as never);
  // A statement that the switch refuses takes the meters back with it.
  const wrong = entry(1, 9, [exact("udp_dst", 9)], [{ kind: "meter", meter: 9 }], "wrong");
  const third = limited([
    [1, udpFrom(EVE), limit(1, 20 * Mb)],
    [2, udpFrom(EVE, 8), limit(8, 2 * Mb)],
  ]);
  const failed = await apply(lab.mgmt, { ...third, entries: [...third.entries, wrong] });
  t.like(failed, { outcome: "failed", state: "unchanged" });
  t.deepEqual(await readTable(lab.mgmt), read);
  // A number beyond those of the switch's meters.
  const large = await apply(lab.mgmt, limited([[1, udpFrom(EVE, 9), limit(0xffff_0001, Mb)]]));
  t.deepEqual(words(large), [
    "E956 the switch SWITCH refuses `limit 4294901761`: it has no such meter (OFPMMFC_INVALID_METER)",
  ]);
  t.deepEqual(await readTable(lab.mgmt), read);
});

switchTest("foreign meters stay, and ours go even when their entries have ended by themselves", async (t, start) => {
  const lab = await start();
  await lab.ofctl("add-meter", ["meter=5,kbps,band=type=drop,rate=7"]);
  await lab.ofctl("add-meter", ["meter=6,kbps,band=type=drop,rate=8"]);
  await lab.ofctl("add-flow", ["table=9,priority=3,udp,actions=meter:5,NORMAL"]);
  const taken = await apply(lab.mgmt, limited([[1, udpFrom(EVE), limit(5, Mb)]]));
  t.deepEqual(words(taken), [
    "E966 on the switch SWITCH entries that are not ours use the meter 5, which `limit 5` needs",
  ]);
  const result = await must(lab, limited([[1, udpFrom(EVE), limit(1, Mb)]]));
  t.deepEqual(words(result), ["W952 the switch SWITCH holds 1 meter that no entry uses and that we do not know"]);
  await lab.ofctl("del-flows", [`cookie=${cookieOf("limit 1")}/-1`]);
  const after = await must(lab, limited([]));
  t.deepEqual(after.meters, { added: 0, changed: 0, removed: 1 });
  const left = await lab.ofctl("dump-meters");
  for (const [meter, stays] of [
    [1, false],
    [5, true],
    [6, true],
  ] as const)
    t.is(left.includes(`meter=${meter} `), stays, left);
});

switchTest(
  "a queue on a port that cannot be shaped changes nothing, and a second apply reports the same",
  async (t, start) => {
    const lab = await start();
    await must(lab, limited([[1, udpFrom(EVE), limit(1, Mb)]]));
    await lab.vsctl([
      "add-port",
      "s1",
      "tun",
      "--",
      "set",
      "interface",
      "tun",
      "type=gre",
      "options:remote_ip=192.0.2.1",
    ]);
    const state = async (): Promise<unknown> => [
      await lab.dump(),
      await lab.ofctl("dump-meters"),
      await lab.vsctl(["list", "qos"]),
      await lab.vsctl(["list", "queue"]),
      await lab.vsctl(["--columns=name,qos", "list", "port"]),
    ];
    const before = await state();
    const number = (await lab.vsctl(["get", "interface", "tun", "ofport"])).trim();
    const expected = [
      `E967 queue 1 of port ${number} (tun), which \`reserve\` needs, was not made: the switch cannot shape that port`,
    ];
    const everywhere: Queue = { queue: 1, minimum: Mb, statement: "reserve" };
    for (const what of ["the first time", "the second time"]) {
      const result = await apply(lab.mgmt, reserved(everywhere), { runFilter: lab.onSwitch });
      t.deepEqual(words(result), expected, what);
      t.like(result, { outcome: "failed", state: "unchanged" });
      t.deepEqual(await state(), before, what);
    }
    // Rows that were there already, of a port that has become a tunnel's since, are no success either.
    await must(lab, reserved(QUEUE));
    const qos = (await lab.vsctl(["get", "port", "s1-eth3", "qos"])).trim();
    await lab.vsctl(["clear", "port", "s1-eth3", "qos", "--", "set", "port", "tun", `qos=${qos}`]);
    const repeated = await apply(lab.mgmt, reserved({ ...QUEUE, port: Number(number) }));
    t.deepEqual([words(repeated), (repeated as { state?: string }).state], [expected, "unchanged"]);
  },
);

switchTest("a port that is not there, or goes meanwhile, keeps nothing else back", async (t, start) => {
  const lab = await start();
  const gone = await must(lab, reserved({ ...QUEUE, port: 9 }));
  t.deepEqual(words(gone)[0], "W965 the switch SWITCH has no port 9, so `reserve` has no queue there");
  t.regex(await lab.dump(), /set_queue:1/);
  // The port goes when the apply has read that it is there.
  let isThere = true;
  const watch: ApplyOptions["watch"] = ({ entriesStand }) => {
    if (!isThere || !entriesStand) return;
    isThere = false;
    const { status, stderr } = spawnSync("ovs-vsctl", [`--db=${lab.db}`, "del-port", "s1", "s1-eth3"], {
      encoding: "utf8",
    });
    t.is(status, 0, stderr);
  };
  const meanwhile = await apply(lab.mgmt, reserved(QUEUE), { watch });
  t.false(isThere);
  t.regex(await lab.dump(), /set_queue:1/);
  if (meanwhile.outcome === "failed")
    t.deepEqual(
      meanwhile.diagnostics.map(({ code }) => code),
      ["E989"],
    );
  const again = await must(lab, reserved(QUEUE));
  t.is(again.diagnostics[0]?.code, "W965");
  t.deepEqual([await lab.vsctl(["list", "qos"]), await lab.vsctl(["list", "queue"])], ["", ""]);
});

switchTest("ports that have changed their numbers are named once, by an apply that sends", async (t, start) => {
  const lab = await start();
  const table: Table = {
    entries: sortEntries([
      entry(0, 0, [], [forward()], "default"),
      entry(0, 9, [exact("in_port", 1)], [], "one"),
      entry(0, 9, [exact("in_port", 7)], [], "seven"),
    ]),
  };
  t.deepEqual(words(await must(lab, table)), []);
  const numbered = (one: number, two: number): Promise<string> =>
    lab.vsctl(`set interface s1-eth1 ofport_request=${one} -- set interface s1-eth2 ofport_request=${two}`.split(" "));
  await numbered(5, 1);
  const expected = [
    "W966 port 1 of the switch SWITCH is `s1-eth2` by now, and was `s1-eth1` when a table that names it was sent last",
  ];
  t.deepEqual(words(await apply(lab.mgmt, table, { dryRun: true })), expected);
  t.deepEqual(words(await must(lab, table)), expected);
  t.deepEqual(words(await must(lab, table)), []);
  // While a port is away its name is remembered.
  await lab.vsctl(["del-port", "s1", "s1-eth2"]);
  t.deepEqual(words(await must(lab, table)), []);
  await lab.vsctl(["set", "interface", "s1-eth1", "ofport_request=1"]);
  t.deepEqual(words(await must(lab, table)), [
    "W966 port 1 of the switch SWITCH is `s1-eth1` by now, and was `s1-eth2` when a table that names it was sent last",
  ]);
});

switchTest("a filter that cannot be added changes nothing, and those that were there stay", async (t, start) => {
  const lab = await start();
  await must(lab, reserved(QUEUE), { runFilter: lab.onSwitch });
  const state = async (): Promise<unknown> => [
    await lab.dump(),
    await lab.vsctl(["list", "qos"]),
    await lab.vsctl(["list", "queue"]),
    await stdoutOf("ip", "netns", "exec", lab.namespace, ..."tc filter show dev s1-eth3".split(" ")),
  ];
  const before = await state();
  t.regex(JSON.stringify(before), /flowid 1:2/);
  const other: Queue = { ...QUEUE, queue: 2, minimum: Mb, statement: "other" };
  const refusing = (argv: readonly string[]): Promise<string | undefined> =>
    argv.at(-1) === "1:3" ? Promise.resolve("no") : lab.onSwitch(argv);
  for (const what of ["the first time", "the second time"]) {
    const result = await apply(lab.mgmt, reserved(QUEUE, other), { runFilter: refusing });
    t.regex(
      words(result).join(),
      /^E969 a filter that puts packets into queues failed: tc filter add .* flowid 1:3: no$/,
      what,
    );
    t.like(result, { outcome: "failed", state: "unchanged" });
    t.deepEqual(await state(), before, what);
  }
  // A statement that the switch refuses changes nothing either.
  const wrong = { ...reserved(QUEUE, other), entries: [entry(0, 9, [exact("udp_dst", 9)], [], "wrong")] };
  t.like(await apply(lab.mgmt, wrong, { runFilter: lab.onSwitch }), { outcome: "failed", state: "unchanged" });
  t.deepEqual(await state(), before);
  await must(lab, reserved(QUEUE, other), { runFilter: lab.onSwitch });
  t.regex(JSON.stringify(await state()), /flowid 1:2.*flowid 1:3/);
});

switchTest("queues keep their rows, and leave no trace when the reservation ends", async (t, start) => {
  const lab = await start();
  const other: Queue = { ...QUEUE, queue: 2, minimum: Mb, statement: "other" };
  const warned = await must(lab, reserved(QUEUE, other));
  t.is(warned.diagnostics[0]?.code, "W954");
  t.regex(warned.diagnostics[0]?.help ?? "", /tc filter add dev s1-eth3 parent 1: .* 0x04 0xfc flowid 1:2/);
  const list = async (table: string): Promise<string> => lab.vsctl(["--columns=_uuid,external_ids", "list", table]);
  const before = await list("queue");
  const changed = await must(lab, reserved({ ...QUEUE, minimum: 9 * Mb }, other));
  t.deepEqual(changed.queues, { added: 0, changed: 1, removed: 0 });
  t.is(await list("queue"), before);
  t.deepEqual((await must(lab, reserved({ ...QUEUE, minimum: 9 * Mb }))).queues, { added: 0, changed: 0, removed: 1 });
  // An apply that fails takes its queues back.
  const wrong = entry(0, 9, [exact("udp_dst", 9)], [], "wrong");
  const rows = await list("qos");
  const failed = await apply(lab.mgmt, { ...reserved(other), entries: [wrong] });
  t.like(failed, { outcome: "failed", state: "unchanged" });
  t.is(await list("qos"), rows);
  t.deepEqual((await must(lab, reserved())).queues, { added: 0, changed: 0, removed: 1 });
  t.deepEqual([await list("qos"), await list("queue")], ["", ""]);
});
