/**
 * A multiset of constants with its least or greatest one: counts, and a heap from which constants are removed lazily.
 * Adding and removing the same constant leaves the multiset as it was, although the heap may still hold it.
 */
import { compareConstants } from "./constants.ts";
import type { Constant } from "./types.ts";

/** A count that says: neither in the multiset nor in the heap. */
const OUT = -1;

export class Multiset {
  /** Zero: only in the heap. Counts are set, not deleted, until a rebuild: see `table.ts` on maps. */
  #counts = new Map<Constant, number>();
  /** Binary heap of what is counted at zero or more, each once. */
  #heap: Constant[] = [];
  /** Distinct constants in the multiset. */
  #distinct = 0;
  readonly #sign: 1 | -1;

  /** `sign` 1 keeps the least constant on top, -1 the greatest. */
  constructor(sign: 1 | -1) {
    this.#sign = sign;
  }

  add(value: Constant): void {
    const count = this.#counts.get(value) ?? OUT;
    this.#counts.set(value, Math.max(count, 0) + 1);
    if (count <= 0) this.#distinct++;
    if (count === OUT) this.#push(value);
  }

  remove(value: Constant): void {
    const count = this.#counts.get(value)! - 1;
    this.#counts.set(value, count);
    if (count > 0) return;
    this.#distinct--;
    // Dead constants are removed once they outnumber the live ones, so each rebuild is paid for by removals.
    if (this.#counts.size > 2 * this.#distinct + 16) this.#rebuild();
  }

  /** The least or the greatest constant; undefined where there is none. */
  top(): Constant | undefined {
    while (this.#heap.length > 0 && this.#counts.get(this.#heap[0]!) === 0) {
      this.#counts.set(this.#heap[0]!, OUT);
      this.#pop();
    }
    return this.#heap[0];
  }

  #rebuild(): void {
    this.#counts = new Map([...this.#counts].filter(([, count]) => count > 0));
    // A sorted array is a heap.
    this.#heap = [...this.#counts.keys()].toSorted((left, right) => this.#sign * compareConstants(left, right));
  }

  #before(left: number, right: number): boolean {
    return this.#sign * compareConstants(this.#heap[left]!, this.#heap[right]!) < 0;
  }

  #swap(left: number, right: number): void {
    [this.#heap[left], this.#heap[right]] = [this.#heap[right]!, this.#heap[left]!];
  }

  #push(value: Constant): void {
    let at = this.#heap.push(value) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#before(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #pop(): void {
    const last = this.#heap.pop()!;
    if (this.#heap.length === 0) return;
    this.#heap[0] = last;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#heap.length) return;
      if (child + 1 < this.#heap.length && this.#before(child + 1, child)) child++;
      if (!this.#before(child, at)) return;
      this.#swap(at, child);
      at = child;
    }
  }
}
