/** A binary heap: what comes next in time. Ties leave in the order in which they entered, so that runs repeat. */

interface Slot<T> {
  readonly time: number;
  readonly order: number;
  readonly item: T;
}

export class TimeHeap<T> {
  readonly #slots: Slot<T>[] = [];
  #entered = 0;

  get size(): number {
    return this.#slots.length;
  }

  /** When the next item is due. */
  get next(): number | undefined {
    return this.#slots[0]?.time;
  }

  push(time: number, item: T): void {
    const slots = this.#slots;
    slots.push({ time, order: this.#entered++, item });
    for (let at = slots.length - 1; at > 0;) {
      const above = (at - 1) >> 1;
      if (!before(slots[at]!, slots[above]!)) break;
      [slots[at], slots[above]] = [slots[above]!, slots[at]!];
      at = above;
    }
  }

  /** Removes and gives the earliest item that is due at `now`; undefined: nothing is due. */
  due(now: number): T | undefined {
    const slots = this.#slots;
    const first = slots[0];
    if (first === undefined || first.time > now) return undefined;
    const last = slots.pop()!;
    if (slots.length === 0) return first.item;
    slots[0] = last;
    for (let at = 0; ;) {
      const left = 2 * at + 1;
      const right = left + 1;
      let least = at;
      if (left < slots.length && before(slots[left]!, slots[least]!)) least = left;
      if (right < slots.length && before(slots[right]!, slots[least]!)) least = right;
      if (least === at) return first.item;
      [slots[at], slots[least]] = [slots[least]!, slots[at]!];
      at = least;
    }
  }
}

const before = <T>(a: Slot<T>, b: Slot<T>): boolean => a.time < b.time || (a.time === b.time && a.order < b.order);
