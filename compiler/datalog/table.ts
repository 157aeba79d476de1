/**
 * A hash table over tuples of numbers, chained through its own entries. Asking it allocates nothing, and a removed
 * entry leaves nothing: in a JavaScript `Map` a key that comes and goes leaves a tombstone in its bucket each time, and
 * the next thousands of operations on that key walk over them.
 */

/** What a table holds: its tuple, and the next entry of the same bucket. */
export interface HashEntry {
  readonly ids: readonly number[];
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

/** Pushed one by one, so that the array is a plain packed one of this length. */
function empty<Each>(length: number): (Each | undefined)[] {
  const heads: (Each | undefined)[] = [];
  for (let at = 0; at < length; at++) heads.push(undefined);
  return heads;
}

export class HashTable<Each extends HashEntry> {
  /** The columns of the entries' tuples that are the key. */
  readonly columns: readonly number[];
  #heads = empty<Each>(SMALLEST);
  #size = 0;

  constructor(columns: readonly number[]) {
    this.columns = columns;
  }

  get size(): number {
    return this.#size;
  }

  /** The entry whose key is `ids[places[0]], ids[places[1]], …`. */
  find(ids: readonly number[], places: readonly number[]): Each | undefined {
    const { columns } = this;
    let entry = this.#heads[hashOf(ids, places) & (this.#heads.length - 1)];
    for (; entry !== undefined; entry = entry.chain) {
      let at = 0;
      while (at < columns.length && entry.ids[columns[at]!] === ids[places[at]!]) at++;
      if (at === columns.length) break;
    }
    return entry;
  }

  /** Adds an entry whose key is not there. */
  add(entry: Each): void {
    if (this.#size >= this.#heads.length) this.#resize(this.#heads.length * 2);
    this.#size++;
    this.#link(entry);
  }

  remove(entry: Each): void {
    const slot = this.#slot(entry);
    let before = this.#heads[slot];
    if (before === entry) this.#heads[slot] = entry.chain;
    else {
      while (before!.chain !== entry) before = before!.chain;
      before!.chain = entry.chain;
    }
    entry.chain = undefined;
    this.#size--;
    if (this.#heads.length > SMALLEST && this.#size * 8 < this.#heads.length) this.#resize(this.#heads.length / 2);
  }

  #slot(entry: Each): number {
    return hashOf(entry.ids, this.columns) & (this.#heads.length - 1);
  }

  #link(entry: Each): void {
    const slot = this.#slot(entry);
    entry.chain = this.#heads[slot];
    this.#heads[slot] = entry;
  }

  #resize(length: number): void {
    const heads = this.#heads;
    this.#heads = empty(length);
    for (let entry of heads) {
      while (entry !== undefined) {
        const next: Each | undefined = entry.chain;
        this.#link(entry);
        entry = next;
      }
    }
  }
}
