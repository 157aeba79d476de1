/** The schedule of a timeline: what is reserved and what is left, stretch by stretch to the end of time. */
import type { Bucket } from "./bucket.ts";
import type { Rates } from "./rates.ts";

/** A stretch of time in which nothing changes but the bucket. */
export interface Stretch {
  readonly from: number;
  /** Infinity for the last one. */
  readonly to: number;
  /** Reserved, in bit/s. */
  readonly drain: number;
  /** Not reserved: M − D. */
  readonly available: number;
  /** In the bucket at the beginning, in bits. */
  readonly tokens?: number;
}

/** What a reader makes of a stretch; `tokens` only where there is a bucket. */
export type Reading<T> = (from: number, to: number, drain: number, available: number, tokens?: number) => T;

/** The stretch itself. */
export const stretch: Reading<Stretch> = (from, to, drain, available, tokens) =>
  tokens === undefined ? { from, to, drain, available } : { from, to, drain, available, tokens };

/** Not a generator, and without a value between: it runs over hundreds of thousands of stretches (a third of the time). */
export class Schedule<T> implements IterableIterator<T, undefined> {
  readonly #rates: Rates;
  readonly #max: number;
  readonly #bucket: Bucket | undefined;
  readonly #read: Reading<T>;
  #tokens: number;
  #from: number;
  #chunk: number;
  #step: number;

  /** From an instant on, at which the bucket holds `tokens`. */
  constructor(rates: Rates, max: number, bucket: Bucket | undefined, from: number, tokens: number, read: Reading<T>) {
    this.#rates = rates;
    this.#max = max;
    this.#bucket = bucket;
    this.#read = read;
    this.#tokens = tokens;
    this.#from = from;
    this.#chunk = rates.chunkAt(from);
    this.#step = Math.max(0, rates.chunks[this.#chunk]!.position(from));
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<T, undefined> {
    const { chunks } = this.#rates;
    const chunk = chunks[this.#chunk];
    if (!chunk) return { done: true, value: undefined };
    const from = this.#from;
    const drain = chunk.rates[this.#step]! + chunk.lift;
    this.#step += 1;
    let to: number;
    if (this.#step < chunk.times.length) to = chunk.times[this.#step]!;
    else {
      this.#chunk += 1;
      this.#step = 0;
      to = this.#chunk < chunks.length ? chunks[this.#chunk]!.times[0]! : Infinity;
    }
    this.#from = to;
    const available = this.#max - drain;
    if (!this.#bucket) return { done: false, value: this.#read(from, to, drain, available) };
    const { fill, capacity } = this.#bucket;
    const tokens = this.#tokens;
    if (to < Infinity) this.#tokens = Math.min(capacity, tokens + (fill - drain) * (to - from));
    return { done: false, value: this.#read(from, to, drain, available, tokens) };
  }
}
