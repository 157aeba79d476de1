/** Regions of flows that several rules steer, against the plain question which rules hold a flow, and what they cost. */
import test from "ava";
import fc from "fast-check";
import { cube, numbers } from "../../flowgroup/index.ts";
import { cubeHolds } from "../../flowgroup/cubes.ts";
import type { Flow } from "../../flowgroup/cube.ts";
import type { DerivedRule } from "../../derived/rule.ts";
import { topology } from "../../paths/topology.ts";
import { directory } from "../../semantics/arbitrary-rules.ts";
import type { LowerContext } from "../pipeline/options.ts";
import { regionsOf, type Region } from "./regions.ts";

const context: LowerContext = {
  directory,
  defaults: { verdict: "allow", fragments: "deny" },
  target: "ovs",
  now: 0,
};

const avoid = (i: number, sets: DerivedRule["cube"], end = Infinity): DerivedRule => ({
  statement: `w${String(i).padStart(5, "0")}`,
  stage: "avoid",
  effect: "avoid",
  nodes: ["s9"],
  depth: 0,
  level: 0,
  levels: 1,
  cube: sets,
  end,
});

function regions(rules: readonly DerivedRule[], limit = 512): readonly Region[] | readonly string[] {
  const found = regionsOf(rules, context, limit, topology(directory));
  return "statements" in found ? found.statements : found;
}

const isRegion = (one: Region | string): one is Region => typeof one !== "string";

test("the highest region of a flow has just the rules that hold it, however many do", (t) => {
  let several = 0;
  const span = fc.tuple(fc.integer({ min: 0, max: 7 }), fc.integer({ min: 0, max: 3 }));
  const cubes = fc
    .tuple(fc.option(span, { freq: 1 }), fc.option(span, { freq: 1 }), fc.option(span, { freq: 1 }))
    .map(([vlan, dscp, port]) =>
      cube({
        ...(vlan && { vlan: numbers("vlan", [vlan[0], vlan[0] + vlan[1]]) }),
        ...(dscp && { dscp: numbers("dscp", [dscp[0], dscp[0] + dscp[1]]) }),
        ...(port && { inPort: numbers("inPort", [port[0], port[0] + port[1]]) }),
      }),
    );
  const law = fc.property(
    fc.array(fc.tuple(cubes, fc.constantFrom(5, 9, Infinity)), { minLength: 2, maxLength: 7 }),
    (asked) => {
      const rules = asked.map(([flows, end], i) => avoid(i, flows, end));
      const found = regions(rules).filter(isRegion);
      for (let vlan = 0; vlan < 10; vlan += 3)
        for (let dscp = 0; dscp < 10; dscp += 2)
          for (let inPort = 0; inPort < 10; inPort += 3) {
            const flow: Flow = { vlan, dscp, inPort };
            const here = found.filter((one) => cubeHolds(one.cube, flow)).toSorted((a, b) => b.level - a.level);
            const holding = rules.filter((rule) => cubeHolds(rule.cube, flow)).map(({ statement }) => statement);
            t.deepEqual(
              (here[0]?.members ?? []).map(({ statement }) => statement),
              holding,
            );
            t.is(new Set(here.map(({ level }) => level)).size, here.length);
            if (holding.length > 2) several++;
          }
    },
  );
  fc.assert(law, { numRuns: 200 });
  t.true(several > 500, String(several));
});

test("a thousand rules of separate flows are a thousand regions of one level", (t) => {
  const found = regions(
    Array.from({ length: 1_000 }, (_, i) => avoid(i, cube({ vlan: numbers("vlan", i + 1) }))),
  ).filter(isRegion);
  t.is(found.length, 1_000);
  t.true(found.every(({ level }) => level === 1));
});

test("rules that meet in too many ways are named, and those that meet none are not", (t) => {
  const apart = avoid(0, cube({ vlan: numbers("vlan", 9), dscp: numbers("dscp", 9) }));
  const crossing = [1, 2, 3].map((i) => avoid(i, cube({ vlan: numbers("vlan", [20 + i, 30 + i]) })));
  t.is(regions([apart, ...crossing], 3).length, 7);
  t.deepEqual(regions([apart, ...crossing], 2), ["w00001", "w00002", "w00003"]);
});

test("many rules for the same flows are refused before they make lists of each other", (t) => {
  const seven = cube({ vlan: numbers("vlan", 7) });
  const same = (n: number): ReturnType<typeof regions> => regions(Array.from({ length: n }, (_, i) => avoid(i, seven)));
  t.is(same(400).filter(isRegion).length, 1);
  t.false(same(500).every(isRegion));
  t.true(same(20_000).length <= 500);
});
