/** What `together` says of flows is true of every single one of them. */
import test from "ava";
import fc from "fast-check";
import { cube, numbers, subset, type Flowgroup } from "../flowgroup/index.ts";
import { together, type Steers } from "./together.ts";

const VLANS = [1, 2, 3];
const flowsOf = (vlans: readonly number[]): Flowgroup => ({
  cubes: vlans.map((vlan) => cube({ vlan: numbers("vlan", vlan) })),
});
const some = fc.subarray(VLANS, { minLength: 1 });
const steers = fc.record({
  id: fc.constantFrom("a", "b", "c", "d"),
  kind: fc.constantFrom("waypoint", "waypoint", "waypoint", "avoid"),
  nodes: fc.constantFrom(["x"], ["x"], ["x"], ["x", "y"]),
  vlans: some,
  isBound: fc.boolean(),
});

test("where it says how flows are led, every one of them is led so", (t) => {
  let [parts, unknown] = [0, 0];
  fc.assert(
    fc.property(
      some,
      fc.uniqueArray(steers, { selector: ({ id }) => id, minLength: 1, maxLength: 3 }),
      (asked, any) => {
        const all = any.filter(({ vlans }) => asked.some((vlan) => vlans.includes(vlan)));
        if (all.length === 0) return;
        const led = together(
          all.map(({ vlans, ...one }): Steers => ({ ...one, flows: flowsOf(vlans) })),
          (flows) => subset(flowsOf(asked), flows) === true,
        );
        if (led === undefined) unknown++;
        else if (all.some(({ vlans }) => !asked.every((vlan) => vlans.includes(vlan)))) parts++;
        for (const vlan of led === undefined ? [] : asked) {
          const own = all.filter(({ vlans }) => vlans.includes(vlan)).toSorted((a, b) => (a.id < b.id ? -1 : 1));
          const nodes = (kind: string): string[] => [
            ...new Set(own.flatMap((one) => (one.kind === kind ? one.nodes : []))),
          ];
          t.deepEqual([led!.waypoints, led!.avoid], [nodes("waypoint"), nodes("avoid")]);
          t.true(!led!.isBound || own.some(({ isBound }) => isBound));
        }
        if (all.every(({ vlans }) => asked.every((vlan) => vlans.includes(vlan)))) t.not(led, undefined);
      },
    ),
    { numRuns: 2000 },
  );
  t.true(parts > 10 && unknown > 200, `${parts} by parts, ${unknown} unknown`);
});
