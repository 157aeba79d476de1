/** Cubes: how they are made, read, compared and combined, one field after the other. */
import type { Cube, FieldSet, Flow } from "./cube.ts";
import { FIELDS, type Field } from "./fields.ts";
import { listed, setEqual, setHolds, setIntersect, setOverlaps, setSubset } from "./sets.ts";

/** What a cube demands, by field. */
export type Constraints = { readonly [F in Field]?: FieldSet };

/** The cube of all flows. */
export const EVERYTHING: Cube = { mask: 0, sets: [] };

const bits: Readonly<Record<Field, number>> = Object.fromEntries(FIELDS.map((field, i) => [field, 1 << i])) as Record<
  Field,
  number
>;

/** The bit of a field in a cube's mask. */
export function bitOf(field: Field): number {
  return bits[field];
}

/** How many of the mask's bits are set. */
export function countBits(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/**
 * The cube with these constraints. Sets are never empty, so it is never empty. A field that is there but undefined is
 * an empty set that a caller did not check: taking it as no constraint would let everything through.
 */
export function cube(constraints: Constraints): Cube {
  let mask = 0;
  const sets: FieldSet[] = [];
  // By index: policies are read by a process that has just started and interprets this, a step a field.
  for (let at = 0; at < FIELDS.length; at++) {
    const field = FIELDS[at]!;
    if (!(field in constraints)) continue;
    const set = constraints[field];
    if (set === undefined) throw new TypeError(`the set of ${field} is empty`);
    mask |= bits[field];
    sets.push(set);
  }
  // A copy is as long as it has sets; what is pushed together has room for a dozen more, in each cube that stands.
  return { mask, sets: sets.slice() };
}

/** The constraint of one field; `undefined` where there is none. */
export function constraint(of: Cube, field: Field): FieldSet | undefined {
  const bit = bits[field];
  return of.mask & bit ? of.sets[countBits(of.mask & (bit - 1))] : undefined;
}

const fieldsByMask = new Map<number, readonly Field[]>();

/** The constrained fields, in field order. */
export function constrainedFields(of: Cube): readonly Field[] {
  let fields = fieldsByMask.get(of.mask);
  if (fields === undefined) {
    fields = FIELDS.filter((field) => of.mask & bits[field]);
    fieldsByMask.set(of.mask, fields);
  }
  return fields;
}

/** The constraints as a record; `cube` is its inverse. */
export function constraintsOf(of: Cube): Constraints {
  const found: { [F in Field]?: FieldSet } = {};
  // Asked of every cube that is cut: no pairs of names and sets are made on the way.
  for (const [i, field] of constrainedFields(of).entries()) found[field] = of.sets[i]!;
  return found;
}

/** The cube with the constraint of one field replaced; `undefined` takes it away. */
export function withConstraint(of: Cube, field: Field, set: FieldSet | undefined): Cube {
  const bit = bits[field];
  const at = countBits(of.mask & (bit - 1));
  const had = of.mask & bit ? 1 : 0;
  return set === undefined
    ? { mask: of.mask & ~bit, sets: of.sets.toSpliced(at, had) }
    : { mask: of.mask | bit, sets: of.sets.toSpliced(at, had, set) };
}

/** a ∩ b, or `undefined` where it is empty. */
export function intersectCubes(a: Cube, b: Cube): Cube | undefined {
  if (a.mask === 0) return b;
  if (b.mask === 0) return a;
  const sets: FieldSet[] = [];
  let i = 0;
  let j = 0;
  for (let rest = a.mask | b.mask; rest !== 0; rest &= rest - 1) {
    const bit = rest & -rest;
    if (!(b.mask & bit)) {
      sets.push(a.sets[i++]!);
    } else if (!(a.mask & bit)) {
      sets.push(b.sets[j++]!);
    } else {
      const both = setIntersect(a.sets[i++]!, b.sets[j++]!);
      if (both === undefined) return undefined;
      sets.push(both);
    }
  }
  return { mask: a.mask | b.mask, sets };
}

/** a ⊆ b: every constraint of b holds in a. */
export function cubeSubset(a: Cube, b: Cube): boolean {
  if (b.mask & ~a.mask) return false;
  let i = 0;
  let j = 0;
  for (let rest = a.mask; rest !== 0; rest &= rest - 1) {
    if (b.mask & rest & -rest && !setSubset(a.sets[i]!, b.sets[j++]!)) return false;
    i++;
  }
  return true;
}

/** a ∩ b ≠ ∅: the constraints overlap in every field that both constrain. */
export function cubesOverlap(a: Cube, b: Cube): boolean {
  let i = 0;
  let j = 0;
  for (let rest = a.mask | b.mask; rest !== 0; rest &= rest - 1) {
    const bit = rest & -rest;
    if (!(b.mask & bit)) i++;
    else if (!(a.mask & bit)) j++;
    else if (!setOverlaps(a.sets[i++]!, b.sets[j++]!)) return false;
  }
  return true;
}

/** Cubes are products of non-empty sets, so they are equal iff their constraints are. */
export function cubeEqual(a: Cube, b: Cube): boolean {
  return a.mask === b.mask && a.sets.every((set, i) => setEqual(set, b.sets[i]!));
}

/** Is the flow in the cube? */
export function cubeHolds(of: Cube, flow: Flow): boolean {
  return constrainedFields(of).every((field, i) => setHolds(of.sets[i]!, flow[field]));
}

/**
 * How many flow entries cubes come to at least: each one, and one more for each further range, prefix or name that a field
 * of it lists.
 */
export function leastEntries(cubes: readonly Cube[]): number {
  let sum = 0;
  for (const { sets } of cubes) {
    sum += 1;
    for (const set of sets) sum += Math.max(0, listed(set) - 1);
  }
  return sum;
}
