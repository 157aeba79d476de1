/**
 * For tests only: random flowgroups over a handful of boundary values per field, and all flows that such flowgroups can
 * tell apart, so that every operation can be checked by enumeration.
 */
import fc from "fast-check";
import { MAX_V4, MAX_V6, type Ip, type Prefix } from "../net/address.ts";
import { parsePrefix } from "../net/prefix.ts";
import { flowgroup } from "./algebra.ts";
import type { Cube, FieldSet, Flow, Flowgroup, Value } from "./cube.ts";
import { constraintsOf, cube, type Constraints } from "./cubes.ts";
import { DOMAINS, type Domain, type Field } from "./fields.ts";
import { mayBe } from "../semantics/points.ts";
import { normalise } from "./prerequisites.ts";
import { possible } from "./universe.ts";
import { addressSet, names, numberSet, setUnion } from "./sets.ts";

const v4 = (value: number): Ip => ({ family: 4, value });
const v6 = (value: bigint): Ip => ({ family: 6, value });

/** A prefix from its text. */
export function block(text: string): Prefix {
  const prefix = parsePrefix(text);
  if (!prefix.ok) throw new Error(prefix.fault);
  return prefix.value;
}

/** The ends of all ranges, per kind of field: the ends of the domain, and neighbours inside. */
const ends = {
  number: (max: number): number[] => [
    ...new Set([0, 1, max >> 1, max - 1, max].filter((value) => value >= 0 && value <= max)),
  ],
  /** The types that frames show: smaller values are lengths, which the language refuses. */
  ethType: [0x0600, 0x0601, 0x7fff, 0xfffe, 0xffff],
  v4: [0, 0x0a000000, 0x0a0000ff, 0x0a000100, MAX_V4],
  v6: [0n, 0x20010db8n << 96n, (0x20010db9n << 96n) - 1n, MAX_V6],
  names: ["alice", "bob", "eve"],
};

/** Every value that sets over these ends can tell apart, absent (`undefined`) included. */
export function pointsOf(field: Field): (Value | undefined)[] {
  const domain: Domain = DOMAINS[field];
  switch (domain.kind) {
    case "name":
      return [undefined, ...ends.names, "somebody else"];
    case "number":
      return [
        undefined,
        ...withGaps(field === "ethType" ? [0, ...ends.ethType] : ends.number(domain.max), 1),
        ...special(field),
      ];
    case "ip":
      return [undefined, ...withGaps(ends.v4, 1).map(v4), ...withGaps(ends.v6, 1n).map(v6)];
  }
}

/** Values by which kinds of flows differ. */
const special = (field: Field): number[] =>
  field === "transport" ? [6, 132] : field === "ethType" ? [0x05ff, 0x0800, 0x86dd, 0x8100] : [];

/** The values, and one value out of every gap between two. */
function withGaps<N extends number | bigint>(values: readonly N[], one: N): N[] {
  return values.flatMap((value, i) => {
    const after = ((value as number) + (one as number)) as N;
    return i + 1 < values.length && after < values[i + 1]! ? [value, after] : [value];
  });
}

/** All flows over some fields that sets of the ends can distinguish, of those that exist. */
export function flowsOver(fields: readonly Field[]): Flow[] {
  return pointsOver(fields).filter((flow) => mayBe(flow, fields));
}

/** The same with those that do not exist. */
export function pointsOver(fields: readonly Field[]): Flow[] {
  let flows: { [F in Field]?: Value }[] = [{}];
  for (const field of fields) {
    flows = flows.flatMap((flow) =>
      pointsOf(field).map((value) => (value === undefined ? flow : { ...flow, [field]: value })),
    );
  }
  return flows;
}

function ranges<N>(values: readonly N[]): fc.Arbitrary<(readonly [N, N])[]> {
  const range = fc
    .tuple(fc.nat(values.length - 1), fc.nat(values.length - 1))
    .map(([i, j]) => [values[Math.min(i, j)]!, values[Math.max(i, j)]!] as const);
  return fc.array(range, { maxLength: 3 });
}

