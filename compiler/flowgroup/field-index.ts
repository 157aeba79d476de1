/**
 * Sets of values of one field → the entries whose set may overlap a set, or may hold it. One index per kind of value:
 * names by hash, numbers and addresses by trie. What cannot be looked up (“all names but these”, very long lists) is
 * kept aside and always found; the caller compares exactly.
 */
import type { FieldSet } from "./cube.ts";
import { DOMAINS, type Domain, type Field } from "./fields.ts";
import { bigSpan, numberSpan, RangeTrie, type Span } from "./range-trie.ts";

/** An index over one field. */
export interface FieldIndex<E> {
  insert(set: FieldSet, entry: E): void;
  remove(set: FieldSet, entry: E): void;
  /** An upper bound of what `overlapping` finds; cheap. */
  count(set: FieldSet): number;
  /** Calls back with every entry whose set overlaps this one, and others; an entry may be found several times. */
  overlapping(set: FieldSet, found: (entry: E) => void): void;
  /** The same for every entry whose set holds this one: looked up by a single value of it. */
  containing(set: FieldSet, found: (entry: E) => void): void;
}

/** An empty index for a field. */
export function fieldIndex<E>(field: Field): FieldIndex<E> {
  const domain: Domain = DOMAINS[field];
  return domain.kind === "name" ? new NameIndex() : new NumericIndex(domain);
}

/** Lists of names longer than this are kept aside: testing them costs a few comparisons, listing them does not pay. */
const MANY_NAMES = 256;

class NameIndex<E> implements FieldIndex<E> {
  readonly #byName = new Map<string, Set<E>>();
  readonly #aside = new Set<E>();
  readonly #absent = new Set<E>();
  #total = 0;

  insert(set: FieldSet, entry: E): void {
    if (set.absent) this.#absent.add(entry);
    for (const name of namesOf(set)) {
      const bucket = this.#byName.get(name);
      if (bucket) bucket.add(entry);
      else this.#byName.set(name, new Set([entry]));
    }
    if (isAside(set)) this.#aside.add(entry);
    this.#total++;
  }

  remove(set: FieldSet, entry: E): void {
    this.#absent.delete(entry);
    for (const name of namesOf(set)) {
      const bucket = this.#byName.get(name)!;
      bucket.delete(entry);
      if (bucket.size === 0) this.#byName.delete(name);
    }
    this.#aside.delete(entry);
    this.#total--;
  }

  count(set: FieldSet): number {
    let count = this.#aside.size + (set.absent ? this.#absent.size : 0);
    if (isAside(set)) return this.#total;
    for (const name of namesOf(set)) count += this.#byName.get(name)?.size ?? 0;
    return count;
  }

  overlapping(set: FieldSet, found: (entry: E) => void): void {
    for (const entry of this.#aside) found(entry);
    if (set.absent) for (const entry of this.#absent) found(entry);
    if (isAside(set)) for (const bucket of this.#byName.values()) for (const entry of bucket) found(entry);
    else for (const name of namesOf(set)) for (const entry of this.#byName.get(name) ?? []) found(entry);
  }

  containing(set: FieldSet, found: (entry: E) => void): void {
    if (set.kind !== "name") return;
    const first = set.not ? undefined : set.names[0];
    if (first === undefined && !set.not) return this.#absent.forEach((entry) => found(entry));
    for (const entry of this.#aside) found(entry);
    if (first !== undefined) for (const entry of this.#byName.get(first) ?? []) found(entry);
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
  readonly #spans = new Map<E, readonly Span<E>[]>();
  readonly #absent = new Set<E>();

  constructor(domain: Domain) {
    this.#digits = domain.kind === "number" ? Math.max(1, Math.ceil(Math.log2(domain.max + 1) / 4)) : 8;
  }

  insert(set: FieldSet, entry: E): void {
    if (set.absent) this.#absent.add(entry);
    const spans = this.#spansOf(set, entry);
    this.#spans.set(entry, spans);
    for (const span of spans) this.#trieOf(span).insert(span);
  }

  remove(_: FieldSet, entry: E): void {
    this.#absent.delete(entry);
    for (const span of this.#spans.get(entry) ?? []) this.#trieOf(span).remove(span);
    this.#spans.delete(entry);
  }

  count(set: FieldSet): number {
    let count = set.absent ? this.#absent.size : 0;
    for (const span of this.#spansOf(set, undefined)) count += this.#trieOf(span).count(span);
    return count;
  }

  overlapping(set: FieldSet, found: (entry: E) => void): void {
    if (set.absent) for (const entry of this.#absent) found(entry);
    for (const span of this.#spansOf(set, undefined)) this.#trieOf(span).collect(span, found);
  }

  containing(set: FieldSet, found: (entry: E) => void): void {
    const point = this.#pointOf(set);
    if (point) this.#trieOf(point).collect(point, found);
    else for (const entry of this.#absent) found(entry);
  }

  #trieOf(span: Span<unknown>): RangeTrie<E> {
    return span.low.length === 32 ? this.#bigs : this.#numbers;
  }

  #pointOf(set: FieldSet): Span<undefined> | undefined {
    const low = set.kind === "number" ? set.ranges[0] : set.kind === "ip" ? set.v4[0] : undefined;
    if (low !== undefined) return numberSpan(low, low, this.#digits, undefined);
    const big = set.kind === "ip" ? set.v6[0] : undefined;
    return big === undefined ? undefined : bigSpan(big, big, undefined);
  }

  #spansOf<T>(set: FieldSet, entry: T): readonly Span<T>[] {
    const numbers = set.kind === "number" ? set.ranges : set.kind === "ip" ? set.v4 : [];
    const spans = summary(numbers).map(([low, high]) => numberSpan(low, high, this.#digits, entry));
    if (set.kind !== "ip" || set.v6.length === 0) return spans;
    return [...spans, ...summary(set.v6).map(([low, high]) => bigSpan(low, high, entry))];
  }
}

/** At most `MANY_RANGES` ranges that hold the given ones. */
function summary<N extends number | bigint>(ranges: readonly N[]): (readonly [low: N, high: N])[] {
  const pairs = ranges.length / 2;
  const step = Math.ceil(pairs / MANY_RANGES);
  const result: (readonly [N, N])[] = [];
  for (let i = 0; i < pairs; i += step) result.push([ranges[i * 2]!, ranges[Math.min(i + step, pairs) * 2 - 1]!]);
  return result;
}
