/**
 * The pieces of a request × the pieces that are taken → one free piece, as wide as a cheap search finds. A certificate
 * offers it where the whole rest has too many pieces to list.
 */
import type { Cube, FieldSet } from "../flowgroup/cube.ts";
import {
  complement,
  constrainedFields,
  constraint,
  cubesOverlap,
  possible,
  present,
  setDifference,
  someLeft,
  valuesIn,
  withConstraint,
} from "../flowgroup/index.ts";
import { overlap } from "../net/interval.ts";
import type { Piece } from "./verdict.ts";

/** A cube of `asked`, over its piece's whole interval, that no taken piece overlaps; undefined where none was found. */
export function widestFree(asked: readonly Piece[], taken: readonly Piece[]): Piece | undefined {
  let widest: { readonly piece: Piece; readonly width: number } | undefined;
  let first: Piece | undefined;
  for (const { flows, interval } of asked) {
    const holes = taken.filter((one) => overlap(one.interval, interval)).flatMap((one) => one.flows.cubes);
    for (const cube of flows.cubes.slice(0, MOST_CUBES)) {
      const found = freeBeside(
        cube,
        holes.filter((hole) => cubesOverlap(cube, hole)),
      );
      if (found && (widest === undefined || found.width > widest.width)) {
        widest = { piece: { flows: { cubes: [found.cube] }, interval }, width: found.width };
      }
    }
    if (widest !== undefined || first !== undefined) continue;
    const some = someLeft(flows, { cubes: holes });
    if (some) first = { flows: { cubes: [some] }, interval };
  }
  return widest?.piece ?? first;
}

/** The most cubes of each piece that are tried. */
const MOST_CUBES = 64;

/**
 * A cube without the holes' values in one field: the field in which the largest part of the cube's values is left.
 * `width` is that part, from 0 to 1.
 */
function freeBeside(cube: Cube, holes: readonly Cube[]): { readonly cube: Cube; readonly width: number } | undefined {
  if (holes.length === 0) return { cube, width: 1 };
  const shared = constrainedFields({ mask: holes.reduce((mask, hole) => mask & hole.mask, -1), sets: [] });
  let best: { readonly cube: Cube; readonly width: number } | undefined;
  for (const field of shared) {
    const values = valuesIn(field, holes);
    if (values === undefined) continue;
    const own = constraint(cube, field);
    const left = own ? setDifference(own, values) : complement(field, values);
    if (left === undefined) continue;
    const width = sizeOf(left) / sizeOf(own ?? present(field));
    const rest = withConstraint(cube, field, left);
    if ((best === undefined || width > best.width) && possible(rest)) best = { cube: rest, width };
  }
  return best;
}

/** Roughly the number of values of a set. Names have no end, so all but some of them count as `NAMES` less these. */
function sizeOf(set: FieldSet): number {
  switch (set.kind) {
    case "number":
      return lengthOf(set.ranges);
    case "ip":
      return lengthOf(set.v4) + lengthOf(set.v6) / 2 ** 96;
    case "name":
      return set.not ? NAMES - set.names.length : set.names.length;
  }
}

/** Stands for the number of all names: more than a directory holds. */
const NAMES = 2 ** 32;

function lengthOf(ranges: readonly (number | bigint)[]): number {
  let length = 0;
  for (let at = 0; at < ranges.length; at += 2) length += Number(ranges[at + 1]!) - Number(ranges[at]!) + 1;
  return length;
}
