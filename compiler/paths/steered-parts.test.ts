/** The parts of flows that steering tells apart: what a part says is true of each of its flows. */
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

test("every flow is in one part, which lists all statements that steer the flow", (t) => {
  let several = 0;
  fc.assert(
    fc.property(some, fc.uniqueArray(steers, { selector: ({ id }) => id }), (asked, all) => {
      const flows = flowsOf(asked);
      const parts = steeredPartsOf(
        flows,
        all.map(({ vlans, ...one }): SteeringStatement => ({ ...one, flows: flowsOf(vlans) })),
      )!;
      if (parts.length > 1) several++;
      else t.is(parts[0]!.flows, flows);
      const keys = parts.map(({ lists, avoid, isSteered, isExitKnown }) =>
        JSON.stringify([lists, avoid, isSteered, isExitKnown]),
      );
      t.is(new Set(keys).size, keys.length);
      for (const vlan of VLANS) {
        const [part, ...more] = parts.filter((one) => holds(one.flows, { vlan }));
        t.deepEqual([part !== undefined, more.length], [asked.includes(vlan), 0]);
        if (part === undefined) continue;
        const own = all.filter(({ vlans }) => vlans.includes(vlan)).toSorted((a, b) => (a.id < b.id ? -1 : 1));
        const nodes = (kind: string): readonly (readonly string[])[] =>
          own.filter((one) => one.kind === kind).map((one) => one.nodes);
        t.deepEqual([part.lists, part.isSteered], [nodes("waypoint"), own.length > 0]);
        t.deepEqual([...(part.avoid ?? [])].sort(), [...new Set(nodes("avoid").flatMap((some) => [...some]))].sort());
        t.is(
          part.isExitKnown,
          own.some(({ isExitKnown }) => isExitKnown),
        );
      }
    }),
    { numRuns: 500 },
  );
  t.true(several > 100, `${several} of several parts`);
});

test("flows with fragments have no parts where two waypoints differ in ports alone", (t) => {
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
  t.is(steeredPartsOf(ports, [by("a", 80, "x"), by("b", 22, "y")])!.length, 2, "flows with ports hold no fragments");
});

test("flows with too many parts have none", (t) => {
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
