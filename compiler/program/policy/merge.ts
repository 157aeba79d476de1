/** Cubes of one rule that agree in all fields but one → one cube. Its facts are those of the cubes that went into it. */
import type { Cube } from "../../flowgroup/cube.ts";
import {
  compareCubes,
  constrainedFields,
  constraint,
  setKey,
  setUnion,
  withConstraint,
} from "../../flowgroup/index.ts";
import type { Field } from "../../flowgroup/fields.ts";
import type { DerivedCube } from "../../model/model.ts";
import { capped } from "./because.ts";

/** The same flows in fewer cubes, sorted. */
export function mergeDerived(cubes: readonly DerivedCube[]): DerivedCube[] {
  let current = [...cubes];
  for (let before = Number.POSITIVE_INFINITY; current.length < before;) {
    before = current.length;
    const fields = new Set(current.flatMap((c) => constrainedFields(c.cube)));
    for (const field of fields) current = mergeAlong(field, current);
  }
  return current.toSorted((a, b) => compareCubes(a.cube, b.cube));
}

function mergeAlong(field: Field, cubes: readonly DerivedCube[]): DerivedCube[] {
  const groups = new Map<string, DerivedCube[]>();
  for (const one of cubes) {
    const key = constrainedFields(one.cube)
      .map((f) => (f === field ? f : `${f} ${setKey(constraint(one.cube, f)!)}`))
      .join("\u0000");
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  return [...groups.values()].map((group) => (group.length === 1 ? group[0]! : unite(field, group)));
}

function unite(field: Field, group: readonly DerivedCube[]): DerivedCube {
  let cube: Cube = group[0]!.cube;
  for (const { cube: next } of group.slice(1)) {
    const [own, more] = [constraint(cube, field), constraint(next, field)];
    if (own === undefined || more === undefined) continue; // equal cubes: the field is free in all of them
    const both = setUnion(field, own, more);
    cube = withConstraint(cube, field, both === "all" ? undefined : both);
  }
  return { cube, because: capped(group.flatMap((one) => one.because)) };
}
