/**
 * Sets of values of one field: how they are made and how they combine. A set may hold *absent*, the value of packets
 * that lack the field. The empty set is `undefined` and the set of everything (all values and absent) is `"all"`, since
 * neither may stand in a cube.
 */
import { MAX_V4, MAX_V6, type Ip, type Prefix } from "../net/address.ts";
import { prefixRange } from "../net/prefix.ts";
import { isCounting, spendSteps } from "../net/work.ts";
import type { FieldSet, Value } from "./cube.ts";
import { DOMAINS, type Domain, type Field } from "./fields.ts";
import * as list from "./sorted.ts";
import * as range from "./ranges.ts";

export type NumberSet = Extract<FieldSet, { kind: "number" }>;
export type IpSet = Extract<FieldSet, { kind: "ip" }>;
export type NameSet = Extract<FieldSet, { kind: "name" }>;

/** One number, or a closed range of numbers. */
export type NumberRange = number | readonly [low: number, high: number];

/** One address, a block, or a closed range within one family. */
export type AddressRange = Ip | Prefix | { readonly low: Ip; readonly high: Ip };

// ---------------------------------------------------------------- making sets

/** A set of numbers of a numeric field. The values must lie in the field's domain, which the readers of text check. */
export function numbers(field: Field, ...ranges: readonly [NumberRange, ...NumberRange[]]): FieldSet {
  return numberSet(field, ranges)!;
}

/** As `numbers`, of any number of ranges; none at all is the empty set. */
export function numberSet(field: Field, ranges: readonly NumberRange[]): FieldSet | undefined {
  const domain: Domain = DOMAINS[field];
  const pairs = ranges.map((one): readonly [number, number] => (typeof one === "number" ? [one, one] : one));
  for (const [low, high] of pairs) {
    if (domain.kind !== "number" || !(low >= 0 && low <= high && high <= domain.max)) {
      throw new RangeError(`${low}-${high} is not a range of ${field}`);
    }
  }
  return pairs.length === 0 ? undefined : { kind: "number", absent: false, ranges: range.toRanges(pairs) };
}

/** A set of names. */
export function names(...members: readonly [string, ...string[]]): FieldSet {
  return nameSet(members)!;
}

/** As `names`, of any number of names; none at all is the empty set. */
export function nameSet(members: Iterable<string>): FieldSet | undefined {
  const sorted = list.toNames(members);
  return sorted.length === 0 ? undefined : { kind: "name", absent: false, not: false, names: sorted };
}

/** A set of addresses, of either family or both. */
export function addresses(...members: readonly [AddressRange, ...AddressRange[]]): FieldSet {
  return addressSet(members)!;
}

/** As `addresses`, of any number of ranges; none at all is the empty set. */
export function addressSet(members: Iterable<AddressRange>): FieldSet | undefined {
  const v4: (readonly [number, number])[] = [];
  const v6: (readonly [bigint, bigint])[] = [];
  for (const member of members) {
    const { low, high } =
      "low" in member ? member : "length" in member ? prefixRange(member) : { low: member, high: member };
    if (low.family === 4 && high.family === 4 && low.value <= high.value) v4.push([low.value, high.value]);
    else if (low.family === 6 && high.family === 6 && low.value <= high.value) v6.push([low.value, high.value]);
    else throw new RangeError("a range of addresses goes from low to high within one family");
  }
  if (v4.length === 0 && v6.length === 0) return undefined;
  return { kind: "ip", absent: false, v4: range.toRanges(v4), v6: range.toRanges(v6) };
}

/** Every value of the field, without absent: what a packet must have for the field to be there at all. */
export function present(field: Field): FieldSet {
  const domain: Domain = DOMAINS[field];
  switch (domain.kind) {
    case "number":
      return { kind: "number", absent: false, ranges: [0, domain.max] };
    case "ip":
      return { kind: "ip", absent: false, v4: [0, MAX_V4], v6: [0n, MAX_V6] };
    case "name":
      return { kind: "name", absent: false, not: true, names: [] };
  }
}

