/**
 * When a bucket has refilled far enough for a request: from a start at which it has not, on to a later one, such that
 * every start in between is ruled out. Three kinds of leap, each exact for one
 * window that overdraws the bucket: the window stays where it is and the request leaves it; its end moves with the end
 * of the request; its start moves with the start of the request. The last two hold as far as the drain does not change.
 */
import { amount, BRIM, saturated, type Bucket } from "./bucket.ts";
import { steps } from "./chain.ts";
import type { Course } from "./course.ts";

export class Refill {
  readonly #course: Course;
  readonly #bucket: Bucket;
  readonly #duration: number;
  readonly #rate: number;
  /** The steps that hold the start and the end of the request tried last. */
  #first = 0;
  #last = 0;

  constructor(course: Course, bucket: Bucket, duration: number, rate: number) {
    this.#course = course;
    this.#bucket = bucket;
    this.#duration = duration;
    this.#rate = rate;
  }

  /** `start` itself if the bucket bears the request from there; else a later instant. Calls may only move forward. */
  seek(start: number): number {
    const { times, drains, levels, excess } = this.#course;
    const { fill, capacity } = this.#bucket;
    while (times[this.#first + 1]! <= start) this.#first += 1;
    this.#last = Math.max(this.#last, this.#first);
    const end = start + this.#duration;
    while (times[this.#last + 1]! <= end) this.#last += 1;
    const i = this.#first;
    const drain = drains[i]!;
    const level = Math.min(capacity, saturated(levels[i]! + amount(fill - drain, start - times[i]!)));
    if (level < 0) return Math.min(times[i + 1]!, drain < fill ? start + steps(-level, fill - drain) : Infinity);
    if (end < Infinity && excess) {
      // A whole request takes at least this; most starts fail here, before any step inside is read.
      const k = this.#last;
      const before = excess[i]! + (drain - fill) * (start - times[i]!);
      const after = excess[k]! + (drains[k]! - fill) * (end - times[k]!);
      const whole = this.#rate * this.#duration;
      const exact = whole <= BRIM && Math.abs(before) <= BRIM / 2 && Math.abs(after) <= BRIM / 2;
      const leap = exact ? this.#atEnd(start, end, level, level - whole - (after - before), start) : start;
      if (leap > start) return leap;
    }
    return this.#inside(start, end, level);
  }

  /** Simulates the request step by step and takes the longest leap. */
  #inside(start: number, end: number, initial: number): number {
    const { times, drains } = this.#course;
    const { fill, capacity } = this.#bucket;
    const rate = this.#rate;
    let level = initial;
    let since = start;
    let leap = start;
    for (let j = this.#first; times[j]! < end; j += 1) {
      const from = Math.max(start, times[j]!);
      const to = Math.min(end, times[j + 1]!);
      level = saturated(level + amount(fill - drains[j]! - rate, to - from));
      if (to === end) break;
      if (level >= capacity) [level, since] = [capacity, to];
      else if (level < 0) {
        leap = Math.max(leap, this.#leave(-level, since, to, to));
        const sink = drains[this.#first]! + rate - fill;
        if (since === start && this.#moves(initial) && sink > 0) {
          leap = Math.max(leap, Math.min(times[this.#first + 1]!, start + steps(-level, sink)));
        }
      }
    }
    if (end === Infinity) return drains[times.length - 2]! + rate > fill ? Infinity : leap;
    return Math.max(leap, this.#atEnd(start, end, initial, Math.min(level, capacity), since));
  }

  /** The leap if what is `left` at the end of the request is not enough for what comes later. */
  #atEnd(start: number, end: number, initial: number, left: number, since: number): number {
    const { times, drains, needs, untils } = this.#course;
    const { fill } = this.#bucket;
    const k = this.#last;
    const drain = drains[k]!;
    const need = k + 2 < times.length ? needs[k + 1]! + amount(drain - fill, times[k + 1]! - end) : needs[k]!;
    let leap = start;
    if (need > 0 && left < need)
      leap = this.#leave(need - left, since, end, k + 2 < times.length ? untils[k + 1]! : Infinity);
    if (left >= 0 || since > start) return left < 0 ? Math.max(leap, this.#leave(-left, since, end, end)) : leap;
    leap = Math.max(leap, this.#leave(-left, since, end, end));
    const moves = this.#moves(initial);
    const relief = (moves ? drains[this.#first]! : fill) - drain;
    const until = Math.min(times[k + 1]! - this.#duration, moves ? times[this.#first + 1]! : Infinity);
    return Math.max(leap, Math.min(until, relief > 0 ? start + steps(-left, relief) : Infinity));
  }

  /** The bucket is full where the request starts and would still be full if it started later. */
  #moves(initial: number): boolean {
    return initial === this.#bucket.capacity && this.#course.drains[this.#first]! <= this.#bucket.fill;
  }

  /** The start at which the request has left a window far enough, which it covers until `covered`. */
  #leave(excess: number, since: number, covered: number, windowEnd: number): number {
    if (windowEnd === Infinity) return Infinity;
    const overlap = covered - since;
    return windowEnd - Math.max(0, overlap - steps(excess, this.#rate));
  }
}
