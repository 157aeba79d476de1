/**
 * A binary heap of items by time. Items of the same time leave in the order in which they entered, so that runs repeat.
 */

interface Entry<T> {
  readonly time: number;
  readonly order: number;
  readonly item: T;
}

export class TimeHeap<T> {
  readonly #entries: Entry<T>[] = [];
  #entered = 0;

  get size(): number {
    return this.#entries.length;
  }

  /** When the next item is due. */
  get next(): number | undefined {
    return this.#entries[0]?.time;
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

const before = <T>(a: Entry<T>, b: Entry<T>): boolean => a.time < b.time || (a.time === b.time && a.order < b.order);
