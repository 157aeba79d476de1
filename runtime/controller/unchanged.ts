/**
 * Two lists of entries → both without the entries that are the same in both. Nearly all entries that are read back are
 * as desired. Removing them by hash and comparison leaves little for `diff` to do, and does not change its result.
 */
import { sameEnd, type Clocks } from "../../compiler/plan/index.ts";
import type { Entry, Match } from "../../compiler/table/entry.ts";
import { MATCH_FIELDS } from "../../compiler/table/match.ts";

const fieldNumber: ReadonlyMap<string, number> = new Map(MATCH_FIELDS.map((field, index) => [field, index + 1]));

const mix = (hash: number, value: number): number => Math.imul(hash ^ value, 0x9e3779b1) ^ (hash >>> 15);

/** Mixes in all bits of a value, since addresses of one network differ in the last bits only. */
function mixBigint(hash: number, value: bigint): number {
  let h = hash;
  let left = value;
  while (left > 0xffff_ffffn) {
    h = mix(h, Number(BigInt.asUintN(32, left)));
    left >>= 32n;
  }
  return mix(h, Number(left));
}

/** A hash of table, priority and match. */
function hashOf(entry: Entry): number {
  let h = mix(entry.table, entry.priority);
  for (const { field, value, mask } of entry.match) {
    h = mixBigint(mix(h, fieldNumber.get(field)!), value);
    if (mask !== undefined) h = mixBigint(~h, mask);
  }
  return (h ^ (h >>> 16)) >>> 0;
}

/** Equality of plain data. */
function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => equal((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]));
}

function sameMatch(a: Match, b: Match): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i]!, b[i]!];
    if (x.field !== y.field || x.value !== y.value || x.mask !== y.mask) return false;
  }
  return true;
}

const isUnchanged = (a: Entry, b: Entry, clocks: Clocks): boolean =>
  a.table === b.table &&
  a.priority === b.priority &&
  sameMatch(a.match, b.match) &&
  equal(a.instructions, b.instructions) &&
  sameEnd(a, b, clocks);

/** Both lists without the entries that are the same, each in its order. Matches must be canonical on both sides. */
export function withoutUnchanged(
  old: readonly Entry[],
  next: readonly Entry[],
  clocks: Clocks = {},
): { readonly old: readonly Entry[]; readonly next: readonly Entry[] } {
  if (old.length === 0) return { old, next };
  const size = 2 ** Math.ceil(Math.log2(next.length + 1));
  /** Chains of entries by hash, as index + 1; 0 ends a chain. */
  const heads = new Int32Array(size);
  const links = new Int32Array(next.length);
  for (const [index, entry] of next.entries()) {
    const slot = hashOf(entry) & (size - 1);
    links[index] = heads[slot]!;
    heads[slot] = index + 1;
  }
  const paired = new Uint8Array(next.length);
  const left = old.filter((entry) => {
    for (let at = heads[hashOf(entry) & (size - 1)]!; at > 0; at = links[at - 1]!) {
      if (paired[at - 1] === 0 && isUnchanged(entry, next[at - 1]!, clocks)) {
        paired[at - 1] = 1;
        return false;
      }
    }
    return true;
  });
  return { old: left, next: next.filter((_, index) => paired[index] === 0) };
}
