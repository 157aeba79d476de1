/**
 * A map that reads as a `Map` does, in the order in which its keys came, and never moves all that it has. A `Map` that is
 * full moves to twice its room at once, and all maps with an entry for each request are full at the same request: whoever
 * said it, and all behind, waited for all of them. This one goes on in another map where one is full.
 *
 * What is asked for is looked for in each of these maps, so it suits what has some hundred thousand entries, of any keys.
 * Where the order means nothing `SteadyMap` looks in one.
 */

/** So many entries of one map, and of some maps up to a third more, so that they are not full at one request. */
const MOST = 12_288;
const STEPS = 16;
let made = 0;

export class SegmentedMap<Key, Value extends object | string | number | boolean | bigint> implements ReadonlyMap<
  Key,
  Value
> {
  /** In order: the keys of each came before those of the next. Only the last one gets more. */
  #segments: Map<Key, Value>[] = [new Map()];
  #last = this.#segments[0]!;
  #size = 0;
  readonly #most = MOST + (made++ % STEPS) * (MOST / (3 * STEPS));

  get size(): number {
    return this.#size;
  }

  get(key: Key): Value | undefined {
    const found = this.#last.get(key);
    if (found !== undefined || this.#segments.length === 1) return found;
    return this.#segmentOf(key)?.get(key);
  }

  has(key: Key): boolean {
    return this.#last.has(key) || (this.#segments.length > 1 && this.#segmentOf(key) !== undefined);
  }

  /** The value of a key that is there keeps its place. */
  set(key: Key, value: Value): this {
    const segment = this.#segments.length === 1 ? this.#last : (this.#segmentOf(key) ?? this.#last);
    const before = segment.size;
    segment.set(key, value);
    this.#size += segment.size - before;
    this.#goOn();
    return this;
  }

  /** The same for a key that is not there, which is then looked for nowhere. */
  add(key: Key, value: Value): this {
    this.#last.set(key, value);
    this.#size++;
    this.#goOn();
    return this;
  }

  delete(key: Key): boolean {
    const segments = this.#segments;
    for (let at = segments.length - 1; at >= 0; at--) {
      if (!segments[at]!.delete(key)) continue;
      this.#size--;
      if (segments.length > 1) this.#join(at);
      return true;
    }
    return false;
  }

  keys(): MapIterator<Key> {
    return this.#segments.length === 1 ? this.#last.keys() : inAll(this.#segments, (one) => one.keys());
  }

  values(): MapIterator<Value> {
    return this.#segments.length === 1 ? this.#last.values() : inAll(this.#segments, (one) => one.values());
  }

  entries(): MapIterator<[Key, Value]> {
    return this.#segments.length === 1 ? this.#last.entries() : inAll(this.#segments, (one) => one.entries());
  }

  [Symbol.iterator](): MapIterator<[Key, Value]> {
    return this.entries();
  }

  forEach(each: (value: Value, key: Key, all: ReadonlyMap<Key, Value>) => void): void {
    for (const [key, value] of this) each(value, key, this);
  }

  #goOn(): void {
    if (this.#last.size >= this.#most) this.#segments.push((this.#last = new Map()));
  }

  #segmentOf(key: Key): Map<Key, Value> | undefined {
    const segments = this.#segments;
    for (let at = segments.length - 1; at >= 0; at--) if (segments[at]!.has(key)) return segments[at]!;
    return undefined;
  }

  /** Maps that have become small, one beside the other, become one. */
  #join(at: number): void {
    const segments = this.#segments;
    const first = at > 0 && segments[at]!.size + segments[at - 1]!.size <= this.#most / 4 ? at - 1 : at;
    const [one, next] = [segments[first]!, segments[first + 1]];
    if (next === undefined || one.size + next.size > this.#most / 4) return;
    this.#segments = segments.toSpliced(first, 2, new Map([...one, ...next]));
    this.#last = this.#segments.at(-1)!;
  }
}

/** What comes or goes meanwhile may be missed, or told. */
function* inAll<Key, Value, T>(
  segments: readonly Map<Key, Value>[],
  each: (one: Map<Key, Value>) => MapIterator<T>,
): MapIterator<T> {
  for (const one of segments) yield* each(one);
}
