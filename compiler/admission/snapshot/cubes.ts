/**
 * Flowgroups ↔ JSON: a list of cubes, each an object of its fields by name. What is read is checked, so that a cube is
 * as canonical as one that the algebra made.
 */
import { MAX_V4, MAX_V6 } from "../../net/address.ts";
import { byText } from "../../net/order.ts";
import {
  constrainedFields,
  cube,
  DOMAINS,
  FIELDS,
  present,
  setEqual,
  type Cube,
  type Domain,
  type Field,
  type FieldSet,
  type Flowgroup,
} from "../../flowgroup/index.ts";
import { Fields, asBig, asList, asNatural, asText, nameOfPart, refuse, type ReadValue, type What } from "./fields.ts";

/** A cube as JSON, keys in order of text. */
function cubeJson(one: Cube): Readonly<Record<string, object>> {
  const fields = constrainedFields(one).map((field, at) => [field, setJson(one.sets[at]!)] as const);
  return Object.fromEntries(fields.toSorted(([a], [b]) => byText(a, b)));
}

export const flowsJson = ({ cubes }: Flowgroup): readonly object[] => cubes.map(cubeJson);

function setJson(set: FieldSet): object {
  const absent = set.absent ? { absent: true } : undefined;
  switch (set.kind) {
    case "number":
      return { ...absent, in: set.ranges };
    case "ip":
      return {
        ...absent,
        ...(set.v4.length > 0 && { v4: set.v4 }),
        ...(set.v6.length > 0 && { v6: set.v6.map(String) }),
      };
    case "name":
      return { ...absent, names: set.names, ...(set.not && { not: true }) };
  }
}

/** The flowgroup of a list of cubes. */
export const asFlowgroup: ReadValue<Flowgroup> = (value, what) => ({
  cubes: asList(value, what).map((one) => asCube(one, nameOfPart("a cube", what))),
});

const READERS: ReadonlyMap<string, readonly [Field, ReadValue<FieldSet>]> = new Map(
  FIELDS.map((field) => [field, [field, (value, what) => asSet(field, value, what)]]),
);

const asCube: ReadValue<Cube> = (value, what) => {
  const fields = new Fields(value, what);
  const constraints: Partial<Record<Field, FieldSet>> = {};
  for (const name of fields.names) {
    const [field, read] = READERS.get(name) ?? refuse(`there is no field \`${name}\``);
    constraints[field] = fields.get(name, read);
  }
  return cube(constraints);
};

/** What was read last for each field: most requests that follow each other have a transport and a port in common. */
const last = new Map<Field, { readonly value: unknown; readonly set: FieldSet }>();

function asSet(field: Field, value: unknown, what: What): FieldSet {
  const before = last.get(field);
  if (before !== undefined && sameJson(before.value, value)) return before.set;
  const fields = new Fields(value, what);
  const set = valuesOf(DOMAINS[field], fields, fields.flag("absent"), what);
  fields.done();
  if (isEmptySet(set)) refuse(`${what} holds nothing`);
  if (set.absent && setEqual({ ...set, absent: false }, present(field))) refuse(`${what} holds everything`);
  last.set(field, { value, set });
  return set;
}

/** Whether two values of JSON are equal, with the same keys in any order. */
function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    for (let at = 0; at < a.length; at++) if (!sameJson(a[at], b[at])) return false;
    return true;
  }
  let more = 0;
  for (const key in a) {
    if (!Object.hasOwn(b, key) || !sameJson(a[key as never], b[key as never])) return false;
    more++;
  }
  for (const _ in b) more--;
  return more === 0;
}

function valuesOf(domain: Domain, fields: Fields, absent: boolean, what: What): FieldSet {
  switch (domain.kind) {
    case "number":
      return { kind: "number", absent, ranges: inOrder(fields.list("in", asNatural), domain.max, 1, what) };
    case "ip": {
      const v4 = inOrder(fields.list("v4", asNatural, "may miss"), MAX_V4, 1, what);
      return { kind: "ip", absent, v4, v6: inOrder(fields.list("v6", asBig, "may miss"), MAX_V6, 1n, what) };
    }
    case "name": {
      const names = fields.list("names", asText);
      if (names.some((name, i) => i > 0 && names[i - 1]! >= name)) refuse(`the names of ${what} are not in order`);
      return { kind: "name", absent, not: fields.flag("not"), names };
    }
  }
}

/** Ranges `lo, hi, lo, hi, …` up to `max` that are canonical: in order, with a gap of more than `one` between them. */
function inOrder<N extends number | bigint>(ranges: readonly N[], max: N, one: N, what: What): readonly N[] {
  const isGap = (i: number): boolean => i === 0 || (ranges[i]! as number) - (ranges[i - 1]! as number) > one;
  const fits = ranges.every((value, i) => value <= max && (i % 2 === 1 ? value >= ranges[i - 1]! : isGap(i)));
  return fits && ranges.length % 2 === 0 ? ranges : refuse(`the ranges of ${what} are not in order`);
}

function isEmptySet(set: FieldSet): boolean {
  if (set.absent) return false;
  switch (set.kind) {
    case "number":
      return set.ranges.length === 0;
    case "ip":
      return set.v4.length + set.v6.length === 0;
    case "name":
      return !set.not && set.names.length === 0;
  }
}
