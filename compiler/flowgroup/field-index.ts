/**
 * Sets of values of one field → the entries whose set may overlap a set, or may hold it. Names are looked up by hash,
 * addresses and ports by trie, and fields of which policies use few different sets (protocols, types) set by set. What
 * cannot be looked up (“all names but these”, very long lists) is kept aside and always found: the caller compares
 * exactly.
 */
import type { FieldSet } from "./cube.ts";
import { DOMAINS, type Domain, type Field } from "./fields.ts";
import { setKey } from "./keys.ts";
import { SegmentedMap } from "../net/segmented-map.ts";
import { bigSpan, numberSpan, RangeTrie, type TrieSpan } from "./range-trie.ts";
import { setOverlaps, setSubset } from "./sets.ts";

/** An index over one field. What `insert` returns must be given back to `remove`. */
export interface FieldIndex<E> {
  insert(set: FieldSet, entry: E): IndexSpans<E>;
  remove(set: FieldSet, entry: E, spans: IndexSpans<E>): void;
  /** An upper bound of what `overlapping` finds; cheap. */
  count(set: FieldSet): number;
  /** Visits at least every entry whose set overlaps this one; an entry may come several times. */
  overlapping(set: FieldSet, ends: VisitEntry<E>): boolean;
  /** The same for every entry whose set holds this one. */
  containing(set: FieldSet, ends: VisitEntry<E>): boolean;
}

/** Looks at an entry that was found; true ends the search, which then returns true. */
export type VisitEntry<E> = (entry: E) => boolean;

/** Visits entries one by one; says whether the visitor ended it. */
export function visitAll<E>(entries: Iterable<E>, ends: VisitEntry<E>): boolean {
  for (const entry of entries) if (ends(entry)) return true;
  return false;
}

/** The spans under which an entry was put, for indexes that cannot derive them again. */
export type IndexSpans<E> = TrieSpan<E> | readonly TrieSpan<E>[] | undefined;

/** The most selective fields come first: a search that finds few candidates there stops. */
export const MOST_SELECTIVE_FIRST: readonly Field[] = [
  ...(["srcHost", "dstHost", "srcEth", "dstEth", "user", "dstUser", "srcAP", "dstAP", "inPort", "switch"] as const),
  ...(["dstPort", "srcPort", "vlan", "icmpType", "icmpCode", "transport", "dscp", "ethType", "direction"] as const),
];

/** Numeric fields with few different sets in practice. */
const FEW: ReadonlySet<Field> = new Set(["ethType", "transport", "icmpType", "icmpCode", "dscp", "direction"]);

/** An empty index for a field. */
export function fieldIndex<E>(field: Field): FieldIndex<E> {
  const domain: Domain = DOMAINS[field];
  if (domain.kind === "name") return new NameIndex();
  return FEW.has(field) ? new SetIndex() : new NumericIndex(domain);
}

/** All entries with the same set stand together; a question goes through the different sets. */
class SetIndex<E> implements FieldIndex<E> {
  readonly #classes = new Map<string, { readonly set: FieldSet; readonly entries: SegmentedMap<E, true> }>();

  insert(set: FieldSet, entry: E): undefined {
    const same = this.#classes.get(setKey(set));
    if (same) same.entries.add(entry, true);
    else this.#classes.set(setKey(set), { set, entries: new SegmentedMap<E, true>().set(entry, true) });
  }

  remove(set: FieldSet, entry: E): void {
    const { entries } = this.#classes.get(setKey(set))!;
    entries.delete(entry);
    if (entries.size === 0) this.#classes.delete(setKey(set));
  }

  count(set: FieldSet): number {
    let count = 0;
    for (const one of this.#classes.values()) if (setOverlaps(one.set, set)) count += one.entries.size;
    return count;
  }

  overlapping(set: FieldSet, ends: VisitEntry<E>): boolean {
    for (const one of this.#classes.values()) {
      if (setOverlaps(one.set, set) && visitAll(one.entries.keys(), ends)) return true;
    }
    return false;
  }

  containing(set: FieldSet, ends: VisitEntry<E>): boolean {
    for (const one of this.#classes.values()) {
      if (setSubset(set, one.set) && visitAll(one.entries.keys(), ends)) return true;
    }
    return false;
  }
}

/** Lists of names longer than this are kept aside: testing them costs a few comparisons, listing them does not pay. */
const MANY_NAMES = 256;

class NameIndex<E> implements FieldIndex<E> {
  readonly #byName = new Map<string, SegmentedMap<E, true>>();
  readonly #aside = new SegmentedMap<E, true>();
  readonly #absent = new SegmentedMap<E, true>();
  #total = 0;

  insert(set: FieldSet, entry: E): undefined {
    if (set.absent) this.#absent.set(entry, true);
    if (isAside(set)) this.#aside.set(entry, true);
    for (const name of namesOf(set)) {
      const bucket = this.#byName.get(name);
      if (bucket) bucket.set(entry, true);
      else this.#byName.set(name, new SegmentedMap<E, true>().set(entry, true));
    }
    this.#total++;
  }

