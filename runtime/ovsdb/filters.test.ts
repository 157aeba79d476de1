/** The filters that put marked packets into their queues, and the commands that make them. */
import test from "ava";
import type { Action, Entry, Table } from "../../compiler/table/entry.ts";
import type { Bridge, QosRow } from "./bridge.ts";
import { dscpMarks, filterCommands } from "./filters.ts";

const qos: QosRow = { uuid: "q", ours: true, type: "linux-htb", config: {}, queues: new Map() };
const bridge: Bridge = {
  uuid: "b",
  name: "s1",
  datapath: "1",
  failMode: "secure",
  userspace: true,
  ids: {},
  stray: [],
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

test("every port with queues gets its filters, and a port whose queues are gone loses them", (t) => {
  const table: Table = {
    entries: [entry(mark(11), into(10)), entry(mark(1), into(1))],
    queues: [
      { port: 3, queue: 10, minimum: 5, statement: "a" },
      { port: 1, queue: 1, minimum: 5, statement: "b" },
    ],
  };
  t.deepEqual(
    filterCommands(bridge, table).map(({ argv, mayFail }) => `${mayFail ? "-" : ""}${argv.join(" ")}`),
    [
      "-tc filter del dev s1-eth1 parent 1: prio 47101",
      "-tc filter del dev s1-eth1 parent 1: prio 47102",
      "tc filter add dev s1-eth1 parent 1: protocol ip prio 47101 u32 match ip dsfield 0x04 0xfc flowid 1:2",
      "tc filter add dev s1-eth1 parent 1: protocol ipv6 prio 47102 u32 match ip6 priority 0x04 0xfc flowid 1:2",
      "-tc filter del dev s1-eth2 parent 1: prio 47101",
      "-tc filter del dev s1-eth2 parent 1: prio 47102",
      "-tc filter del dev s1-eth3 parent 1: prio 47101",
      "-tc filter del dev s1-eth3 parent 1: prio 47102",
      "tc filter add dev s1-eth3 parent 1: protocol ip prio 47101 u32 match ip dsfield 0x2c 0xfc flowid 1:b",
      "tc filter add dev s1-eth3 parent 1: protocol ipv6 prio 47102 u32 match ip6 priority 0x2c 0xfc flowid 1:b",
    ],
  );
});
