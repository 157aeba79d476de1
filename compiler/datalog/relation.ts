/** The facts of one relation with their hash indexes, and the journal by which a transaction is ended or undone. */
import { FactIndex } from "./fact-index.ts";
import { BASE, StoredFact, NEW, OLD, TOUCHED } from "./fact.ts";
import type { Interner } from "./intern.ts";
import { CREATION_STEPS } from "./steps.ts";
import { HashTable } from "./table.ts";

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
  inserted: StoredFact[] = [];
  retracted: StoredFact[] = [];
  /** Facts that the running transaction created. */
  #created = 0;
  #touched: StoredFact[] = [];
  #saved: (Saved | undefined)[] = [];
  readonly #interner: Interner;
  readonly #columns: readonly number[];
  /** Where a new tuple is put together. */
  readonly #own: number[] = [];
  readonly #facts: HashTable<StoredFact>;
  /** The first has no columns: all facts in the order of insertion. */
  readonly #indexes = [new FactIndex([], 0)];
  /** The links of a fact that no index knows yet. */
  #blank: undefined[] = [undefined, undefined];

  constructor(name: string, arity: number, interner: Interner, hidden = false) {
    this.name = name;
    this.arity = arity;
    this.hidden = hidden;
    this.#interner = interner;
    this.#columns = Array.from({ length: arity }, (_, column) => column);
    this.#facts = new HashTable(this.#columns);
  }

  /** Facts in either state. */
  get size(): number {
    return this.#facts.size;
  }

  /** Facts before the transaction. */
  get oldSize(): number {
    return this.#facts.size - this.#created;
  }

  /** The fact whose constants stand in these places. */
  find(ids: readonly number[], places: readonly number[] = this.#columns): StoredFact | undefined {
    return this.#facts.find(ids, places);
  }

  /** The same, created if it is not there (in neither state, until the caller sets one). */
  obtain(ids: readonly number[], places: readonly number[] = this.#columns): StoredFact {
    let fact = this.#facts.find(ids, places);
    if (fact === undefined) {
      const { steps } = this.#interner;
      if ((steps.left -= CREATION_STEPS) < 0) steps.exceeded(this.name);
      const own = this.#own;
      for (let at = 0; at < places.length; at++) {
        own[at] = ids[places[at]!]!;
        this.#interner.retain(own[at]!);
      }
      // A copy is as long as the tuple; what is pushed together has room for a dozen more, in each fact that stands.
      fact = new StoredFact(this, own.slice(), this.#blank.slice());
      this.#facts.add(fact);
      for (let at = 0; at < this.#indexes.length; at++) this.#indexes[at]!.add(fact);
      this.#created++;
      fact.state = TOUCHED;
      this.#touched.push(fact);
      this.#saved.push(undefined);
    }
    return fact;
  }

  /** The index over these columns, built on first demand. */
  index(columns: readonly number[]): FactIndex {
    let index = this.#indexes.find(
      (known) => known.columns.length === columns.length && known.columns.every((column, at) => column === columns[at]),
    );
    if (index === undefined) {
      index = new FactIndex(columns, this.#indexes.length);
      for (const fact of this.select([], [])) {
        fact.links = fact.links.concat([undefined, undefined]);
        index.add(fact);
      }
      this.#indexes.push(index);
      this.#blank = [...this.#blank, undefined, undefined];
    }
    return index;
  }

  /** Facts in either state whose columns `columns` (ascending) hold `ids[column]`. */
  *select(ids: readonly number[], columns: readonly number[]): Generator<StoredFact, undefined> {
    if (columns.length === this.arity && this.arity > 0) {
      const fact = this.find(ids);
      if (fact !== undefined) yield fact;
      return;
    }
    const index = this.index(columns);
    for (let fact = index.first(ids, columns); fact !== undefined; fact = fact.links[index.next]) yield fact;
  }

  /** Records a fact in the journal; to be called before its state, count or stamp changes. */
  touch(fact: StoredFact): void {
    if ((fact.state & TOUCHED) !== 0) return;
    this.#saved.push({ state: fact.state, count: fact.count, stamp: fact.stamp });
    this.#touched.push(fact);
    fact.state |= TOUCHED;
  }

  /** Facts that the running transaction touched, also those that come out unchanged. */
  get touched(): readonly StoredFact[] {
    return this.#touched;
  }

  /** Computes `inserted` and `retracted`. True if there are any. */
  settle(): boolean {
    this.inserted = emptied(this.inserted);
    this.retracted = emptied(this.retracted);
    for (let at = 0; at < this.#touched.length; at++) {
      const fact = this.#touched[at]!;
      const change = fact.state & (OLD | NEW);
      if (change === NEW) this.inserted.push(fact);
      else if (change === OLD) this.retracted.push(fact);
    }
    return this.inserted.length > 0 || this.retracted.length > 0;
  }

  /** The new state becomes the only one. */
  commit(): void {
    for (let at = 0; at < this.#touched.length; at++) {
      const fact = this.#touched[at]!;
      if ((fact.state & NEW) === 0) this.#remove(fact);
      else fact.state = (fact.state & BASE) | OLD | NEW;
    }
    this.#close();
  }

  /** The old state becomes the only one, with its counts and stamps. */
  rollback(): void {
    for (let at = 0; at < this.#touched.length; at++) {
      const fact = this.#touched[at]!;
      const saved = this.#saved[at];
      if (saved === undefined) this.#remove(fact);
      else {
        fact.state = saved.state;
        fact.count = saved.count;
        fact.stamp = saved.stamp;
      }
    }
    this.#close();
  }

  #close(): void {
    // Most relations that a transaction opens come out as they were.
    if (this.#touched.length === 0) return;
    this.#created = 0;
    this.#touched = emptied(this.#touched);
    this.#saved = emptied(this.#saved);
    this.inserted = emptied(this.inserted);
    this.retracted = emptied(this.retracted);
  }

  #remove(fact: StoredFact): void {
    this.#facts.remove(fact);
    for (let at = 0; at < this.#indexes.length; at++) this.#indexes[at]!.remove(fact);
    for (let at = 0; at < fact.ids.length; at++) this.#interner.release(fact.ids[at]!);
  }
}

/** Longer lists give their room back. */
const KEPT = 64;

/** A list without its elements. A short one keeps its room: each transaction would make it anew in each relation. */
function emptied<T>(list: T[]): T[] {
  if (list.length > KEPT) return [];
  while (list.length > 0) list.pop();
  return list;
}
