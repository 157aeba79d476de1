/**
 * Requests in order of acceptance, to be read from either end. One that a rollback brings back comes in late, and is
 * sorted into its place when they are next read: so a network that took something back reads as one that never began it.
 */
import type { Accepted } from "./accepted.ts";

export class InOrder {
  #all = new Set<Accepted>();
  /** The same as a list, in which those that have left may stand on. */
  #list: Accepted[] = [];
  #last = -1;
  #isSorted = true;

  add(request: Accepted): void {
    this.#all.add(request);
    this.#list.push(request);
    if (request.order <= this.#last) this.#isSorted = false;
    else this.#last = request.order;
  }

  delete(request: Accepted): void {
    this.#all.delete(request);
    if (this.#list.length > 2 * this.#all.size + SPARE) this.#list = [...this.#sorted()];
  }

  [Symbol.iterator](): Iterator<Accepted> {
    return this.#sorted().values();
  }

  /** From the one accepted last to the first; what comes or goes meanwhile may be missed. */
  *latestFirst(): Generator<Accepted> {
    const all = this.#sorted();
    const list = this.#list;
    for (let i = list.length - 1; i >= 0; i -= 1) if (all.has(list[i]!)) yield list[i]!;
  }

  #sorted(): ReadonlySet<Accepted> {
    if (!this.#isSorted) {
      this.#list = [...this.#all].toSorted((a, b) => a.order - b.order);
      this.#all = new Set(this.#list);
      this.#isSorted = true;
    }
    return this.#all;
  }
}

/** A list is made anew where more than half of it, and more than this, have left. */
const SPARE = 32;
