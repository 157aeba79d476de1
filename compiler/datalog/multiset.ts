/**
 * A multiset of constants that knows its extreme: counts, and a heap that forgets lazily. Adding and removing the same
 * constant leave it as it was, whatever the heap still holds.
 */
import { compareConstants } from "./constants.ts";
import type { Constant } from "./types.ts";

export class Multiset {
  readonly #counts = new Map<Constant, number>();
  /** Binary heap; may hold constants that are gone, and one constant twice. */
  #heap: Constant[] = [];
  readonly #sign: 1 | -1;

  /** `sign` 1 keeps the least constant on top, -1 the greatest. */
  constructor(sign: 1 | -1) {
    this.#sign = sign;
  }

  add(value: Constant): void {
    const count = this.#counts.get(value) ?? 0;
    this.#counts.set(value, count + 1);
    if (count === 0) this.#push(value);
  }

  remove(value: Constant): void {
    const count = this.#counts.get(value)! - 1;
    if (count > 0) this.#counts.set(value, count);
    else this.#counts.delete(value);
    // The garbage stays below the live part, so that its removal is paid for.
    if (this.#heap.length > 2 * this.#counts.size + 16) this.#rebuild();
  }

  /** The least or the greatest constant; undefined where there is none. */
  top(): Constant | undefined {
    while (this.#heap.length > 0 && !this.#counts.has(this.#heap[0]!)) this.#pop();
    return this.#heap[0];
  }

  #rebuild(): void {
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
