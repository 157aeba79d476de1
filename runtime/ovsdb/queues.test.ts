/** Plans for queues, carried out on a small database in memory and compared with the queues that were wanted. */
import test from "ava";
import { NO_SETTINGS } from "./settings.ts";
import fc from "fast-check";
import type { Queue } from "../../compiler/table/entry.ts";
import type { Bridge, BridgePort, QosRow, QueueRow } from "./bridge.ts";
import { planQueues, type QueueOptions, type QueuePlan } from "./queues.ts";
import { FakeRows } from "./testing/rows.ts";

const PORTS = [1, 2, 3];
const bare: readonly BridgePort[] = PORTS.map((number) => ({ uuid: `port${number}`, name: `s1-eth${number}`, number }));
const bridgeOf = (ports: readonly BridgePort[], stray: readonly QosRow[] = []): Bridge => ({
  uuid: "bridge",
  name: "s1",
  datapath: "0000000000000001",
  failMode: "secure",
  userspace: false,
  cachesFlows: true,
  allUserspace: true,
  inUserspace: 1,
  ids: {},
  ports,
  stray,
  strayQueues: [],
  idle: [],
  controllers: [],
  managers: [],
  inBandDisabled: true,
  forwardsReserved: false,
  mirrors: [],
  bonds: [],
  apart: [],
  settings: NO_SETTINGS,
  interfaces: new Map(),
});
const foreign: QosRow = {
  uuid: "theirs",
  ours: false,
  type: "linux-htb",
  config: { "max-rate": "7" },
  queues: new Map(),
};

const queue = fc.record({
  queue: fc.integer({ min: 1, max: 4 }),
  minimum: fc.integer({ min: 0, max: 5 }).map((n) => n * 1_000_000),
  port: fc.option(fc.constantFrom(...PORTS), { nil: undefined }),
});
/** No port has two queues with one id, because the compiler numbers queues across the switch. */
const queues = fc.uniqueArray(queue, { selector: ({ queue: id, port }) => `${id} ${port}` }).map((all) =>
  all.map(({ port, ...rest }): Queue => ({
    ...rest,
    statement: `reserve ${rest.queue}`,
    ...(port !== undefined && { port }),
  })),
);
const rates = fc.option(
  fc.constantFrom(
    new Map([[1, 20_000_000]]),
    new Map([
      [1, 1_000_000],
      [2, 9_000_000],
    ]),
  ),
  { nil: undefined },
);

/** Minimum rates by port and queue, as the database holds them, without queue 0. */
const minima = (ports: readonly BridgePort[]): unknown =>
  Object.fromEntries(
    ports.flatMap(({ number, qos }) =>
      [...(qos?.queues ?? new Map<number, QueueRow>())].flatMap(([id, row]) =>
        id === 0 ? [] : [[`${number} ${id}`, row.config["min-rate"]]],
      ),
    ),
  );
const wanted = (all: readonly Queue[]): unknown =>
  Object.fromEntries(
    PORTS.flatMap((number) =>
      [1, 2, 3, 4].flatMap((id) => {
        const candidates = all.filter((one) => one.queue === id);
        const one = candidates.find(({ port }) => port === number) ?? candidates.find(({ port }) => port === undefined);
        return one === undefined || one.minimum === 0 ? [] : [[`${number} ${id}`, `${one.minimum}`]];
      }),
    ),
  );

/** Carries a whole plan out. */
function carryOut(rows: FakeRows, plan: QueuePlan): void {
  rows.transact(plan.first.map(({ operation }) => operation));
  rows.transact(plan.last);
}

test("any queues become any others, and an empty plan leaves no row", (t) => {
  fc.assert(
    fc.property(queues, queues, rates, (one, two, known) => {
      const rows = new FakeRows(bare);
      const options: QueueOptions = { rates: known };
      for (const next of [one, two]) {
        const plan = planQueues(rows.bridge(bridgeOf), "s1", next, options);
        t.deepEqual(plan.refused, []);
        carryOut(rows, plan);
        t.deepEqual(minima(rows.ports), wanted(next));
        const second = planQueues(rows.bridge(bridgeOf), "s1", next, options);
        t.deepEqual([second.first, second.last], [[], []], "a second plan has nothing to do");
      }
      carryOut(rows, planQueues(rows.bridge(bridgeOf), "s1", []));
      t.deepEqual(rows.counts, { QoS: 0, Queue: 0 });
    }),
    { numRuns: 200, seed: 3 },
  );
});

