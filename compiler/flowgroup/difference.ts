/**
 * The difference of two unions of cubes. Cutting a hole out of a cube leaves one piece for each field in which the cube
 * extends beyond the hole. Where holes cross in many fields, the number of pieces may double with each hole. The
 * work therefore has a budget, counted in steps and not in time, so that every machine gives the same answer.
 */
import type { Cube, FieldSet, Flowgroup } from "./cube.ts";
import { bitOf, constraint, cubesOverlap, cubeSubset, withConstraint } from "./cubes.ts";
import { FIELDS, type Field } from "./fields.ts";
import { mergeCubes } from "./merge.ts";
import { near } from "./near.ts";
import { namesLater } from "./prerequisites.ts";
import { complement, setDifference, setIntersect, setOverlaps, setUnion } from "./sets.ts";
import { possible } from "./universe.ts";

/** The most pieces that a difference may leave. A set of more pieces is too long for a reader anyway. */
export const MOST_PIECES = 2_500;

/** The budget has this many comparisons of a piece with a hole for each piece that may be left. */
const COMPARISONS_PER_PIECE = 200;

/** What one difference may still take. */
interface Budget {
  comparisons: number;
  pieces: number;
}

/** a \ b, or `"undecided"` where the budget ends: `most` pieces before merging, and the comparisons for that many. */
export function difference(a: Flowgroup, b: Flowgroup, most: number = MOST_PIECES): Flowgroup | "undecided" {
  const budget: Budget = { pieces: most + a.cubes.length, comparisons: most * COMPARISONS_PER_PIECE };
  const candidates = near(b.cubes, a.cubes.length);
  let touched = false;
  const left: Cube[] = [];
  for (const cube of a.cubes) {
    const holes = candidates(cube).filter((hole) => cubesOverlap(cube, hole));
    if (holes.length === 0) left.push(cube);
    else {
      touched = true;
      for (const piece of leftOf(cube, holes, budget)) {
        if (piece === "undecided") return piece;
        left.push(piece);
      }
    }
  }
  if (!touched) return a;
  const areDisjoint = a.cubes.length === 1 || disjoint.has(a);
  const rest: Flowgroup = { cubes: mergeCubes(left, areDisjoint, !a.cubes.some(namesLater)) };
  if (areDisjoint) disjoint.add(rest);
  return rest;
}

/** The flowgroups whose cubes are known to be disjoint, as the rest of one cube is. Merging these is cheaper. */
const disjoint = new WeakSet<Flowgroup>();

/** a \ b without a budget; only for cubes that constrain few fields, such as the values that one term excludes. */
export const wholeDifference = (a: Flowgroup, b: Flowgroup): Flowgroup => difference(a, b, Infinity) as Flowgroup;

/** The first cube of a \ b that is found; undefined where a \ b is empty or the budget ends before one is found. */
export function someLeft(a: Flowgroup, b: Flowgroup, most: number = MOST_PIECES): Cube | undefined {
  const budget: Budget = { pieces: most + a.cubes.length, comparisons: most * COMPARISONS_PER_PIECE };
  for (const cube of a.cubes) {
    for (const piece of leftOf(cube, b.cubes, budget)) return piece === "undecided" ? undefined : piece;
  }
  return undefined;
}

/** The disjoint cubes that holes leave of a cube, one by one; `"undecided"` as the last one where the budget ends. */
function* leftOf(cube: Cube, holes: readonly Cube[], budget: Budget): Generator<Cube | "undecided"> {
  const waiting: (readonly [piece: Cube, holes: readonly Cube[]])[] = [[cube, holes]];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const [piece, around] = next;
    budget.comparisons -= around.length;
    const touching = around.filter((hole) => cubesOverlap(piece, hole));
    if (touching.length === 0) {
      if (!possible(piece)) continue;
      if (--budget.pieces < 0) return yield "undecided";
      yield piece;
    } else if (!touching.some((hole) => cubeSubset(piece, hole))) {
      if (budget.comparisons < 0) return yield "undecided";
      const halves = touching.length < MANY_HOLES ? undefined : separated(piece, touching);
      const others = touching.slice(1);
      const parts = halves ?? cut(piece, touching[0]!).map((face) => [face, others] as const);
      for (let at = parts.length - 1; at >= 0; at--) waiting.push(parts[at]!);
    }
  }
}

