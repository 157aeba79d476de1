/**
 * Requests in order of acceptance. One that a rollback brings back comes in late, and is sorted into its place when they
 * are next read: so a network that took something back reads as one that never began it.
 */
import type { Accepted } from "./accepted.ts";

export class InOrder {
  #all = new Set<Accepted>();
  #last = -1;
  #isSorted = true;

  add(request: Accepted): void {
    this.#all.add(request);
    if (request.order < this.#last) this.#isSorted = false;
    else this.#last = request.order;
  }

  delete(request: Accepted): void {
    this.#all.delete(request);
  }

  [Symbol.iterator](): Iterator<Accepted> {
    if (!this.#isSorted) {
      this.#all = new Set([...this.#all].toSorted((a, b) => a.order - b.order));
      this.#isSorted = true;
    }
    return this.#all.values();
  }
}
