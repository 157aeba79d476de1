/**
 * The schedule of a share: what is reserved on it, and what can still be asked for of it, stretch by stretch to the end
 * of time. A reservation is charged to all shares above too, so the least that is free from the share to the root is
 * what is left (SEMANTICS, "reserve").
 */
import type { Bucket } from "./bucket.ts";
import { lowerSteps, mayBind, stepsOf, type Drained } from "./above.ts";

/** A stretch of time in which nothing changes but the bucket. */
export interface Stretch {
  readonly from: number;
  /** Infinity for the last one. */
  readonly to: number;
  /** Reserved, in bit/s. */
  readonly drain: number;
  /** The rate that is not reserved: M − D, the least of the share's own and of those above. */
  readonly available: number;
  /** What the bucket holds at the beginning, in bits. */
  readonly tokens?: number;
}

/** What a reader makes of a stretch; `tokens` only where there is a bucket. */
export type Reading<T> = (from: number, to: number, drain: number, available: number, tokens?: number) => T;

/** The stretch itself. */
export const stretch: Reading<Stretch> = (from, to, drain, available, tokens) =>
  tokens === undefined ? { from, to, drain, available } : { from, to, drain, available, tokens };

/**
 * Not a generator, and without a value between: it runs over hundreds of thousands of stretches (a third of the time).
 */
export class Schedule<T> implements IterableIterator<T, undefined> {
  readonly #own: Drained;
  readonly #above: readonly Drained[];
  readonly #bucket: Bucket | undefined;
  readonly #read: Reading<T>;
  #from: number;
  #tokens: number;
  #chunk: number;
  #step = 0;
  /** The steps that are read, up to `#end`: the chunk's own, or where shares above leave less, those of all. */
  #times!: readonly number[];
  #drains!: readonly number[];
  #lift!: number;
  #left: readonly number[] | undefined;
  #end!: number;

  /** From an instant on, at which the bucket holds `tokens`. */
  constructor(
    own: Drained,
    above: readonly Drained[],
    bucket: Bucket | undefined,
    from: number,
    tokens: number,
    read: Reading<T>,
  ) {
    this.#own = own;
    this.#above = above;
    this.#bucket = bucket;
    this.#read = read;
    this.#from = from;
    this.#tokens = tokens;
    this.#chunk = own.rates.chunkAt(from);
    this.#open();
    while (this.#times[this.#step + 1]! <= from) this.#step += 1;
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<T, undefined> {
    const from = this.#from;
    if (from === Infinity) return { done: true, value: undefined };
    const drain = this.#drains[this.#step]! + this.#lift;
    const available = this.#left === undefined ? this.#own.max - drain : this.#left[this.#step]!;
    this.#step += 1;
    let to = this.#end;
    if (this.#step < this.#times.length) to = this.#times[this.#step]!;
    else if (to < Infinity) {
      this.#chunk += 1;
      this.#step = 0;
      this.#open();
    }
    this.#from = to;
    if (!this.#bucket) return { done: false, value: this.#read(from, to, drain, available) };
    const { fill, capacity } = this.#bucket;
    const tokens = this.#tokens;
    if (to < Infinity) this.#tokens = Math.min(capacity, tokens + (fill - drain) * (to - from));
    return { done: false, value: this.#read(from, to, drain, available, tokens) };
  }

  /** Begins the chunk. */
  #open(): void {
    const { rates, max } = this.#own;
    const chunk = rates.chunks[this.#chunk]!;
    const end = rates.chunks[this.#chunk + 1]?.times[0] ?? Infinity;
    const binding = this.#above.filter((one) => mayBind(one, chunk, max, end));
    this.#end = end;
    this.#times = chunk.times;
    this.#drains = chunk.rates;
    this.#lift = chunk.lift;
    this.#left = undefined;
    if (binding.length === 0) return;
    const steps = binding.reduce((all, one) => lowerSteps(all, one, end), stepsOf(chunk, max));
    this.#times = steps.times;
    this.#drains = steps.drains;
    this.#lift = 0;
    this.#left = steps.left;
  }
}
