/**
 * The values of each field in parts that no match divides, its atoms. Every value that some match asks for by itself is
 * one, and so is every set of other values that the same masked matches hold. So a field has hardly more atoms than
 * matches, and a packet is known well enough by the atoms of its fields.
 */
import type { FieldMatch, MatchField } from "../table/entry.ts";
import { fullMask, maskOfField } from "../table/match.ts";

/** Values that equal `value` under `mask` and that no hole holds. */
interface Part {
  readonly value: bigint;
  readonly mask: bigint;
  readonly holes: readonly FieldMatch[];
}

interface FieldAtoms {
  /** The number of each value that is an atom by itself. */
  readonly exact: ReadonlyMap<bigint, number>;
  /** The atoms after those: their numbers go on. */
  readonly parts: readonly Part[];
  /** A value of each atom, by number; undefined: none was found. */
  readonly shown: readonly (bigint | undefined)[];
  /** Atoms of the matches that were asked for, by value and mask. */
  readonly held: Map<string, readonly number[]>;
}

export class Atoms {
  readonly #fields = new Map<MatchField, FieldAtoms>();

  /** The atoms that these matches make. `without`: values of fields that no packet shows. */
  constructor(matches: Iterable<FieldMatch>, without: ReadonlyMap<MatchField, { readonly not: ReadonlySet<bigint> }>) {
    const asked = new Map<MatchField, Map<string, FieldMatch>>();
    for (const one of matches) {
      const known = asked.get(one.field);
      const key = keyOf(one);
      if (known === undefined) asked.set(one.field, new Map([[key, one]]));
      else known.set(key, one);
    }
    for (const [field, all] of asked)
      this.#fields.set(field, atomsOf(field, [...all.values()], without.get(field)?.not ?? new Set()));
  }

  /** The fields that some match asks for. */
  get fields(): readonly MatchField[] {
    return [...this.#fields.keys()];
  }

  /** How many atoms a field has. */
  count(field: MatchField): number {
    return this.#fields.get(field)!.shown.length;
  }

  /** The atoms of the values that a match holds. The match is one of those that made the atoms. */
  of(one: FieldMatch): readonly number[] {
    const { exact, parts, held } = this.#fields.get(one.field)!;
    if (one.mask === undefined) return [exact.get(one.value) ?? []].flat();
    const key = keyOf(one);
    let found = held.get(key);
    if (found === undefined) {
      const mask = one.mask;
      const ofExact = [...exact].flatMap(([value, number]) => ((value & mask) === one.value ? [number] : []));
      const ofParts = parts.flatMap((part, i) => (isInside(part, one.value, mask) ? [exact.size + i] : []));
      held.set(key, (found = [...ofExact, ...ofParts]));
    }
    return found;
  }

  /** A value of an atom; undefined if none was found. */
  shown(field: MatchField, atom: number): bigint | undefined {
    return this.#fields.get(field)!.shown[atom];
  }
}

const keyOf = ({ value, mask }: FieldMatch): string => `${value}/${mask}`;

const isInside = (part: Part, value: bigint, mask: bigint): boolean =>
  (part.mask & mask) === mask && (part.value & mask) === value;

function atomsOf(field: MatchField, matches: readonly FieldMatch[], without: ReadonlySet<bigint>): FieldAtoms {
  const exact = new Map<bigint, number>();
  const masked: FieldMatch[] = [];
  for (const one of matches) {
    if (one.mask !== undefined) masked.push(one);
    else if (!without.has(one.value)) exact.set(one.value, exact.size);
  }
  // Wide ones come first, so that a narrow one meets few parts.
  masked.sort((a, b) => onesIn(a.mask!) - onesIn(b.mask!));
  let parts: Part[] = [{ value: 0n, mask: 0n, holes: [] }];
  for (const one of masked) parts = parts.flatMap((part) => divided(part, one));
  const full = fullMask(field);
  const areBlocks = masked.every(({ mask }) => isBlock(mask!, full));
  const all = new Set([...exact.keys(), ...without]);
  const shown: (bigint | undefined)[] = [...exact.keys()];
  const left: Part[] = [];
  for (const part of parts) {
    const value = valueIn(part, all, full, PREFERRED[field] ?? []);
    // Where all masks are of blocks, the values that are tried find one if there is any.
    if (value === undefined && areBlocks) continue;
    left.push(part);
    shown.push(value);
  }
  return { exact, parts: left, shown, held: new Map() };
}

/** The part inside a match and the part outside, those that are not empty at first sight. */
function divided(part: Part, by: FieldMatch): readonly Part[] {
  const mask = by.mask!;
  const common = part.mask & mask;
  if ((part.value & common) !== (by.value & common)) return [part];
  if (common === mask) return [part];
  const inside = { value: part.value | by.value, mask: part.mask | mask };
  if (part.holes.some((hole) => isInside({ ...inside, holes: [] }, hole.value, maskOfField(hole)))) return [part];
  return [
    { ...inside, holes: part.holes },
    { ...part, holes: [...part.holes, by] },
  ];
}

/** A value of a part that is not taken: the first preferred one, else one beside what is taken. */
function valueIn(
  { value, mask, holes }: Part,
  taken: ReadonlySet<bigint>,
  full: bigint,
  preferred: readonly bigint[],
): bigint | undefined {
  const isFree = (one: bigint): boolean =>
    one <= full &&
    (one & mask) === value &&
    !taken.has(one) &&
    !holes.some((hole) => (one & maskOfField(hole)) === hole.value);
  for (const one of preferred) {
    const near = (one & full & ~mask) | value;
    if (isFree(near)) return near;
  }
  if (isFree(value)) return value;
  for (const hole of holes) {
    const after = (hole.value | (full & ~maskOfField(hole))) + 1n;
    if (isFree(after)) return after;
  }
  for (const one of taken) if (isFree(one + 1n)) return one + 1n;
  return undefined;
}

/** Whether a mask is of leading bits alone. */
const isBlock = (mask: bigint, full: bigint): boolean => {
  const rest = full & ~mask;
  return (rest & (rest + 1n)) === 0n;
};

function onesIn(mask: bigint): number {
  let ones = 0;
  for (let left = mask; left !== 0n; left &= left - 1n) ones++;
  return ones;
}

/** Values that read well in an example. */
const PREFERRED: Partial<Record<MatchField, readonly bigint[]>> = {
  eth_src: [0x02000000fffen],
  eth_dst: [0x02000000ffffn],
  eth_type: [0x88b5n],
  vlan_vid: [0n],
  ipv4_src: [0x0afffffen],
  ipv4_dst: [0x0affffffn],
  ip_frag: [0n],
  ip_dscp: [0n],
  ip_proto: [17n, 6n, 1n],
};