/** From this many holes on it pays to look for a field that separates them. */
const MANY_HOLES = 32;

/**
 * The parts of a piece, split by a field in which two groups of holes share no value: one part for each group, and one
 * without holes. Groups of about half the holes are tried first, so that many narrow holes cost n log n instead of n².
 * Undefined where no field separates the holes.
 */
function separated(piece: Cube, holes: readonly Cube[]): readonly (readonly [Cube, readonly Cube[]])[] | undefined {
  const shared = holes.reduce((mask, hole) => mask & hole.mask, -1);
  for (const field of CUT_ORDER) {
    if (!(shared & bitOf(field))) continue;
    const sorted = holes.toSorted((a, b) => compareFirst(constraint(a, field)!, constraint(b, field)!));
    for (const at of [sorted.length >> 1, 1, sorted.length - 1]) {
      const halves = [sorted.slice(0, at), sorted.slice(at)] as const;
      const [one, other] = halves.map((half) => valuesIn(field, half));
      if (one === undefined || other === undefined || setOverlaps(one, other)) continue;
      const own = constraint(piece, field);
      const both = setUnion(field, one, other);
      const free = both === "all" ? undefined : own ? setDifference(own, both) : complement(field, both);
      const parts: (readonly [Cube, readonly Cube[]])[] = free ? [[withConstraint(piece, field, free), []]] : [];
      for (const [i, values] of [one, other].entries()) {
        const inside = own ? setIntersect(own, values) : values;
        if (inside) parts.push([withConstraint(piece, field, inside), halves[i]!]);
      }
      return parts;
    }
  }
  return undefined;
}

/** The union of the cubes' values in a field that all of them constrain, joined pairwise; undefined: every value. */
export function valuesIn(field: Field, holes: readonly Cube[]): FieldSet | undefined {
  let sets = holes.map((hole) => constraint(hole, field)!);
  while (sets.length > 1) {
    const joined: FieldSet[] = [];
    for (let i = 0; i < sets.length; i += 2) {
      const both = i + 1 < sets.length ? setUnion(field, sets[i]!, sets[i + 1]!) : sets[i]!;
      if (both === "all") return undefined;
      joined.push(both);
    }
    sets = joined;
  }
  return sets[0];
}

/** Orders sets by their first values, so that sets of near values are neighbours. */
function compareFirst(a: FieldSet, b: FieldSet): number {
  const [x, y] = [firstOf(a), firstOf(b)];
  return x === y ? 0 : x === undefined || (y !== undefined && x > y) ? 1 : -1;
}

function firstOf(set: FieldSet): number | bigint | string | undefined {
  switch (set.kind) {
    case "number":
      return set.ranges[0];
    case "ip":
      return set.v4[0] ?? set.v6[0];
    case "name":
      return set.not ? undefined : set.names[0];
  }
}

/** The fields that fragments hide, later ones over IPv6 their transport, each behind its prerequisites. */
const HIDDEN: readonly Field[] = ["transport", "srcPort", "dstPort", "icmpType", "icmpCode", "direction"];

/**
 * The order in which a cut goes through the fields. Prerequisites of other fields come first, so that cutting port 80
 * out of everything leaves no impossible piece such as “port 80 of a packet that is not IP”. What fragments hide comes
 * last: a cut of port 80 at one access point then leaves whole what comes in elsewhere, and one piece shows that its
 * fragments are surely held.
 */
const CUT_ORDER: readonly Field[] = [
  "ethType",
  ...FIELDS.filter((f) => f !== "ethType" && !HIDDEN.includes(f)),
  ...HIDDEN,
];

/** piece \ hole as disjoint cubes, possible or not: one for each field in which the piece extends beyond the hole. */
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
