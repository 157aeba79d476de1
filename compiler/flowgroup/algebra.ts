/** Flowgroups: unions of cubes, and the operations on them. All are exact; `subset` and `difference`
 * (in files of their own) may run out of budget. */
import type { Cube, Flow, Flowgroup } from "./cube.ts";
import { cubeHolds, EVERYTHING } from "./cubes.ts";
import { mergeCubes } from "./merge.ts";
import { near } from "./near.ts";
import { subset } from "./subset.ts";
import { flowsInBoth, shareFlow } from "./universe.ts";

/** All flows. */
export const ALL: Flowgroup = { cubes: [EVERYTHING] };

/** No flow. */
export const NONE: Flowgroup = { cubes: [] };

/**
 * The union of the cubes: absorbed, merged and sorted, whatever the order in which they come. They have flows
 * (`possible`): who makes cubes by other ways than the operations here asks.
 */
export function flowgroup(cubes: readonly Cube[]): Flowgroup {
  return cubes.length === 0 ? NONE : { cubes: mergeCubes(cubes) };
}

/** a ∪ b. */
export function union(a: Flowgroup, b: Flowgroup): Flowgroup {
  return flowgroup([...a.cubes, ...b.cubes]);
}

/** a ∩ b. */
export const intersect = (a: Flowgroup, b: Flowgroup): Flowgroup => intersectWithin(a, b, Infinity) as Flowgroup;

/** a ∩ b, or `"undecided"` where it takes more than `most` cubes before they are merged. */
export function intersectWithin(a: Flowgroup, b: Flowgroup, most: number): Flowgroup | "undecided" {
  const candidates = near(b.cubes, a.cubes.length);
  const cubes: Cube[] = [];
  for (const x of a.cubes) {
    for (const y of candidates(x)) {
      const both = flowsInBoth(x, y);
      if (both === undefined) continue;
      if (cubes.length >= most) return "undecided";
      cubes.push(both);
    }
  }
  return flowgroup(cubes);
}

/** a ∩ b ≠ ∅. */
export function overlaps(a: Flowgroup, b: Flowgroup): boolean {
  const candidates = near(b.cubes, a.cubes.length);
  return a.cubes.some((x) => candidates(x).some((y) => shareFlow(x, y)));
}

/** A flowgroup holds only cubes in which a flow is, so this is a look at the list. */
export function isEmpty(a: Flowgroup): boolean {
  return a.cubes.length === 0;
}

/** Do both hold the same flows? */
export function equal(a: Flowgroup, b: Flowgroup, budget?: number): boolean | "undecided" {
  const forth = subset(a, b, budget);
  return forth === true ? subset(b, a, budget) : forth;
}

/** Is the flow in the set? */
export function holds(a: Flowgroup, flow: Flow): boolean {
  return a.cubes.some((cube) => cubeHolds(cube, flow));
}