  remove(set: FieldSet, entry: E): void {
    this.#absent.delete(entry);
    this.#aside.delete(entry);
    for (const name of namesOf(set)) {
      const bucket = this.#byName.get(name)!;
      bucket.delete(entry);
      if (bucket.size === 0) this.#byName.delete(name);
    }
    this.#total--;
  }

  count(set: FieldSet): number {
    if (isAside(set)) return this.#total;
    let count = this.#aside.size + (set.absent ? this.#absent.size : 0);
    for (const name of namesOf(set)) count += this.#byName.get(name)?.size ?? 0;
    return count;
  }

  overlapping(set: FieldSet, ends: VisitEntry<E>): boolean {
    if (visitAll(this.#aside.keys(), ends) || (set.absent && visitAll(this.#absent.keys(), ends))) return true;
    if (isAside(set)) {
      for (const bucket of this.#byName.values()) if (visitAll(bucket.keys(), ends)) return true;
    }
    return namesOf(set).some((name) => visitAll(this.#byName.get(name)?.keys() ?? [], ends));
  }

  containing(set: FieldSet, ends: VisitEntry<E>): boolean {
    const first = set.kind === "name" && !set.not ? set.names[0] : undefined;
    if (first === undefined && !isAside(set)) return visitAll(this.#absent.keys(), ends);
    if (visitAll(this.#aside.keys(), ends)) return true;
    return first !== undefined && visitAll(this.#byName.get(first)?.keys() ?? [], ends);
  }
}

function isAside(set: FieldSet): boolean {
  return set.kind === "name" && (set.not || set.names.length > MANY_NAMES);
}

function namesOf(set: FieldSet): readonly string[] {
  return set.kind !== "name" || isAside(set) ? [] : set.names;
}

/** A set with more ranges than this is summarised: neighbouring ranges are looked up as one. */
const MANY_RANGES = 64;

class NumericIndex<E> implements FieldIndex<E> {
  readonly #digits: number;
  /** Numbers, or IPv4 addresses. */
  readonly #numbers = new RangeTrie<E>();
  /** IPv6 addresses. */
  readonly #bigs = new RangeTrie<E>();
  readonly #absent = new SegmentedMap<E, true>();

  constructor(domain: Domain) {
    this.#digits = domain.kind === "number" ? Math.ceil(Math.log2(domain.max + 1) / 4) : 8;
  }

  insert(set: FieldSet, entry: E): IndexSpans<E> {
    if (set.absent) this.#absent.set(entry, true);
    const spans = this.#spansOf(set, entry);
    for (const span of spans) this.#trieOf(span).insert(span);
    return spans.length === 1 ? spans[0] : spans;
  }

  remove(set: FieldSet, entry: E, spans: IndexSpans<E>): void {
    if (set.absent) this.#absent.delete(entry);
    if (spans === undefined) return;
    for (const span of "low" in spans ? [spans] : spans) this.#trieOf(span).remove(span);
  }

  count(set: FieldSet): number {
    let count = set.absent ? this.#absent.size : 0;
    for (const span of this.#spansOf(set, undefined)) count += this.#trieOf(span).count(span);
    return count;
  }

  overlapping(set: FieldSet, ends: VisitEntry<E>): boolean {
    if (set.absent && visitAll(this.#absent.keys(), ends)) return true;
    return this.#spansOf(set, undefined).some((span) => this.#trieOf(span).collect(span, ends));
  }

  /** A set that holds all of this one holds its smallest value. */
  containing(set: FieldSet, ends: VisitEntry<E>): boolean {
    const low = set.kind === "number" ? set.ranges[0] : set.kind === "ip" ? set.v4[0] : undefined;
    const big = set.kind === "ip" ? set.v6[0] : undefined;
    if (low !== undefined) return this.#numbers.collect(numberSpan(low, low, this.#digits, undefined), ends);
    if (big !== undefined) return this.#bigs.collect(bigSpan(big, big, undefined), ends);
    return visitAll(this.#absent.keys(), ends);
  }

  #trieOf(span: TrieSpan<unknown>): RangeTrie<E> {
    return span.low.length === 4 ? this.#bigs : this.#numbers;
  }

  #spansOf<T>(set: FieldSet, entry: T): readonly TrieSpan<T>[] {
    if (set.kind === "name") return [];
    const spans: TrieSpan<T>[] = [];
    const numbers = set.kind === "number" ? set.ranges : set.v4;
    eachPiece(numbers, (low, high) => spans.push(numberSpan(low, high, this.#digits, entry)));
    if (set.kind === "ip") eachPiece(set.v6, (low, high) => spans.push(bigSpan(low, high, entry)));
    return spans;
  }
}

/** Calls back with at most `MANY_RANGES` ranges that hold the given ones. */
function eachPiece<N extends number | bigint>(ranges: readonly N[], each: (low: N, high: N) => void): void {
  const step = 2 * Math.ceil(ranges.length / (2 * MANY_RANGES));
  for (let i = 0; i < ranges.length; i += step) each(ranges[i]!, ranges[Math.min(i + step, ranges.length) - 1]!);
}
