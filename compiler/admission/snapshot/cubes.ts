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
import { Fields, asBig, asList, asNatural, asText, refuse, type ReadValue } from "./fields.ts";

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
  cubes: asList(value, what).map((one) => asCube(one, `a cube of ${what}`)),
});

const asCube: ReadValue<Cube> = (value, what) => {
  const fields = new Fields(value, what);
  const constraints: Partial<Record<Field, FieldSet>> = {};
  for (const name of fields.names) {
    const field = FIELDS.find((one) => one === name) ?? refuse(`there is no field \`${name}\``);
    constraints[field] = fields.get(name, asSet(field));
  }
  return cube(constraints);
};

const asSet =
  (field: Field): ReadValue<FieldSet> =>
  (value, what) => {
    const fields = new Fields(value, what);
    const set = valuesOf(DOMAINS[field], fields, fields.flag("absent"), what);
    fields.done();
    if (isEmptySet(set)) refuse(`${what} holds nothing`);
    if (set.absent && setEqual({ ...set, absent: false }, present(field))) refuse(`${what} holds everything`);
    return shared(field, set);
  };

/** The last set of each field: most requests that follow each other have a transport and a port in common. */
const last = new Map<Field, FieldSet>();

/** The same set, as one that stands already where the last one was equal. */
function shared(field: Field, set: FieldSet): FieldSet {
  const before = last.get(field);
  if (before !== undefined && setEqual(before, set)) return before;
  last.set(field, set);
  return set;
}

function valuesOf(domain: Domain, fields: Fields, absent: boolean, what: string): FieldSet {
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
function inOrder<N extends number | bigint>(ranges: readonly N[], max: N, one: N, what: string): readonly N[] {
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
