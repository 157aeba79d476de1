/**
 * The rule of SEMANTICS ("reserve"), second by second and window by window, in exact integers: slow and obviously
 * right. Every instant of a test lies before its horizon; beyond it nothing changes any more.
 */
import type { Interval } from "../../../net/interval.ts";
import type { Bounds } from "../timeline.ts";

export class NaiveTimeline {
  bounds: Bounds;
  now: number;
  readonly #horizon: number;
  /** Drain in each second from 0 to the horizon; the last one lasts for ever. */
  readonly #drain: bigint[];
  #level = 0n;

  constructor(bounds: Bounds, now: number, horizon: number) {
    this.bounds = bounds;
    this.now = now;
    this.#horizon = horizon;
    this.#drain = Array.from({ length: horizon + 1 }, () => 0n);
  }

  clone(): NaiveTimeline {
    const copy = new NaiveTimeline(this.bounds, this.now, this.#horizon);
    copy.#drain.splice(0, Infinity, ...this.#drain);
    copy.#level = this.#level;
    return copy;
  }

  /** Adds to the drain of every second of the interval that is not before `from`. */
  add({ start, end }: Interval, rate: number, from = 0): void {
    for (let t = Math.max(start, from); t <= this.#horizon && t < end; t += 1) this.#drain[t]! += BigInt(rate);
  }

  /** Lets time pass, a second at a time. */
  advance(now: number): void {
    const { bucket } = this.bounds;
    for (; this.now < now; this.now += 1) {
      if (bucket) this.#level = least(BigInt(bucket.capacity), this.#level + BigInt(bucket.fill) - this.at(this.now));
    }
  }

  rebound(bounds: Bounds): void {
    this.bounds = bounds;
    this.#level = least(this.#level, BigInt(bounds.bucket?.capacity ?? 0));
  }

  at(second: number): bigint {
    return this.#drain[Math.min(second, this.#horizon)]!;
  }

  /** The level by simulation. */
  level(at: number): bigint {
    const copy = this.clone();
    copy.advance(at);
    return copy.#level;
  }

  /** Whether the rule holds with the request, at the instants and in the windows that it touches. */
  fits(interval: Interval, rate: number): boolean {
    const { max, min, bucket } = this.bounds;
    const { start, end } = interval;
    const tried = this.clone();
    tried.add(interval, rate);
    const last = this.#horizon;
    for (let t = start; t <= Math.max(last, start) && t < end; t += 1) {
      const drain = tried.at(t);
      if ((max < Infinity && drain > BigInt(max)) || drain < BigInt(min)) return false;
    }
    if (!bucket || rate === 0) return true;
    if (tried.at(last) > BigInt(bucket.fill)) return false;
    // A window that ends where the request begins, or begins where it ends, touches it in the limit.
    if (start === this.now && this.#level < 0n) return false;
    for (let u = this.now; u <= Math.min(end, last - 1); u += 1) {
      let drained = 0n;
      for (let v = u + 1; v <= last; v += 1) {
        drained += tried.at(v - 1);
        if (v < start) continue;
        const flown = BigInt(bucket.fill) * BigInt(v - u);
        if (drained > BigInt(bucket.capacity) + flown) return false;
        if (u === this.now && drained > tried.#level + flown) return false;
      }
    }
    return true;
  }

  /** The same without windows, where nothing is overdrawn: no level below zero. */
  fitsBySimulation(interval: Interval, rate: number): boolean {
    const { max, min, bucket } = this.bounds;
    const tried = this.clone();
    tried.add(interval, rate);
    for (let t = interval.start; t <= this.#horizon && t < interval.end; t += 1) {
      const drain = tried.at(t);
      if ((max < Infinity && drain > BigInt(max)) || drain < BigInt(min)) return false;
    }
    if (!bucket) return true;
    for (let t = tried.now; t < this.#horizon; t += 1) {
      tried.advance(t + 1);
      if (tried.#level < 0n) return false;
    }
    return tried.at(this.#horizon) <= BigInt(bucket.fill);
  }
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