/** A random set of a field: values, absent or both; never empty and never everything. */
export function arbitrarySet(field: Field): fc.Arbitrary<FieldSet> {
  const domain: Domain = DOMAINS[field];
  const present: fc.Arbitrary<FieldSet | undefined> =
    domain.kind === "name"
      ? fc.record({
          kind: fc.constant("name" as const),
          absent: fc.constant(false),
          not: fc.boolean(),
          names: fc.subarray(ends.names),
        })
      : domain.kind === "number"
        ? ranges(field === "ethType" ? ends.ethType : ends.number(domain.max)).map((pairs) => numberSet(field, pairs))
        : fc
            .tuple(ranges(ends.v4), ranges(ends.v6))
            .map(([a, b]) =>
              addressSet([
                ...a.map(([low, high]) => ({ low: v4(low), high: v4(high) })),
                ...b.map(([low, high]) => ({ low: v6(low), high: v6(high) })),
              ]),
            );
  return fc
    .tuple(present, fc.boolean())
    .map(([set, absent]) => (set ? asSet(field, { ...set, absent: set.absent || absent }) : onlyAbsent(field)));
}

/** The set, or a similar one where a cube may not hold it. */
function asSet(field: Field, set: FieldSet): FieldSet {
  if (set.kind === "name" && !set.not && set.names.length === 0) return names("alice");
  return setUnion(field, set, set) === "all" || setUnion(field, { ...set }, set) === "all" ? onlyAbsent(field) : set;
}

function onlyAbsent(field: Field): FieldSet {
  const domain: Domain = DOMAINS[field];
  switch (domain.kind) {
    case "name":
      return { kind: "name", absent: true, not: false, names: [] };
    case "number":
      return { kind: "number", absent: true, ranges: [] };
    case "ip":
      return { kind: "ip", absent: true, v4: [], v6: [] };
  }
}

/** A random cube over some of the fields. */
export function arbitraryCube(fields: readonly Field[]): fc.Arbitrary<Cube> {
  const sets = Object.fromEntries(fields.map((field) => [field, arbitrarySet(field)]));
  return fc.record(sets, { requiredKeys: [] }).map((constraints) => cube(constraints as Constraints));
}

/** A random union of about `most` cubes at most, as the language makes them: with prerequisites, and each with a flow. */
export function arbitraryFlowgroup(fields: readonly Field[], most = 4): fc.Arbitrary<Flowgroup> {
  return fc.array(arbitraryCube(fields), { maxLength: most }).map((cubes) => flowgroup(cubes.flatMap(wholeCubes)));
}

/** The cubes that a cube means, with their prerequisites; none where there is no such flow. */
function wholeCubes(of: Cube): readonly Cube[] {
  const whole = normalise(constraintsOf(of));
  return whole.kind === "cubes" ? whole.cubes.filter(possible) : [];
}

/**
 * Whether some frame may show a packet of the cube: IPv6 headers that carry another header are skipped by switches, so no
 * IPv6 packet shows their numbers as its transport.
 */
export function isShown(of: Cube): boolean {
  const whole = normalise(constraintsOf(of));
  return whole.kind === "cubes" && whole.cubes.some((one) => possible(one) && !isSkippedHeader(constraintsOf(one)));
}

function isSkippedHeader({ srcHost, dstHost, ethType, transport }: Constraints): boolean {
  const isV6 = [srcHost, dstHost].some((set) => set?.kind === "ip" && !set.absent && set.v4.length === 0);
  return isWithin(transport, [0, 43, 51, 60]) && (isV6 || isWithin(ethType, [0x86dd]));
}

const isWithin = (set: FieldSet | undefined, few: readonly number[]): boolean =>
  set?.kind === "number" &&
  set.ranges.length > 0 &&
  set.ranges.every((low, i) => i % 2 === 1 || (low === set.ranges[i + 1] && few.includes(low)));
