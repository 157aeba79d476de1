/**
 * Who is heard next. Speakers take turns, and so do the connections of one speaker: however much one says at once,
 * another waits for one sentence of each, and not for all of them. What one connection says stays in its order.
 */

/** Where a sentence comes from. */
export interface TurnOf {
  readonly by: string;
  /** The connection; fires once it is gone. Undefined: all such sentences of a speaker are of one. */
  readonly from?: AbortSignal | undefined;
}

export class Turns<T> {
  /** Speaker → connection → what waits. The first of each map has the next turn, and goes behind the last. */
  readonly #speakers = new Map<string, Map<AbortSignal | undefined, T[]>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add({ by, from }: TurnOf, one: T): void {
    const connections = this.#speakers.get(by) ?? new Map<AbortSignal | undefined, T[]>();
    if (connections.size === 0) this.#speakers.set(by, connections);
    const waiting = connections.get(from);
    if (waiting === undefined) connections.set(from, [one]);
    else waiting.push(one);
    this.#size++;
  }

  /** Takes the next one out; undefined: nothing waits. */
  next(): T | undefined {
    for (const [by, connections] of this.#speakers) {
      this.#speakers.delete(by);
      for (const [from, waiting] of connections) {
        connections.delete(from);
        const one = waiting.shift()!;
        this.#size--;
        if (waiting.length > 0) connections.set(from, waiting);
        if (connections.size > 0) this.#speakers.set(by, connections);
        return one;
      }
    }
    return undefined;
  }

  /** Takes out what waits of a speaker. */
  of(by: string): readonly T[] {
    const waiting = [...(this.#speakers.get(by)?.values() ?? [])].flat();
    this.#speakers.delete(by);
    this.#size -= waiting.length;
    return waiting;
  }

  /** Takes everything out. */
  *all(): Generator<T> {
    for (let one = this.next(); one !== undefined; one = this.next()) yield one;
  }
}
