/** What is said of the ways of flows is true of every single one of them. */
import test from "ava";
import fc from "fast-check";
import { cube, holds, numbers, type Flowgroup } from "../flowgroup/index.ts";
import { steeredPartsOf, type SteeringStatement } from "./steered-parts.ts";

const VLANS = [1, 2, 3, 4];
const flowsOf = (vlans: readonly number[]): Flowgroup => ({
  cubes: vlans.map((vlan) => cube({ vlan: numbers("vlan", vlan) })),
});
const some = fc.subarray(VLANS, { minLength: 1 });
const steers = fc.record({
  id: fc.constantFrom("a", "b", "c", "d"),
  kind: fc.constantFrom("waypoint", "avoid"),
  nodes: fc.constantFrom(["x"], ["y"], ["x", "y"]),
  vlans: some,
  isExitKnown: fc.boolean(),
});

test("every flow is on one way, and led on it by all that hold it", (t) => {
  let several = 0;
  fc.assert(
    fc.property(some, fc.uniqueArray(steers, { selector: ({ id }) => id }), (asked, all) => {
      const flows = flowsOf(asked);
      const ways = steeredPartsOf(
        flows,
        all.map(({ vlans, ...one }): SteeringStatement => ({ ...one, flows: flowsOf(vlans) })),
      )!;
      if (ways.length > 1) several++;
      else t.is(ways[0]!.flows, flows);
      const keys = ways.map(({ lists, avoid, isSteered, isExitKnown }) =>
        JSON.stringify([lists, avoid, isSteered, isExitKnown]),
      );
      t.is(new Set(keys).size, keys.length);
      for (const vlan of VLANS) {
        const [way, ...more] = ways.filter((one) => holds(one.flows, { vlan }));
        t.deepEqual([way !== undefined, more.length], [asked.includes(vlan), 0]);
        if (way === undefined) continue;
        const own = all.filter(({ vlans }) => vlans.includes(vlan)).toSorted((a, b) => (a.id < b.id ? -1 : 1));
        const nodes = (kind: string): readonly (readonly string[])[] =>
          own.filter((one) => one.kind === kind).map((one) => one.nodes);
        t.deepEqual([way.lists, way.isSteered], [nodes("waypoint"), own.length > 0]);
        t.deepEqual([...(way.avoid ?? [])].sort(), [...new Set(nodes("avoid").flatMap((some) => [...some]))].sort());
        t.is(
          way.isExitKnown,
          own.some(({ isExitKnown }) => isExitKnown),
        );
      }
    }),
    { numRuns: 500 },
  );
  t.true(several > 100, `${several} of several ways`);
});

test("a fragment goes by all that could hold it: where ports tell ways apart, at most one way is told by ports", (t) => {
  const by = (id: string, port: number, node: string): SteeringStatement => ({
    id,
    kind: "waypoint",
    nodes: [node],
    isExitKnown: true,
    flows: { cubes: [cube({ dstPort: numbers("dstPort", port) })] },
  });
  const all = { cubes: [cube({ vlan: numbers("vlan", 5) })] };
  t.is(steeredPartsOf(all, [by("a", 80, "x")])!.length, 2);
  t.is(steeredPartsOf(all, [by("a", 80, "x"), by("b", 22, "x")])!.length, 2);
  t.is(steeredPartsOf(all, [by("a", 80, "x"), by("b", 22, "y")]), undefined);
  const ports = { cubes: [cube({ dstPort: numbers("dstPort", 22, 80) })] };
  t.is(steeredPartsOf(ports, [by("a", 80, "x"), by("b", 22, "y")])!.length, 2, "fragments are not of these");
});

test("where the parts are too many nothing is said", (t) => {
  const bits = Array.from({ length: 12 }, (_, i) =>
    Array.from({ length: 4096 }, (__, n) => n).filter((n) => (n >> i) % 2),
  );
  const steering = bits.map((vlans, i): SteeringStatement => ({
    id: `w${i}`,
    kind: "waypoint",
    nodes: [`n${i}`],
    isExitKnown: true,
    flows: { cubes: [cube({ vlan: numbers("vlan", ...(vlans as [number, ...number[]])) })] },
  }));
  t.is(steeredPartsOf({ cubes: [cube({ vlan: numbers("vlan", [0, 4095]) })] }, steering), undefined);
});