test("the first step of a plan can be undone", (t) => {
  fc.assert(
    fc.property(queues, queues, (one, two) => {
      const rows = new FakeRows(bare);
      carryOut(rows, planQueues(rows.bridge(bridgeOf), "s1", one));
      const before = structuredClone([rows.ports, rows.counts]);
      const { first } = planQueues(rows.bridge(bridgeOf), "s1", two);
      const made = rows.transact(first.map(({ operation }) => operation));
      rows.transact(
        first
          .map((step, index) => step.undo(made[index]))
          .toReversed()
          .flat(),
      );
      t.deepEqual([rows.ports, rows.counts], before as never);
    }),
    { numRuns: 200, seed: 3 },
  );
});

test("a queue that stays keeps its row while others come and its rate changes", (t) => {
  const rows = new FakeRows(bare);
  const stays: Queue = { port: 2, queue: 7, minimum: 1000, statement: "stays" };
  const row = (): string | undefined => rows.ports[1]?.qos?.queues.get(7)?.uuid;
  carryOut(rows, planQueues(rows.bridge(bridgeOf), "s1", [stays]));
  const first = row();
  t.truthy(first);
  carryOut(rows, planQueues(rows.bridge(bridgeOf), "s1", [stays, { port: 2, queue: 3, minimum: 5, statement: "new" }]));
  carryOut(rows, planQueues(rows.bridge(bridgeOf), "s1", [{ ...stays, minimum: 9 }]));
  t.is(row(), first);
});

test("queue 0 gets the rate that the reservations leave", (t) => {
  const rows = new FakeRows(bare);
  const reserve: Queue = { port: 1, queue: 1, minimum: 15, statement: "reserve" };
  const zero = (rate: number | undefined): unknown => {
    const known = rate === undefined ? {} : { rates: new Map([[1, rate]]) };
    carryOut(rows, planQueues(rows.bridge(bridgeOf), "s1", [reserve], known));
    const { qos } = rows.ports[0]!;
    return [qos?.config, qos?.queues.get(0)?.config];
  };
  t.deepEqual(zero(20), [{ "max-rate": "20" }, { "min-rate": "5" }]);
  t.deepEqual(zero(15), [{ "max-rate": "15" }, {}]);
  t.deepEqual(zero(undefined), [{}, {}]);
});

test("a foreign QoS is left alone unless taking over", (t) => {
  const ports = bare.map((port) => (port.number === 2 ? { ...port, qos: foreign } : port));
  const reserve: Queue = { queue: 1, minimum: 15, statement: "reserve" };
  const refused = planQueues(bridgeOf(ports), "s1", [reserve]);
  t.deepEqual(
    refused.refused.map(({ code, message }) => `${code} ${message}`),
    ["E964 the port `s1-eth2` has a QoS that is not ours, and `reserve` needs queues there"],
  );
  t.deepEqual(planQueues(bridgeOf(ports), "s1", [{ ...reserve, port: 1 }]).refused, []);
  const beside = planQueues(bridgeOf(ports), "s1", [reserve], { besideForeign: true });
  t.deepEqual([beside.refused, beside.warnings.map(({ code }) => code)], [[], ["E964"]]);
  t.deepEqual(
    beside.changes.map(({ one }) => one.port),
    [1, 3],
  );
  const rows = new FakeRows(ports);
  carryOut(rows, planQueues(rows.bridge(bridgeOf), "s1", [{ ...reserve, port: 2 }], { takeOver: true }));
  t.true(rows.ports[1]?.qos?.ours);
  t.is(rows.counts.QoS, 2, "the foreign QoS is off the port, and still there");
  t.deepEqual(planQueues(bridgeOf(ports), "s1", []).last, []);
});

test("a port that is not there is named, and keeps nothing else back, and our rows without a port are removed", (t) => {
  const reserve: Queue = { port: 9, queue: 1, minimum: 15, statement: "reserve" };
  t.deepEqual(
    planQueues(bridgeOf(bare), "s1", [reserve]).warnings.map(({ code, message }) => `${code} ${message}`),
    ["W965 the switch `s1` has no port 9, so `reserve` has no queue there"],
  );
  const beside = planQueues(bridgeOf(bare), "s1", [reserve, { ...reserve, port: 1 }]);
  t.deepEqual([beside.refused, beside.changes.map(({ one }) => one.port)], [[], [1]]);
  const everywhere: Queue = { queue: 1, minimum: 20, statement: "reserve" };
  t.deepEqual(
    planQueues(bridgeOf(bare), "s1", [everywhere, reserve]).warnings,
    [],
    "a queue of all ports does not ask for that port",
  );
  const queueRow = (owner: Record<string, string>): QueueRow => ({ uuid: "queue", config: {}, ids: owner });
  const stray = {
    ...foreign,
    ours: true,
    queues: new Map([
      [1, queueRow({ owner: "glazier" })],
      [2, queueRow({})],
    ]),
  };
  const plan = planQueues(bridgeOf(bare, [stray]), "s1", []);
  t.deepEqual(
    plan.last.map(({ op, table }) => `${op} ${String(table)}`),
    ["delete QoS", "delete Queue"],
  );
});