/** Everything that is not in the set, absent included: what `except` leaves. */
export function complement(field: Field, set: FieldSet): FieldSet {
  const absent = !set.absent;
  switch (set.kind) {
    case "number": {
      const all = present(field) as NumberSet;
      return { kind: "number", absent, ranges: range.subtractRanges(all.ranges, set.ranges) };
    }
    case "ip":
      return {
        kind: "ip",
        absent,
        v4: range.subtractRanges([0, MAX_V4], set.v4),
        v6: range.subtractRanges([0n, MAX_V6], set.v6),
      };
    case "name":
      return { kind: "name", absent, not: !set.not, names: set.names };
  }
}

/** The values of the field that are not in the set, absent left out: what `!=` means. */
export function negation(field: Field, set: FieldSet): FieldSet | undefined {
  return setDifference(present(field), set);
}

// ---------------------------------------------------------------- combining sets (of one field, hence of one kind)

/** a ∩ b, or `undefined` where it is empty. */
export function setIntersect(a: FieldSet, b: FieldSet): FieldSet | undefined {
  if (isCounting()) spendSteps(stepsOf(a, b));
  if (a === b) return a;
  const absent = a.absent && b.absent;
  if (a.kind === "number" && b.kind === "number") {
    return some({ kind: "number", absent, ranges: range.intersectRanges(a.ranges, b.ranges) });
  }
  if (a.kind === "ip" && b.kind === "ip") {
    const v4 = range.intersectRanges(a.v4, b.v4);
    return some({ kind: "ip", absent, v4, v6: range.intersectRanges(a.v6, b.v6) });
  }
  if (a.kind !== "name" || b.kind !== "name") throw mixed(a, b);
  if (a.not && b.not) return { kind: "name", absent, not: true, names: list.unionNames(a.names, b.names) };
  const left = a.not
    ? list.subtractNames(b.names, a.names)
    : b.not
      ? list.subtractNames(a.names, b.names)
      : list.intersectNames(a.names, b.names);
  return some({ kind: "name", absent, not: false, names: left });
}

/** a \ b, or `undefined` where it is empty. */
export function setDifference(a: FieldSet, b: FieldSet): FieldSet | undefined {
  if (isCounting()) spendSteps(stepsOf(a, b));
  const absent = a.absent && !b.absent;
  if (a.kind === "number" && b.kind === "number") {
    return some({ kind: "number", absent, ranges: range.subtractRanges(a.ranges, b.ranges) });
  }
  if (a.kind === "ip" && b.kind === "ip") {
    const v4 = range.subtractRanges(a.v4, b.v4);
    return some({ kind: "ip", absent, v4, v6: range.subtractRanges(a.v6, b.v6) });
  }
  if (a.kind !== "name" || b.kind !== "name") throw mixed(a, b);
  return setIntersect(a, { kind: "name", absent: !b.absent, not: !b.not, names: b.names });
}

/** a ∪ b, or `"all"` where nothing is left out. */
export function setUnion(field: Field, a: FieldSet, b: FieldSet): FieldSet | "all" {
  if (isCounting()) spendSteps(stepsOf(a, b));
  if (a === b) return a;
  const absent = a.absent || b.absent;
  if (a.kind === "number" && b.kind === "number") {
    return unlessAll(field, { kind: "number", absent, ranges: range.unionRanges(a.ranges, b.ranges) });
  }
  if (a.kind === "ip" && b.kind === "ip") {
    const v4 = range.unionRanges(a.v4, b.v4);
    return unlessAll(field, { kind: "ip", absent, v4, v6: range.unionRanges(a.v6, b.v6) });
  }
  if (a.kind !== "name" || b.kind !== "name") throw mixed(a, b);
  if (!a.not && !b.not) return { kind: "name", absent, not: false, names: list.unionNames(a.names, b.names) };
  const missing = !a.not
    ? list.subtractNames(b.names, a.names)
    : !b.not
      ? list.subtractNames(a.names, b.names)
      : list.intersectNames(a.names, b.names);
  return unlessAll(field, { kind: "name", absent, not: true, names: missing });
}

