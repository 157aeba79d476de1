/**
 * Statements → numbers of meters and queues. A number is hashed from the identity of the statement and never counted,
 * so one statement more or less hardly ever moves another. If two hash to one number, the later in order of identity
 * takes the next free one (linear probing in order: Amble and Knuth, "Ordered hash tables", 1974). The numbers depend
 * on the set alone and not on its history. A change moves only items that had to yield, or that return nearer to their
 * hash.
 */
import { hash32 } from "../../table/cookie.ts";

export interface Numbered {
  /** The identity that the number is hashed from. */
  readonly statement: string;
  /** Orders items of one statement; different for different items. */
  readonly key: string;
  /** The number, from 1; absent while there are more items than numbers. */
  number?: number | undefined;
}

/** Gives every item a number of its own in 1…`size`. */
export class NumberPool<T extends Numbered> {
  readonly size: number;
  readonly #items = new Set<T>();
  readonly #at = new Map<number, T>();
  readonly #moved = new Set<T>();

  constructor(size: number) {
    this.size = size;
  }

  /** The number of items, with or without numbers. */
  get wanted(): number {
    return this.#items.size;
  }

  /** The item that has a number. */
  at(number: number): T | undefined {
    return this.#at.get(number);
  }

  /** The items whose number has changed since the last call. */
  moved(): readonly T[] {
    const moved = [...this.#moved];
    this.#moved.clear();
    return moved;
  }

  insert(item: T): void {
    this.#items.add(item);
    if (this.#items.size <= this.size) this.#put(item, this.#home(item));
    else if (this.#items.size === this.size + 1) this.#clear();
  }

  remove(item: T): void {
    if (!this.#items.delete(item)) return;
    if (this.#items.size === this.size) for (const one of this.#items) this.#put(one, this.#home(one));
    if (item.number !== undefined) this.#vacate(item.number);
    item.number = undefined;
  }

  #give(item: T, number: number | undefined): void {
    item.number = number;
    this.#moved.add(item);
  }

  #home({ statement }: T): number {
    return 1 + (hash32(statement) % this.size);
  }

  #next(number: number): number {
    return (number % this.size) + 1;
  }

  #put(item: T, from: number): void {
    let [going, number] = [item, from];
    for (;;) {
      const there = this.#at.get(number);
      if (there === undefined || before(going, there)) {
        this.#at.set(number, going);
        this.#give(going, number);
        if (there === undefined) return;
        going = there;
      }
      number = this.#next(number);
    }
  }

  /** Fills a hole with the first item, in order of identity, behind it whose hash is at or before it. */
  #vacate(hole: number): void {
    this.#at.delete(hole);
    let best: T | undefined;
    let number = this.#next(hole);
    for (let there = this.#at.get(number); there !== undefined; there = this.#at.get(number)) {
      const distance = (number - this.#home(there) + this.size) % this.size;
      const far = (number - hole + this.size) % this.size;
      if (distance >= far && (best === undefined || before(there, best))) best = there;
      number = this.#next(number);
    }
    if (best === undefined) return;
    const left = best.number!;
    this.#at.set(hole, best);
    this.#give(best, hole);
    this.#vacate(left);
  }

  #clear(): void {
    for (const item of this.#items) this.#give(item, undefined);
    this.#at.clear();
  }
}

function before(a: Numbered, b: Numbered): boolean {
  return a.statement === b.statement ? a.key < b.key : a.statement < b.statement;
}
