/**
 * What one union of cubes leaves of another. Cutting a hole out of a cube leaves a piece for each field in which the cube
 * reaches out of it, so holes that cross each other in many fields leave a number of pieces that doubles with each of
 * them. So the work is counted, in steps that are the same on every machine, and given up where there are too many.
 */
import type { Cube, FieldSet, Flowgroup } from "./cube.ts";
import { bitOf, constraint, cubesOverlap, cubeSubset, withConstraint } from "./cubes.ts";
import { FIELDS, type Field } from "./fields.ts";
import { mergeCubes } from "./merge.ts";
import { near } from "./near.ts";
import { complement, setDifference, setIntersect, setOverlaps, setUnion } from "./sets.ts";
import { possible } from "./universe.ts";

/** The most pieces that may be left of a set; what is made of more of them than that is nothing that a reader reads. */
export const MOST_PIECES = 2_500;

/** Comparisons of a piece with a hole for each piece that may be left. */
const LOOKS = 200;

/** What may still be spent on a question. */
interface Spending {
  looks: number;
  pieces: number;
}

/** a \ b, or `"undecided"` where more than `most` pieces would be left before they are merged. */
export function difference(a: Flowgroup, b: Flowgroup, most: number = MOST_PIECES): Flowgroup | "undecided" {
  const spending: Spending = { pieces: most + a.cubes.length, looks: most * LOOKS };
  const candidates = near(b.cubes, a.cubes.length);
  let touched = false;
  const left: Cube[] = [];
  for (const cube of a.cubes) {
    const holes = candidates(cube).filter((hole) => cubesOverlap(cube, hole));
    if (holes.length === 0) left.push(cube);
    else {
      touched = true;
      for (const piece of leftOf(cube, holes, spending)) {
        if (piece === "undecided") return piece;
        left.push(piece);
      }
    }
  }
  if (!touched) return a;
  const areDisjoint = a.cubes.length === 1 || disjoint.has(a);
  const rest: Flowgroup = { cubes: mergeCubes(left, areDisjoint) };
  if (areDisjoint) disjoint.add(rest);
  return rest;
}

/** What was left of one cube: its cubes have no flow in common, and merging them is cheaper. */
const disjoint = new WeakSet<Flowgroup>();

/** a \ b whatever it costs: where few fields are spoken of, as by the values that one term leaves out, it is little. */
export const wholeDifference = (a: Flowgroup, b: Flowgroup): Flowgroup => difference(a, b, Infinity) as Flowgroup;

/** Some cube of a \ b: the first that is found, as there may be too many to look at all; undefined: none was found. */
export function someLeft(a: Flowgroup, b: Flowgroup, most: number = MOST_PIECES): Cube | undefined {
  const spending: Spending = { pieces: most + a.cubes.length, looks: most * LOOKS };
  for (const cube of a.cubes) {
    for (const piece of leftOf(cube, b.cubes, spending)) return piece === "undecided" ? undefined : piece;
  }
  return undefined;
}

/** The disjoint cubes that holes leave of a cube, one after the other; last of all `"undecided"` if all is spent. */
function* leftOf(cube: Cube, holes: readonly Cube[], spending: Spending): Generator<Cube | "undecided"> {
  const waiting: (readonly [piece: Cube, holes: readonly Cube[]])[] = [[cube, holes]];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const [piece, around] = next;
    spending.looks -= around.length;
    const touching = around.filter((hole) => cubesOverlap(piece, hole));
    if (touching.length === 0) {
      if (!possible(piece)) continue;
      if (--spending.pieces < 0) return yield "undecided";
      yield piece;
    } else if (!touching.some((hole) => cubeSubset(piece, hole))) {
      if (spending.looks < 0) return yield "undecided";
      const halves = touching.length < MANY ? undefined : halvesOf(piece, touching);
      const others = touching.slice(1);
      const parts = halves ?? cut(piece, touching[0]!).map((face) => [face, others] as const);
      for (let at = parts.length - 1; at >= 0; at--) waiting.push(parts[at]!);
    }
  }
}

/** From this many holes on it pays to look for a field that tells them apart. */
const MANY = 32;

/**
 * A piece in parts that have about half of the holes each, and one that has none: by a field in which no hole of the
 * first half has a value of the second. Many narrow holes then cost n log n instead of n². Undefined: there is no such
 * field.
 */
function halvesOf(piece: Cube, holes: readonly Cube[]): readonly (readonly [Cube, readonly Cube[]])[] | undefined {
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

/** All values that cubes have in a field that all of them constrain, joined halves against halves; undefined: every value. */
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

/** An order of sets by their first values, so that neighbours stand side by side. */
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