/** a ⊆ b. */
export function setSubset(a: FieldSet, b: FieldSet): boolean {
  if (isCounting()) spendSteps(stepsOf(a, b));
  if (a === b) return true;
  if (a.absent && !b.absent) return false;
  if (a.kind === "number" && b.kind === "number") return range.rangesSubset(a.ranges, b.ranges);
  if (a.kind === "ip" && b.kind === "ip") return range.rangesSubset(a.v4, b.v4) && range.rangesSubset(a.v6, b.v6);
  if (a.kind !== "name" || b.kind !== "name") throw mixed(a, b);
  if (a.not) return b.not && list.namesSubset(b.names, a.names);
  return b.not ? !list.namesOverlap(a.names, b.names) : list.namesSubset(a.names, b.names);
}

/** a ∩ b ≠ ∅. There are always more names than any list holds. */
export function setOverlaps(a: FieldSet, b: FieldSet): boolean {
  if (isCounting()) spendSteps(stepsOf(a, b));
  if (a === b || (a.absent && b.absent)) return true;
  if (a.kind === "number" && b.kind === "number") return range.rangesOverlap(a.ranges, b.ranges);
  if (a.kind === "ip" && b.kind === "ip") return range.rangesOverlap(a.v4, b.v4) || range.rangesOverlap(a.v6, b.v6);
  if (a.kind !== "name" || b.kind !== "name") throw mixed(a, b);
  if (a.not) return b.not || !list.namesSubset(b.names, a.names);
  return b.not ? !list.namesSubset(a.names, b.names) : list.namesOverlap(a.names, b.names);
}

/** Sets are canonical: equal iff they look equal. */
export function setEqual(a: FieldSet, b: FieldSet): boolean {
  if (isCounting()) spendSteps(stepsOf(a, b));
  if (a === b) return true;
  if (a.absent !== b.absent) return false;
  if (a.kind === "number" && b.kind === "number") return range.sameRanges(a.ranges, b.ranges);
  if (a.kind === "ip" && b.kind === "ip") return range.sameRanges(a.v4, b.v4) && range.sameRanges(a.v6, b.v6);
  return a.kind === "name" && b.kind === "name" && a.not === b.not && list.sameNames(a.names, b.names);
}

/** Is the value (`undefined`: absent) in the set? */
export function setHolds(set: FieldSet, value: Value | undefined): boolean {
  if (value === undefined) return set.absent;
  if (set.kind === "number") return range.inRanges(set.ranges, value as number);
  if (set.kind === "name") return set.not !== list.hasName(set.names, value as string);
  const ip = value as Ip;
  return ip.family === 4 ? range.inRanges(set.v4, ip.value) : range.inRanges(set.v6, ip.value);
}

// ---------------------------------------------------------------- what it takes

/** Two sets of a value each are combined in a tenth of a step, and a hundred values more take about one. */
const STEPS_OF_SET = 0.1;
const VALUES_OF_STEP = 100;

const stepsOf = (a: FieldSet, b: FieldSet): number => STEPS_OF_SET + (listed(a) + listed(b)) / VALUES_OF_STEP;

/** How many ranges or names a set lists. */
export function listed(set: FieldSet): number {
  if (set.kind === "name") return set.names.length;
  return (set.kind === "number" ? set.ranges.length : set.v4.length + set.v6.length) / 2;
}

// ---------------------------------------------------------------- invariants

function some(set: FieldSet): FieldSet | undefined {
  if (set.absent) return set;
  switch (set.kind) {
    case "number":
      return set.ranges.length > 0 ? set : undefined;
    case "ip":
      return set.v4.length > 0 || set.v6.length > 0 ? set : undefined;
    case "name":
      return set.not || set.names.length > 0 ? set : undefined;
  }
}

function unlessAll(field: Field, set: FieldSet): FieldSet | "all" {
  return set.absent && setEqual({ ...set, absent: false }, present(field)) ? "all" : set;
}

function mixed(a: FieldSet, b: FieldSet): TypeError {
  return new TypeError(`a set of kind ${a.kind} was combined with one of kind ${b.kind}`);
}

/** Whether packets with the field are in the set. */
export function hasValues(set: FieldSet): boolean {
  switch (set.kind) {
    case "name":
      return set.not || set.names.length > 0;
    case "number":
      return set.ranges.length > 0;
    case "ip":
      return set.v4.length > 0 || set.v6.length > 0;
  }
}
