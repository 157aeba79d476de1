/** A hash index over some columns: for each key the list of its facts, in the order of their insertion. */
import type { StoredFact } from "./fact.ts";
import { HashTable } from "./table.ts";

/** The facts of one key; never empty. */
class Bucket {
  readonly ids: readonly number[];
  hash = 0;
  chain: this | undefined = undefined;
  first: StoredFact | undefined = undefined;
  last: StoredFact | undefined = undefined;

  constructor(ids: readonly number[]) {
    this.ids = ids;
  }
}

export class FactIndex {
  readonly columns: readonly number[];
  /** Where facts keep their neighbours in this index: the one before at this place, the next behind it. */
  readonly #before: number;
  /** The place of `fact.links` with the fact that follows. */
  readonly next: number;
  readonly #buckets: HashTable<Bucket>;

  constructor(columns: readonly number[], ordinal: number) {
    this.columns = columns;
    this.#before = 2 * ordinal;
    this.next = 2 * ordinal + 1;
    this.#buckets = new HashTable(columns);
  }

  /** The first fact with this key; the others follow by `fact.links[index.next]`. Facts added meanwhile come last. */
  first(ids: readonly number[], places: readonly number[]): StoredFact | undefined {
    return this.#buckets.find(ids, places)?.first;
  }

  add(fact: StoredFact): void {
    let bucket = this.#buckets.find(fact.ids, this.columns);
    if (bucket === undefined) {
      bucket = new Bucket(fact.ids);
      this.#buckets.add(bucket);
    }
    const { last } = bucket;
    fact.links[this.#before] = last;
    fact.links[this.next] = undefined;
    if (last === undefined) bucket.first = fact;
    else last.links[this.next] = fact;
    bucket.last = fact;
  }

  remove(fact: StoredFact): void {
    const bucket = this.#buckets.find(fact.ids, this.columns)!;
    const before = fact.links[this.#before];
    const next = fact.links[this.next];
    if (before === undefined) bucket.first = next;
    else before.links[this.next] = next;
    if (next === undefined) bucket.last = before;
    else next.links[this.#before] = before;
    if (bucket.first === undefined) this.#buckets.remove(bucket);
  }
}
