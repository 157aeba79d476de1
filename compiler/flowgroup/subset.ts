/**
 * Is one union of cubes inside another? By splitting: a piece is inside if one cube holds it; otherwise the faces by
 * which it reaches out of one cube must be inside the others. The choice of that cube matters more than anything else.
 * So each level drops the cubes that do not touch the piece, ends if a cube holds it, and else splits it along the cube
 * that leaves the fewest faces.
 */
import type { Cube, Flowgroup } from "./cube.ts";
import { constrainedFields, constraint, countBits, cubesOverlap, cubeSubset, withConstraint } from "./cubes.ts";
import { near } from "./near.ts";
import { possible } from "./universe.ts";
import { complement, setDifference, setIntersect, setSubset } from "./sets.ts";

/** Pieces that a question may cost, beyond the cubes it is about, before it is given up as undecided. */
export const BUDGET = 20_000;

/** a ⊆ b, exactly, or `"undecided"` when splitting made more than `budget` pieces. */
export function subset(a: Flowgroup, b: Flowgroup, budget: number = BUDGET): boolean | "undecided" {
  const search = { left: budget + a.cubes.length };
  const candidates = near(b.cubes, a.cubes.length);
  let answer: boolean | "undecided" = true;
  for (const piece of a.cubes) {
    const covered = covers(candidates(piece), piece, search);
    if (covered === false) return false;
    if (covered === "undecided") answer = "undecided";
  }
  return answer;
}

function covers(cubes: readonly Cube[], piece: Cube, search: { left: number }): boolean | "undecided" {
  if (--search.left < 0) return "undecided";
  const touching: Cube[] = [];
  for (const cube of cubes) {
    if (!cubesOverlap(piece, cube)) continue;
    if (cubeSubset(piece, cube)) return true;
    touching.push(cube);
  }
  if (touching.length === 0) return !possible(piece);
  const chosen = fewestFaces(piece, touching);
  const others = touching.toSpliced(chosen, 1);
  let inside = piece;
  let answer: boolean | "undecided" = true;
  for (const [i, field] of constrainedFields(touching[chosen]!).entries()) {
    const gap = touching[chosen]!.sets[i]!;
    const own = constraint(inside, field);
    const outside = own ? setDifference(own, gap) : complement(field, gap);
    if (outside === undefined) continue;
    const covered = covers(others, withConstraint(inside, field, outside), search);
    if (covered === false) return false;
    if (covered === "undecided") answer = "undecided";
    inside = withConstraint(inside, field, own ? setIntersect(own, gap)! : gap);
  }
  return answer;
}

/** The cube that the piece leaves through the fewest fields; the first of equals. */
function fewestFaces(piece: Cube, cubes: readonly Cube[]): number {
  let best = 0;
  let fewest = Number.POSITIVE_INFINITY;
  for (const [i, cube] of cubes.entries()) {
    const faces = countFaces(piece, cube);
    if (faces < fewest) [best, fewest] = [i, faces];
    if (fewest === 1) break;
  }
  return best;
}

/** The number of fields in which the piece reaches out of the cube. */
function countFaces(piece: Cube, cube: Cube): number {
  let faces = countBits(cube.mask & ~piece.mask);
  let i = 0;
  let j = 0;
  for (let rest = piece.mask | cube.mask; rest !== 0; rest &= rest - 1) {
    const bit = rest & -rest;
    if (piece.mask & cube.mask & bit && !setSubset(piece.sets[i]!, cube.sets[j]!)) faces++;
    if (piece.mask & bit) i++;
    if (cube.mask & bit) j++;
  }
  return faces;
}
