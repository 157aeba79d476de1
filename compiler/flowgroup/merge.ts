/**
 * Cubes, any list → the cubes of a flowgroup: what another cube holds is dropped, cubes that differ in one field become
 * one, and the rest is sorted. Each round is a function of the *set* of cubes, so the order of the input leaves no
 * trace.
 */
import type { Cube, FieldSet } from "./cube.ts";
import { bitOf, constraint, cubeEqual, cubeSubset, withConstraint } from "./cubes.ts";
import { FIELDS, type Field } from "./fields.ts";
import { compareCubes, setHash } from "./keys.ts";
import { OverlapIndex } from "./overlap-index.ts";
import { namesLater } from "./prerequisites.ts";
import { setUnion } from "./sets.ts";

/** Below this many cubes comparing each with each is faster than building an index. */
const FEW = 200;

/**
 * The same set of flows with fewer cubes, in canonical order. `areDisjoint`: no flow is in two, so none holds another.
 * What names later IPv6 fragments stays apart from ranges around their number, which do not; `isUnnamed`: none of the cubes
 * means them.
 */
export function mergeCubes(cubes: readonly Cube[], areDisjoint = false, isUnnamed = false): readonly Cube[] {
  if (cubes.length <= 1) return cubes;
  let current = areDisjoint ? cubes : absorb(distinct(cubes));
  for (let changed = true; changed && current.length > 1;) {
    changed = false;
    for (const field of FIELDS) {
      const merged = mergeAlong(field, current, isUnnamed);
      if (merged.length < current.length) {
        changed = true;
        current = merged;
      }
    }
    if (changed && !areDisjoint) current = absorb(current);
  }
  return current.length > 1 ? current.toSorted(compareCubes) : current;
}

function distinct(cubes: readonly Cube[]): readonly Cube[] {
  return groupsOf(cubes, (cube) => hashWithout(cube, 0), cubeEqual).map((group) => group[0]!);
}

/** Without the cubes that lie inside another one. The cubes are distinct, so no two lie inside each other. */
function absorb(cubes: readonly Cube[]): readonly Cube[] {
  if (cubes.length <= FEW) return cubes.filter((a) => !cubes.some((b) => a !== b && absorbs(b, a)));
  const index = new OverlapIndex<Cube>();
  for (const cube of cubes) index.insert(cube, cube);
  return cubes.filter((cube) => {
    const around = index.containing(cube);
    return around.length === 1 || (namesLater(cube) && !around.some((one) => one !== cube && absorbs(one, cube)));
  });
}

/** Whether a cube says all that another one does: a range of transports does not name later IPv6 fragments. */
export const absorbs = (wide: Cube, of: Cube): boolean =>
  cubeSubset(of, wide) && (!namesLater(of) || namesLater(wide) || (wide.mask & bitOf("transport")) === 0);

/** Joins all cubes that agree in every field but this one, which all of them constrain. */
function mergeAlong(field: Field, cubes: readonly Cube[], isUnnamed: boolean): readonly Cube[] {
  const bit = bitOf(field);
  const isApart = (cube: Cube): boolean => field === "transport" && !isUnnamed && namesLater(cube);
  const constrained = cubes.filter((cube) => cube.mask & bit && !isApart(cube));
  if (constrained.length < 2) return cubes;
  const agree = (a: Cube, b: Cube): boolean =>
    cubeEqual(withConstraint(a, field, undefined), withConstraint(b, field, undefined));
  const groups = groupsOf(constrained, (cube) => hashWithout(cube, bit), agree);
  if (groups.length === constrained.length) return cubes;
  return [...cubes.filter((cube) => !(cube.mask & bit) || isApart(cube)), ...groups.map((group) => join(field, group))];
}

/** The cubes in groups of those that agree. */
function groupsOf(
  cubes: readonly Cube[],
  hashOf: (cube: Cube) => number,
  agree: (a: Cube, b: Cube) => boolean,
): Cube[][] {
  const byHash = new Map<number, Cube[][]>();
  const groups: Cube[][] = [];
  for (const cube of cubes) {
    const hash = hashOf(cube);
    let alike = byHash.get(hash);
    if (!alike) byHash.set(hash, (alike = []));
    const group = alike.find((one) => agree(one[0]!, cube));
    if (group) {
      group.push(cube);
    } else {
      const fresh = [cube];
      alike.push(fresh);
      groups.push(fresh);
    }
  }
  return groups;
}

/** A hash of all constraints but the one of this bit (0: of all). */
function hashWithout(cube: Cube, bit: number): number {
  let hash = cube.mask & ~bit;
  let i = 0;
  for (let rest = cube.mask; rest !== 0; rest &= rest - 1) {
    const one = rest & -rest;
    if (one !== bit) hash = (hash + Math.imul(setHash(cube.sets[i]!), one | 1)) | 0;
    i++;
  }
  return hash;
}

/** Halves against halves, so that joining n single values costs n log n. */
function join(field: Field, group: readonly Cube[]): Cube {
  let sets: FieldSet[] = group.map((cube) => constraint(cube, field)!);
  while (sets.length > 1) {
    const joined: FieldSet[] = [];
    for (let i = 0; i < sets.length; i += 2) {
      const both = i + 1 < sets.length ? setUnion(field, sets[i]!, sets[i + 1]!) : sets[i]!;
      if (both === "all") return withConstraint(group[0]!, field, undefined);
      joined.push(both);
    }
    sets = joined;
  }
  return group.length === 1 ? group[0]! : withConstraint(group[0]!, field, sets[0]);
}
