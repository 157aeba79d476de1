/**
 * A map of many that is never moved at once. A `Map` that doubles moves all it has, and maps of one entry for each request
 * do so at the same request: whoever said it, and all behind, waited for all of them. This one has parts, of which each
 * doubles in its time. It has no order.
 */

/** A power of two. */
const PARTS = 32;

/** So many characters of a text say in which part it is; of a longer one some that are evenly apart. */
const READ = 64;

export class SteadyMap<Key extends string | number | bigint, Value> {
  /** Each is made when it is needed: many maps have a few entries only. */
  readonly #parts = Array.from({ length: PARTS }, (): Map<Key, Value> | undefined => undefined);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: Key): Value | undefined {
    return this.#parts[partOf(key)]?.get(key);
  }

  has(key: Key): boolean {
    return this.#parts[partOf(key)]?.has(key) === true;
  }

  set(key: Key, value: Value): void {
    const part = (this.#parts[partOf(key)] ??= new Map<Key, Value>());
    this.#size -= part.size;
    part.set(key, value);
    this.#size += part.size;
  }

  delete(key: Key): boolean {
    const isGone = this.#parts[partOf(key)]?.delete(key) === true;
    if (isGone) this.#size--;
    return isGone;
  }

  clear(): void {
    for (const part of this.#parts) part?.clear();
    this.#size = 0;
  }

  /** In no order that means anything, as the keys are. */
  *values(): Generator<Value> {
    for (const part of this.#parts) if (part !== undefined) yield* part.values();
  }

  *keys(): Generator<Key> {
    for (const part of this.#parts) if (part !== undefined) yield* part.keys();
  }
}

/** The part of a key. Parts have random sizes, about equal, so that they double one after the other. */
export function partOf(key: string | number | bigint): number {
  let hash = 0;
  if (typeof key === "string") {
    const step = key.length <= READ ? 1 : Math.ceil(key.length / READ);
    for (let at = key.length - 1; at >= 0; at -= step) hash = Math.imul(hash ^ key.charCodeAt(at), 0x9e3779b1);
  } else hash = typeof key === "number" ? key : Number(BigInt.asIntN(32, key));
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) & (PARTS - 1);
}
