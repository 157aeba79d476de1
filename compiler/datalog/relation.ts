/**
 * Facts, and the relations that store them with their hash indexes. During a transaction a fact carries both states,
 * before (OLD) and after (NEW), so that joins read either and a rollback only has to put flags back.
 */
import type { Interner } from "./intern.ts";
import { keyOf, type Key } from "./keys.ts";

/** Present before the transaction. */
export const OLD = 1;
/** Present now. */
export const NEW = 2;
/** Asserted from outside, whatever the rules derive. */
export const BASE = 4;
/** Recorded in the relation's journal of this transaction. */
const TOUCHED = 8;

export class Fact {
  readonly ids: readonly number[];
  readonly relation: Relation;
  /** Bits OLD, NEW, BASE. */
  state = 0;
  /** Number of derivations, where the relation is not recursive. */
  count = 0;
  /** Order of insertion, where the relation is recursive: a fact is derivable from facts with smaller stamps. */
  stamp = 0;

  constructor(relation: Relation, ids: readonly number[]) {
    this.relation = relation;
    this.ids = ids;
  }
}

/** Most buckets hold one fact; those carry no set. */
type Bucket = Fact | Set<Fact>;

const NONE: readonly Fact[] = [];

/** A hash index over some columns. */
export class Index {
  readonly columns: readonly number[];
  readonly #buckets = new Map<Key, Bucket>();

  constructor(columns: readonly number[]) {
    this.columns = columns;
  }

  add(fact: Fact): void {
    const key = keyOf(fact.ids, this.columns);
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) this.#buckets.set(key, fact);
    else if (bucket instanceof Set) bucket.add(fact);
    else this.#buckets.set(key, new Set([bucket, fact]));
  }

  remove(fact: Fact): void {
    const key = keyOf(fact.ids, this.columns);
    const bucket = this.#buckets.get(key);
    if (bucket instanceof Set) {
      bucket.delete(fact);
      if (bucket.size === 0) this.#buckets.delete(key);
    } else this.#buckets.delete(key);
  }

  /** The facts with this key, or the one fact, or undefined. */
  bucket(key: Key): Bucket | undefined {
    return this.#buckets.get(key);
  }

  facts(key: Key): Iterable<Fact> {
    const bucket = this.#buckets.get(key);
    return bucket === undefined ? NONE : bucket instanceof Set ? bucket : [bucket];
  }
}

/** What a rollback puts back; absent for facts that the transaction created. */
interface Saved {
  readonly state: number;
  readonly count: number;
  readonly stamp: number;
}

export class Relation {
  readonly name: string;
  readonly arity: number;
  /** Made by the compiler of rules; never shown outside. */
  readonly hidden: boolean;
  /** Place of its component in the order of evaluation. */
  component = -1;
  /** What the running transaction changed, once `settle` was called. */
  inserted: Fact[] = [];
  retracted: Fact[] = [];
  /** Facts that the running transaction created. */
  #created = 0;
  #touched: Fact[] = [];
  #saved: (Saved | undefined)[] = [];
  readonly #interner: Interner;
  readonly #columns: readonly number[];
  readonly #facts = new Map<Key, Fact>();
  readonly #indexes: Index[] = [];

  constructor(name: string, arity: number, interner: Interner, hidden = false) {
    this.name = name;
    this.arity = arity;
    this.hidden = hidden;
    this.#interner = interner;
    this.#columns = Array.from({ length: arity }, (_, column) => column);
  }

  /** Facts in either state. */
  get size(): number {
    return this.#facts.size;
  }

  /** Facts before the transaction. */
  get oldSize(): number {
    return this.#facts.size - this.#created;
  }

  /** Facts in either state; the caller looks at their bits. */
  facts(): Iterable<Fact> {
    return this.#facts.values();
  }

  /** The fact whose constants stand in these places. */
  find(ids: readonly number[], places: readonly number[] = this.#columns): Fact | undefined {
    return this.#facts.get(keyOf(ids, places));
  }

  /** The same, created if it is not there (in neither state, until somebody says otherwise). */
  obtain(ids: readonly number[], places: readonly number[] = this.#columns): Fact {
    const key = keyOf(ids, places);
    let fact = this.#facts.get(key);
    if (fact === undefined) {
      fact = new Fact(
        this,
        places.map((place) => ids[place]!),
      );
      for (const id of fact.ids) this.#interner.retain(id);
      this.#facts.set(key, fact);
      for (const index of this.#indexes) index.add(fact);
      this.#created++;
      fact.state = TOUCHED;
      this.#touched.push(fact);
      this.#saved.push(undefined);
    }
    return fact;
  }

  /** The index over these columns, built on first demand. */
  index(columns: readonly number[]): Index {
    let index = this.#indexes.find(
      (known) => known.columns.length === columns.length && known.columns.every((column, at) => column === columns[at]),
    );
    if (index === undefined) {
      index = new Index(columns);
      for (const fact of this.#facts.values()) index.add(fact);
      this.#indexes.push(index);
    }
    return index;
  }

  /** Facts in either state whose columns `columns` (ascending) hold `ids[column]`. */
  select(ids: readonly number[], columns: readonly number[]): Iterable<Fact> {
    if (columns.length === 0) return this.#facts.values();
    if (columns.length < this.arity) return this.index(columns).facts(keyOf(ids, columns));
    const fact = this.find(ids);
    return fact === undefined ? NONE : [fact];
  }

  /** Records a fact in the journal; to be called before its state, count or stamp changes. */
  touch(fact: Fact): void {
    if ((fact.state & TOUCHED) !== 0) return;
    this.#saved.push({ state: fact.state, count: fact.count, stamp: fact.stamp });
    this.#touched.push(fact);
    fact.state |= TOUCHED;
  }

  /** Facts that the running transaction touched, also those that come out unchanged. */
  get touched(): readonly Fact[] {
    return this.#touched;
  }

  /** Computes `inserted` and `retracted`. Says whether there are any. */
  settle(): boolean {
    this.inserted = [];
    this.retracted = [];
    for (const fact of this.#touched) {
      const change = fact.state & (OLD | NEW);
      if (change === NEW) this.inserted.push(fact);
      else if (change === OLD) this.retracted.push(fact);
    }
    return this.inserted.length > 0 || this.retracted.length > 0;
  }

  /** The new state becomes the only one. */
  commit(): void {
    for (const fact of this.#touched) {
      if ((fact.state & NEW) === 0) this.#remove(fact);
      else fact.state = (fact.state & BASE) | OLD | NEW;
    }
    this.#close();
  }

  /** The old state becomes the only one, with its counts and stamps. */
  rollback(): void {
    for (const [at, fact] of this.#touched.entries()) {
      const saved = this.#saved[at];
      if (saved === undefined) this.#remove(fact);
      else Object.assign(fact, saved);
    }
    this.#close();
  }

  #close(): void {
    this.#created = 0;
    this.#touched = [];
    this.#saved = [];
    this.inserted = [];
    this.retracted = [];
  }

  #remove(fact: Fact): void {
    this.#facts.delete(keyOf(fact.ids, this.#columns));
    for (const index of this.#indexes) index.remove(fact);
    for (const id of fact.ids) this.#interner.release(id);
  }
}
