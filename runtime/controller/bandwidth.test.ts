/** Limits, reservations and ends on a real switch, shown by traffic. */
import { cookieOf } from "../../compiler/table/cookie.ts";
import type { Action, Entry, Instruction, Match, Meter, Queue, Table } from "../../compiler/table/entry.ts";
import { exact, sortEntries } from "../../compiler/table/match.ts";
import type { Lab } from "../lab/lab.ts";
import { switchTest, trafficTest } from "../lab/test.ts";
import { until } from "../lab/until.ts";
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

const words = (result: ApplyResult): readonly string[] =>
  result.diagnostics.map(({ code, message }) => `${code} ${message.replaceAll(/`unix:[^`]*`/g, "SWITCH")}`);

const between = (low: number, value: number | undefined, high: number): boolean =>
  value !== undefined && value >= low && value <= high;

trafficTest("a limit of 10 Mb holds datagrams at 9 to 11 and leaves others alone", async (t, start) => {
  const lab = await start();
  const result = await must(lab, limited([[1, udpFrom(EVE), limit(1, 10 * Mb)]]));
  t.deepEqual(result.meters, { added: 1, changed: 0, removed: 0 });
  const [eve, alice] = await lab.measure([
    { from: "eve", to: "bob", port: 5001, protocol: "udp", rate: 20 * Mb },
    { from: "alice", to: "bob", port: 5002, protocol: "udp", rate: 20 * Mb },
  ]);
  t.true(between(9, eve, 11), `eve ${eve}`);
  t.true(between(18, alice, 21), `alice ${alice}`);
});

trafficTest("a limit of 5 Mb inside one of 10 holds too, and the sum never exceeds 10", async (t, start) => {
  const lab = await start();
  const table = limited([
    [1, udpFrom(EVE), limit(1, 10 * Mb)],
    [2, udpFrom(EVE, 5002), limit(2, 5 * Mb)],
  ]);
  await must(lab, table);
  const [outer = 0, inner = 0] = await lab.measure([
    { from: "eve", to: "bob", port: 5001, protocol: "udp", rate: 20 * Mb },
    { from: "eve", to: "bob", port: 5002, protocol: "udp", rate: 20 * Mb },
  ]);
  t.true(between(2, inner, 5.3), `inner ${inner}`);
  t.true(between(7, outer + inner, 10.6), `both ${outer + inner}`);
  const alone = await lab.udpFlood("eve", "bob", 20 * Mb, { port: 5002 });
  t.true(between(4.4, alone, 5.3), `inner alone ${alone}`);
});

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
  t.deepEqual(read, { outcome: "read", table: { entries: second.entries, meters }, unsayable: [] } as never);
  // A statement that the switch refuses takes the meters back with it.
  const wrong = entry(1, 9, [exact("udp_dst", 9)], [{ kind: "meter", meter: 9 }], "wrong");
  const third = limited([
    [1, udpFrom(EVE), limit(1, 20 * Mb)],
    [2, udpFrom(EVE, 8), limit(8, 2 * Mb)],
  ]);
  const failed = await apply(lab.mgmt, { ...third, entries: [...third.entries, wrong] });
  t.like(failed, { outcome: "failed", state: "unchanged" });
  t.deepEqual(await readTable(lab.mgmt), read);
  // More than the switch has.
  const large = await apply(lab.mgmt, limited([[1, udpFrom(EVE), limit(0xffff_0001, Mb)]]));
  t.deepEqual(words(large), [
    "E956 the switch SWITCH refuses `limit 4294901761`: it has no such meter (OFPMMFC_INVALID_METER)",
  ]);
  t.deepEqual(await readTable(lab.mgmt), read);
});

switchTest("meters of others stay; ours go even when their entries have ended by themselves", async (t, start) => {
  const lab = await start();
  await lab.ofctl("add-meter", ["meter=5,kbps,band=type=drop,rate=7"]);
  await lab.ofctl("add-meter", ["meter=6,kbps,band=type=drop,rate=8"]);
  await lab.ofctl("add-flow", ["table=9,priority=3,udp,actions=meter:5,NORMAL"]);
  const taken = await apply(lab.mgmt, limited([[1, udpFrom(EVE), limit(5, Mb)]]));
  t.deepEqual(words(taken), [
    "E966 on the switch SWITCH entries that are not ours use the meter 5, which `limit 5` needs",
  ]);
  const result = await must(lab, limited([[1, udpFrom(EVE), limit(1, Mb)]]));
  t.deepEqual(words(result), ["W952 the switch SWITCH holds 1 meters that no entry uses and that we do not know"]);
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
  "a reservation of 15 Mb on 20 carries TCP through a flood, and without it the flow starves",
  async (t, start) => {
    const lab = await start();
    const streams = [
      { from: "alice", to: "bob", port: 5001, protocol: "tcp" },
      { from: "eve", to: "bob", port: 5002, protocol: "udp", rate: 40 * Mb },
    ] as const;
    await lab.bottleneck("s1-eth3", 20 * Mb);
    await must(lab, reserved());
    const [starved] = await lab.measure(streams, { seconds: 3 });
    t.true(between(0, starved, 6), `without ${starved}`);
    const options = { rates: new Map([[3, 20 * Mb]]), runFilter: lab.onSwitch };
    const foreign = await apply(lab.mgmt, reserved(QUEUE), options);
    t.deepEqual(words(foreign), [
      "E964 the port `s1-eth3` has a QoS that is not ours, and `reserve` needs queues there",
    ]);
    await lab.bottleneck("s1-eth3", undefined);
    const result = await must(lab, reserved(QUEUE), options);
    t.deepEqual([words(result), result.queues], [[], { added: 1, changed: 0, removed: 0 }]);
    const [alice, eve] = await lab.measure(streams, { seconds: 3 });
    t.true(between(13, alice, 20), `with ${alice}, the flood ${eve}`);
  },
);

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
  // What fails takes its queues back.
  const wrong = entry(0, 9, [exact("udp_dst", 9)], [], "wrong");
  const rows = await list("qos");
  const failed = await apply(lab.mgmt, { ...reserved(other), entries: [wrong] });
  t.like(failed, { outcome: "failed", state: "unchanged" });
  t.is(await list("qos"), rows);
  t.deepEqual((await must(lab, reserved())).queues, { added: 0, changed: 0, removed: 1 });
  t.deepEqual([await list("qos"), await list("queue")], ["", ""]);
});

switchTest("an entry with an end leaves the switch by itself at that time", async (t, start) => {
  const lab = await start();
  const deny = { ...entry(0, 5, ipFrom(EVE), [], "deny until then"), hardTimeout: 2 };
  const began = performance.now();
  await must(lab, { entries: sortEntries([deny, ...reserved().entries]) });
  t.regex(await lab.dump(), /hard_timeout=2/);
  t.false(await lab.ping("eve", "bob", { timeout: 500 }));
  t.true(await until(async () => !/hard_timeout/.test(await lab.dump())));
  t.true(performance.now() - began >= 2000, "not before");
  t.true(await lab.ping("eve", "bob"));
});
