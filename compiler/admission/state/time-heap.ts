/**
 * A binary heap of items by time. Items of the same time leave in the order in which they entered, so that runs repeat.
 * What was cancelled before its time is swept out when it may be half of the heap: items that come and go leave nothing.
 */

interface Entry<T> {
  readonly time: number;
  readonly order: number;
  readonly item: T;
}

export class TimeHeap<T> {
  #entries: Entry<T>[] = [];
  #entered = 0;
  readonly #isGone: (item: T) => boolean;
  /** How many items have been cancelled since the last sweep; some of them may have left in their time. */
  #cancelled = 0;

  /** `isGone`: whether an item was cancelled, so that nothing waits for it. */
  constructor(isGone: (item: T) => boolean) {
    this.#isGone = isGone;
  }

  get size(): number {
    return this.#entries.length;
  }

  /** When the next item is due. */
  get next(): number | undefined {
    return this.#entries[0]?.time;
  }

  /** To be called when an item, which may be in the heap, is cancelled. */
  cancel(): void {
    this.#cancelled += 1;
    if (this.#cancelled <= FEW_CANCELLED || 2 * this.#cancelled < this.#entries.length) return;
    // A sorted list is a heap.
    this.#entries = this.#entries
      .filter(({ item }) => !this.#isGone(item))
      .sort((a, b) => a.time - b.time || a.order - b.order);
    this.#cancelled = 0;
  }

  push(time: number, item: T): void {
    const entries = this.#entries;
    entries.push({ time, order: this.#entered++, item });
    for (let at = entries.length - 1; at > 0;) {
      const above = (at - 1) >> 1;
      if (!before(entries[at]!, entries[above]!)) break;
      [entries[at], entries[above]] = [entries[above]!, entries[at]!];
      at = above;
    }
  }

  /** Removes and gives the earliest item that is due at `now`; undefined: nothing is due. */
  due(now: number): T | undefined {
    const entries = this.#entries;
    const first = entries[0];
    if (first === undefined || first.time > now) return undefined;
    const last = entries.pop()!;
    if (entries.length === 0) return first.item;
    entries[0] = last;
    for (let at = 0; ;) {
      const left = 2 * at + 1;
      const right = left + 1;
      let least = at;
      if (left < entries.length && before(entries[left]!, entries[least]!)) least = left;
      if (right < entries.length && before(entries[right]!, entries[least]!)) least = right;
      if (least === at) return first.item;
      [entries[at], entries[least]] = [entries[least]!, entries[at]!];
      at = least;
    }
  }
}

/** So few are not worth a sweep. */
const FEW_CANCELLED = 64;

const before = <T>(a: Entry<T>, b: Entry<T>): boolean => a.time < b.time || (a.time === b.time && a.order < b.order);
