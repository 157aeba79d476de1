/** The filters that put marked packets into their queues, and the commands that make them. */
import test from "ava";
import { NO_SETTINGS } from "./settings.ts";
import type { Action, Entry, Queue, Table } from "../../compiler/table/entry.ts";
import type { Bridge, QosRow } from "./bridge.ts";
import { dscpMarks, filterCommands, waitingFrames, type WaitingFrames } from "./filters.ts";

const qos: QosRow = { uuid: "q", ours: true, type: "linux-htb", config: {}, queues: new Map() };
const bridge: Bridge = {
  uuid: "b",
  name: "s1",
  datapath: "1",
  failMode: "secure",
  userspace: true,
  cachesFlows: true,
  allUserspace: true,
  inUserspace: 1,
  ids: {},
  stray: [],
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
  ports: [
    { uuid: "1", name: "s1-eth1", number: 1 },
    { uuid: "2", name: "s1-eth2", number: 2, qos },
    { uuid: "3", name: "s1-eth3", number: 3 },
  ],
};
const entry = (...actions: readonly Action[]): Entry => ({
  table: 0,
  priority: 1,
  match: [],
  cookie: 0n,
  hardTimeout: 0,
  idleTimeout: 0,
  instructions: [{ kind: "apply", actions }],
});
const mark = (dscp: number): Action => ({ kind: "set_field", field: "ip_dscp", value: BigInt(dscp) });
const into = (queue: number): Action => ({ kind: "set_queue", queue });

test("the marks of a table are those that come before a queue, each once", (t) => {
  const entries = [
    entry(mark(11), into(10)),
    entry(mark(1), into(1)),
    entry(mark(11), into(10)),
    entry(into(4)),
    entry(mark(9)),
  ];
  t.deepEqual(dscpMarks({ entries }), [
    { dscp: 1, queue: 1 },
    { dscp: 11, queue: 10 },
  ]);
});

test("all queues together hold 80 frames, those of other bridges included, and too many are counted", (t) => {
  const queue = (number: number, port?: number) => ({
    ...(port && { port }),
    queue: number,
    minimum: 5,
    statement: "a",
  });
  const many = (count: number) => Array.from({ length: count }, (_, index) => queue(index + 1));
  const waiting = (inUserspace: number, ...queues: readonly Queue[]): WaitingFrames =>
    waitingFrames({ ...bridge, inUserspace }, queues);
  t.deepEqual(waiting(1), { all: 0, each: 80, full: 0 });
  t.deepEqual(waiting(1, queue(1, 1)), { all: 2, each: 40, full: 2 });
  t.deepEqual(waiting(1, queue(1, 1), queue(2, 1), queue(1, 3)), { all: 5, each: 16, full: 5 });
  t.deepEqual(waiting(2, queue(1, 1), queue(2, 1), queue(1, 3)), { all: 5, each: 8, full: 5 });
  // Without a port they are at each of the three.
  t.deepEqual(waiting(1, queue(1)), { all: 6, each: 13, full: 6 });
  t.deepEqual(waiting(1, ...many(6)), { all: 21, each: 4, full: 20 });
  t.deepEqual(waiting(2, ...many(3)), { all: 12, each: 4, full: 10 });
});

test("every port with queues gets its filters, and a port whose queues are gone loses them", (t) => {
  const table: Table = {
    entries: [entry(mark(11), into(10)), entry(mark(1), into(1))],
    queues: [
      { port: 3, queue: 10, minimum: 5, statement: "a" },
      { port: 1, queue: 1, minimum: 5, statement: "b" },
    ],
  };
  const cleared = (port: string): readonly string[] =>
    [47_101, 47_102, 47_103, 47_104].map((prio) => `-tc filter del dev ${port} parent 1: prio ${prio}`);
  const short = (port: string, ...flows: readonly string[]): readonly string[] =>
    flows.map((flow) => `tc qdisc replace dev ${port} parent ${flow} pfifo limit 20`);
  const put = (port: string, [byte, word]: readonly [byte: string, word: string], flow: string): readonly string[] => {
    const add = `tc filter add dev ${port} parent 1: protocol`;
    const tagged = (type: string): readonly string[] => [
      `u32 match u16 0x0800 0xffff at -2 match u8 ${byte} 0xfc at 1 flowid ${flow}`,
      `u32 match u16 0x86dd 0xffff at -2 match u16 ${word} 0x0fc0 at 0 flowid ${flow}`,
      `u32 match u16 ${type} 0xffff at -2 match u16 0x0800 0xffff at 2 match u8 ${byte} 0xfc at 5 flowid ${flow}`,
      `u32 match u16 ${type} 0xffff at -2 match u16 0x86dd 0xffff at 2 match u16 ${word} 0x0fc0 at 4 flowid ${flow}`,
    ];
    const twice = ["0x8100", "0x88a8"].map((type) => `u32 match u16 ${type} 0xffff at -10 flowid 1:1`);
    return [
      ...twice.map((match) => `${add} 802.1Q prio 47103 ${match}`),
      ...twice.map((match) => `${add} 802.1ad prio 47104 ${match}`),
      `${add} ip prio 47101 u32 match ip dsfield ${byte} 0xfc flowid ${flow}`,
      `${add} ipv6 prio 47102 u32 match ip6 priority ${byte} 0xfc flowid ${flow}`,
      ...tagged("0x8100").map((match) => `${add} 802.1Q prio 47103 ${match}`),
      ...tagged("0x88a8").map((match) => `${add} 802.1ad prio 47104 ${match}`),
    ];
  };
  t.deepEqual(
    filterCommands(bridge, table).map(({ argv, mayFail }) => `${mayFail ? "-" : ""}${argv.join(" ")}`),
    [
      ...short("s1-eth1", "1:1", "1:2"),
      ...cleared("s1-eth1"),
      ...put("s1-eth1", ["0x04", "0x0040"], "1:2"),
      ...cleared("s1-eth2"),
      ...short("s1-eth3", "1:1", "1:b"),
      ...cleared("s1-eth3"),
      ...put("s1-eth3", ["0x2c", "0x02c0"], "1:b"),
    ],
  );
});
