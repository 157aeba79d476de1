/** Cubes of one rule that agree in all fields but one → one cube. Its facts are those of the cubes that went into it. */
import {
  compareCubes,
  constrainedFields,
  constraint,
  namesLater,
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
      .concat(field === "transport" && namesLater(one.cube) ? "later" : [])
      .join("\u0000");
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  return [...groups.values()].map((group) => unite(field, group));
}

/** Merges by halves, so that n sets cost n·log n. */
function unite(field: Field, group: readonly DerivedCube[]): DerivedCube {
  if (group.length === 1) return group[0]!;
  const middle = group.length >> 1;
  const left = unite(field, group.slice(0, middle));
  const right = unite(field, group.slice(middle));
  const because = capped([...left.because, ...right.because]);
  const [own, more] = [constraint(left.cube, field), constraint(right.cube, field)];
  // Equal cubes without the field: it is free in both.
  if (own === undefined || more === undefined) return { cube: left.cube, because };
  const both = setUnion(field, own, more);
  return { cube: withConstraint(left.cube, field, both === "all" ? undefined : both), because };
}
