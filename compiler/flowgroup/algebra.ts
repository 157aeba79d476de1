/** Flowgroups: unions of cubes, and the operations on them. All are exact; only `subset` may run out of budget. */
import type { Cube, Flow, Flowgroup } from "./cube.ts";
import { bitOf, constraint, cubeHolds, cubesOverlap, EVERYTHING, withConstraint } from "./cubes.ts";
import { FIELDS, type Field } from "./fields.ts";
import { mergeCubes } from "./merge.ts";
import { near } from "./near.ts";
import { complement, setDifference, setIntersect } from "./sets.ts";
import { subset } from "./subset.ts";
import { flowsInBoth, possible, shareFlow } from "./universe.ts";

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
export function intersect(a: Flowgroup, b: Flowgroup): Flowgroup {
  const candidates = near(b.cubes, a.cubes.length);
  const cubes: Cube[] = [];
  for (const x of a.cubes) {
    for (const y of candidates(x)) {
      const both = flowsInBoth(x, y);
      if (both) cubes.push(both);
    }
  }
  return flowgroup(cubes);
}

/** a \ b. What is left of one cube is cut into disjoint pieces, which are then merged. */
export function difference(a: Flowgroup, b: Flowgroup): Flowgroup {
  const candidates = near(b.cubes, a.cubes.length);
  let touched = false;
  const left = a.cubes.flatMap((cube) => {
    const holes = candidates(cube).filter((hole) => cubesOverlap(cube, hole));
    if (holes.length === 0) return [cube];
    touched = true;
    return holes.reduce<Cube[]>((pieces, hole) => pieces.flatMap((piece) => cut(piece, hole)), [cube]).filter(possible);
  });
  return touched ? flowgroup(left) : a;
}

/**
 * The order in which a cut goes through the fields: what others presuppose comes first, so that cutting port 80 out of
 * everything never leaves the impossible “port 80 of a packet that is not IP” as a piece of its own.
 */
const CUT_ORDER: readonly Field[] = [
  "ethType",
  "transport",
  ...FIELDS.filter((f) => f !== "ethType" && f !== "transport"),
];

/** piece \ hole as disjoint cubes: one face for each field in which the piece reaches out of the hole. */
export function cut(piece: Cube, hole: Cube): Cube[] {
  if (!cubesOverlap(piece, hole)) return [piece];
  const faces: Cube[] = [];
  let inside = piece;
  for (const field of CUT_ORDER) {
    if (!(hole.mask & bitOf(field))) continue;
    const own = constraint(inside, field);
    const gap = constraint(hole, field)!;
    const outside = own ? setDifference(own, gap) : complement(field, gap);
    if (outside === undefined) continue;
    faces.push(withConstraint(inside, field, outside));
    inside = withConstraint(inside, field, own ? setIntersect(own, gap) : gap);
  }
  return faces;
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
