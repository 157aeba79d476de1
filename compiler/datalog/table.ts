/**
 * A hash table over tuples of numbers, chained through its own entries. Asking it allocates nothing, and a removed
 * entry leaves nothing: in a JavaScript `Map` a key that comes and goes leaves a tombstone in its bucket each time, and
 * the next thousands of operations on that key walk over them.
 *
 * It grows by one bucket for each entry, and shrinks so (linear hashing, Litwin 1980). Tables that double do so at the same
 * fact, all of them, and whoever said it waits until each entry of each has moved.
 */

/** What a table holds: its tuple, the hash of its key, and the next entry of the same bucket. An entry is in one table. */
export interface HashEntry {
  readonly ids: readonly number[];
  /** Kept by the table: most entries that are passed by are told by it, and moved, without a look at their tuples. */
  hash: number;
  chain: this | undefined;
}

const SMALLEST = 16;

function hashOf(ids: readonly number[], places: readonly number[]): number {
  let hash = 0;
  for (let at = 0; at < places.length; at++) {
    hash = Math.imul((hash << 5) ^ (hash >>> 27) ^ ids[places[at]!]!, 0x9e3779b1);
  }
  return hash ^ (hash >>> 15);
}

export class HashTable<Each extends HashEntry> {
  /** The columns of the entries' tuples that are the key. */
  readonly columns: readonly number[];
  /** The first entry of each bucket: of `#round` buckets, and of those that were split off the first of them. */
  readonly #heads: (Each | undefined)[] = [];
  /** A power of two. Once all of its buckets are split, the next round has twice as many. */
  #round = SMALLEST;
  #size = 0;

  constructor(columns: readonly number[]) {
    this.columns = columns;
    // Pushed one by one, so that the array is a plain packed one.
    while (this.#heads.length < SMALLEST) this.#heads.push(undefined);
  }

  get size(): number {
    return this.#size;
  }

  /** The entry whose key is `ids[places[0]], ids[places[1]], …`. */
  find(ids: readonly number[], places: readonly number[]): Each | undefined {
    const { columns } = this;
    const hash = hashOf(ids, places);
    let entry = this.#heads[this.#slot(hash)];
    for (; entry !== undefined; entry = entry.chain) {
      if (entry.hash !== hash) continue;
      let at = 0;
      while (at < columns.length && entry.ids[columns[at]!] === ids[places[at]!]) at++;
      if (at === columns.length) break;
    }
    return entry;
  }

  /** Adds an entry whose key is not there. */
  add(entry: Each): void {
    if (this.#size >= this.#heads.length) this.#split();
    this.#size++;
    entry.hash = hashOf(entry.ids, this.columns);
    this.#link(entry);
  }

  remove(entry: Each): void {
    const slot = this.#slot(entry.hash);
    let before = this.#heads[slot];
    if (before === entry) this.#heads[slot] = entry.chain;
    else {
      while (before!.chain !== entry) before = before!.chain;
      before!.chain = entry.chain;
    }
    entry.chain = undefined;
    this.#size--;
    for (let i = 0; i < 2 && this.#heads.length > SMALLEST && this.#heads.length > 2 * this.#size; i++) this.#join();
  }

  #slot(hash: number): number {
    const slot = hash & (2 * this.#round - 1);
    return slot < this.#heads.length ? slot : hash & (this.#round - 1);
  }

  #link(entry: Each): void {
    const slot = this.#slot(entry.hash);
    entry.chain = this.#heads[slot];
    this.#heads[slot] = entry;
  }

  /** One bucket more: it takes its part of the one that it is split off. */
  #split(): void {
    const slot = this.#heads.length - this.#round;
    const entry = this.#heads[slot];
    this.#heads[slot] = undefined;
    this.#heads.push(undefined);
    this.#linkAll(entry);
    if (this.#heads.length === 2 * this.#round) this.#round *= 2;
  }

  /** One bucket less: the last one goes back to the one that it was split off. */
  #join(): void {
    if (this.#heads.length === this.#round) this.#round /= 2;
    this.#linkAll(this.#heads.pop());
  }

  #linkAll(first: Each | undefined): void {
    for (let entry = first; entry !== undefined;) {
      const next: Each | undefined = entry.chain;
      this.#link(entry);
      entry = next;
    }
  }
}
