/** An ordered list of rules as levels decides as its first matching rule does. */
import test from "ava";
import { cube, numbers, type Cube } from "../../flowgroup/index.ts";
import { levelsOf, type Ranked } from "./levels.ts";
import { fc } from "../testing/networks.ts";

const range = fc.tuple(fc.nat(5), fc.nat(3)).map(([low, more]): [number, number] => [low, Math.min(low + more, 7)]);
const rule: fc.Arbitrary<Ranked> = fc
  .tuple(fc.constantFrom("allow", "deny"), fc.option(range), fc.option(range))
  .map(([kind, vlan, port]) => ({
    kind: kind as "allow" | "deny",
    cubes: [cube({ ...(vlan && { vlan: numbers("vlan", vlan) }), ...(port && { inPort: numbers("inPort", port) }) })],
  }));

const points = Array.from({ length: 8 }, (_, vlan) =>
  Array.from({ length: 8 }, (_, inPort) => ({ vlan, inPort })),
).flat();

/** Whether a cube holds a flow, computed from its ranges. */
const has = ({ mask, sets }: Cube, flow: { vlan: number; inPort: number }): boolean => {
  const values = [...(mask & (1 << 6) ? [flow.vlan] : []), ...(mask & (1 << 17) ? [flow.inPort] : [])];
  return sets.every((set, i) => set.kind === "number" && set.ranges[0]! <= values[i]! && values[i]! <= set.ranges[1]!);
};

test("the first level that holds a flow, deny over allow, decides as the first rule that matches", (t) => {
  fc.assert(
    fc.property(fc.array(rule, { maxLength: 12 }), (rules) => {
      const levels = levelsOf(rules);
      for (const flow of points) {
        const first = rules.find(({ cubes }) => cubes.some((one) => has(one, flow)))?.kind;
        const holding = rules.flatMap(({ kind, cubes }, i) =>
          cubes.some((one) => has(one, flow)) ? [{ kind, level: levels[i]! }] : [],
        );
        const top = Math.min(...holding.map(({ level }) => level));
        const kinds = holding.filter(({ level }) => level === top).map(({ kind }) => kind);
        t.is(kinds.includes("deny") ? "deny" : kinds[0], first);
      }
    }),
    { numRuns: 300, seed: 3 },
  );
});

test("rules that do not overlap, or agree, or deny first, share one level", (t) => {
  const on = (kind: "allow" | "deny", low: number, high: number): Ranked => ({
    kind,
    cubes: [cube({ vlan: numbers("vlan", [low, high]) })],
  });
  t.deepEqual(levelsOf([on("allow", 1, 1), on("deny", 2, 2), on("allow", 3, 3), on("allow", 1, 3)]), [0, 0, 0, 0]);
  t.deepEqual(levelsOf([on("deny", 1, 1), on("allow", 0, 4)]), [0, 0]);
  t.deepEqual(levelsOf([on("allow", 1, 1), on("deny", 0, 4), on("allow", 0, 9), on("deny", 9, 9)]), [0, 1, 1, 2]);
});
