/** Queues of steered flows stand on the ports of their path; where it is not known, on all ports. */
import test from "ava";
import { addresses, complement, cube, numbers } from "../flowgroup/index.ts";
import type { Cube } from "../flowgroup/cube.ts";
import { directoryOf, draw, TRIANGLE } from "../paths/testing/networks.ts";
import type { DerivedRule } from "../derived/rule.ts";
import { LiveTable, lower, toOvs, type LowerContext } from "./index.ts";
import type { Table } from "../table/entry.ts";
import { resourcesBetween } from "../semantics/table-reference.ts";

const net = draw(TRIANGLE);
const context: LowerContext = {
  directory: directoryOf(TRIANGLE),
  defaults: { verdict: "allow", fragments: "deny" },
  target: "ovs",
  now: 0,
};
const between = {
  srcHost: addresses(net.hosts.get("h1")!.addresses[0]!),
  dstHost: addresses(net.hosts.get("h2")!.addresses[0]!),
};
const base = { depth: 0, level: 0, levels: 1, end: Infinity } as const;
const reserve = (of: Cube): DerivedRule => ({
  ...base,
  statement: "r",
  stage: "reserve",
  effect: "reserve",
  rate: 1e6,
  cube: of,
});
const by = (effect: "waypoint" | "avoid", node: string, of: Cube): DerivedRule => ({
  ...base,
  statement: `${effect} ${node}`,
  stage: effect,
  effect,
  nodes: [node],
  cube: of,
});
const all = cube(between);
const web = cube({ ...between, transport: numbers("transport", 6), dstPort: numbers("dstPort", 80) });

const portsOf = (tables: ReadonlyMap<string, Table>): Record<string, (number | undefined)[]> =>
  Object.fromEntries(
    [...tables].flatMap(([on, { queues = [] }]) => (queues.length > 0 ? [[on, queues.map(({ port }) => port)]] : [])),
  );

const plain = { s1: [1], s2: [3] };
const steered = { s1: [2], s2: [3], s3: [1, 4] };
const anywhere = { s1: [undefined], s2: [undefined], s3: [undefined] };

test("the queue of a reservation stands on the ports of its flows' path", (t) => {
  const ports = (...rules: DerivedRule[]) => portsOf(lower(rules, context).tables);
  t.deepEqual(ports(reserve(all)), plain);
  t.deepEqual(ports(reserve(all), by("waypoint", "ids", all)), steered);
  t.deepEqual(ports(reserve(web), by("waypoint", "ids", all)), steered);
  t.deepEqual(ports(reserve(all), by("waypoint", "s3", all)), { s1: [2], s2: [3], s3: [1] });
  const some = { s1: [1, 2], s2: [3], s3: [1, 4] };
  t.deepEqual(ports(reserve(all), by("waypoint", "ids", web)), some, "only some are steered");
  const other = cube({
    ...between,
    transport: numbers("transport", 6),
    dstPort: complement("dstPort", numbers("dstPort", 80)),
  });
  const tcp = reserve(cube({ ...between, transport: numbers("transport", 6) }));
  t.deepEqual(ports(tcp, by("waypoint", "ids", web), { ...by("waypoint", "ids", other), statement: "2" }), steered);
  t.deepEqual(ports(tcp, by("waypoint", "ids", web), by("waypoint", "s3", other)), anywhere, "fragments");
  const source = cube({ srcHost: between.srcHost });
  t.deepEqual(ports(reserve(all), by("waypoint", "ids", source)), anywhere, "the path depends on the destination");
});

test("queues follow waypoints that come and go", (t) => {
  const live = new LiveTable(context);
  const way = by("waypoint", "ids", all);
  let before: ReadonlyMap<string, Table> = new Map();
  const expect = (ports: object, ...rules: DerivedRule[]): void => {
    t.deepEqual(portsOf(live.tables()), ports as Record<string, number[]>);
    const batch = lower(rules, context).tables;
    for (const [name, table] of batch) t.is(toOvs(live.tables().get(name)!), toOvs(table));
    t.deepEqual(live.resources(), resourcesBetween(before, batch));
    before = batch;
  };
  live.apply({ added: [reserve(all)], removed: [] });
  expect(plain, reserve(all));
  live.apply({ added: [way], removed: [] });
  expect(steered, reserve(all), way);
  live.apply({ added: [], removed: [way] });
  expect(plain, reserve(all));
});
