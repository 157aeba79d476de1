/**
 * Cubes, any list → the cubes of a flowgroup: what another cube holds is dropped, cubes that differ in one field become
 * one, and the rest is sorted. Each round is a function of the *set* of cubes, so the order of the input leaves no trace.
 */
import type { Cube } from "./cube.ts";
import { bitOf, constrainedFields, constraint, cubeSubset, withConstraint } from "./cubes.ts";
import { FIELDS, type Field } from "./fields.ts";
import { compareCubes, cubeKey, setKey } from "./keys.ts";
import { OverlapIndex } from "./overlap-index.ts";
import { setUnion } from "./sets.ts";

/** Below this many cubes comparing each with each is faster than building an index. */
const FEW = 48;

/** The same set of flows with fewer cubes, in canonical order. */
export function mergeCubes(cubes: readonly Cube[]): readonly Cube[] {
  if (cubes.length <= 1) return cubes;
  let current = absorb(distinct(cubes));
  for (let changed = true; changed && current.length > 1;) {
    changed = false;
    for (const field of FIELDS) {
      const merged = mergeAlong(field, current);
      if (merged.length < current.length) {
        changed = true;
        current = merged;
      }
    }
    if (changed) current = absorb(current);
  }
  return current.toSorted(compareCubes);
}

function distinct(cubes: readonly Cube[]): readonly Cube[] {
  const byKey = new Map(cubes.map((cube) => [cubeKey(cube), cube]));
  return byKey.size === cubes.length ? cubes : [...byKey.values()];
}

/** Without the cubes that lie inside another one. The cubes are distinct, so no two lie inside each other. */
function absorb(cubes: readonly Cube[]): readonly Cube[] {
  if (cubes.length <= FEW) return cubes.filter((a) => !cubes.some((b) => a !== b && cubeSubset(a, b)));
  const index = new OverlapIndex<Cube>();
  for (const cube of cubes) index.insert(cube, cube);
  return cubes.filter((cube) => index.containing(cube).length === 1);
}

/** Joins all cubes that agree in every field but this one, which all of them constrain. */
function mergeAlong(field: Field, cubes: readonly Cube[]): readonly Cube[] {
  const bit = bitOf(field);
  const groups = new Map<string, Cube[]>();
  const rest: Cube[] = [];
  for (const cube of cubes) {
    if (!(cube.mask & bit)) {
      rest.push(cube);
      continue;
    }
    const key = keyWithout(cube, field);
    const group = groups.get(key);
    if (group) group.push(cube);
    else groups.set(key, [cube]);
  }
  if (groups.size + rest.length === cubes.length) return cubes;
  return [...rest, ...[...groups.values()].map((group) => join(field, group))];
}

/** Halves against halves, so that joining n single values costs n log n. */
function join(field: Field, group: readonly Cube[]): Cube {
  let sets = group.map((cube) => constraint(cube, field)!);
  while (sets.length > 1) {
    const joined = [];
    for (let i = 0; i < sets.length; i += 2) {
      const both = i + 1 < sets.length ? setUnion(field, sets[i]!, sets[i + 1]!) : sets[i]!;
      if (both === "all") return withConstraint(group[0]!, field, undefined);
      joined.push(both);
    }
    sets = joined;
  }
  return group.length === 1 ? group[0]! : withConstraint(group[0]!, field, sets[0]);
}

function keyWithout(cube: Cube, field: Field): string {
  let key = "";
  for (const [i, other] of constrainedFields(cube).entries()) {
    if (other !== field) key += `${other}:${setKey(cube.sets[i]!)};`;
  }
  return key;
}
