/**
 * The reservations of one share, or of one link, as a timeline: total drain at every instant to come, the bounds on it,
 * and what the bucket holds now (SEMANTICS, "reserve"). Charged for the share and everything below it.
 */
import type { Interval } from "../../net/interval.ts";
import { greatest, least } from "../../net/lists.ts";
import { amount, BRIM, passing, saturated, levelAt, needAt, type Bucket, type Level, type Need } from "./bucket.ts";
import { courseOf, type Course } from "./course.ts";
import { Rates, SIZE } from "./rates.ts";
import type { Drained } from "./above.ts";
import { Schedule, stretch, type Reading, type Stretch } from "./schedule.ts";

/** Bounds on the total drain (seed, Table 2), in bit/s. A link has only a maximum. */
export interface Bounds {
  /** M; Infinity is no bound. */
  readonly max: number;
  /** m; 0 is no bound. */
  readonly min: number;
  /** None: the seed's F = M, C = 0, which never binds. */
  readonly bucket?: Bucket;
}

/** What is reserved in one share or on one link. Identity matters: a chain shares the timelines of its ancestors. */
export class Timeline {
  #bounds: Bounds;
  #rates: Rates;
  /** What the bucket held at the first instant of `#rates`. */
  #level = 0;
  /** Nothing is reserved that the bucket cannot bear; only lowered bounds make it so. */
  #lawful = true;
  #course: Course | undefined;
  /** How many reservations are charged and not given back. */
  #charges = 0;

  /** A timeline without reservations; its bucket is empty. `size`: see Rates, for tests. */
  constructor(bounds: Bounds, now: number, size = SIZE) {
    this.#bounds = normal(bounds);
    this.#rates = new Rates(whole(now, "now"), size);
  }

  /** A copy on which to try things. */
  clone(): Timeline {
    const copy = new Timeline(this.#bounds, this.now);
    copy.#rates = this.#rates.clone();
    copy.#level = this.#level;
    copy.#lawful = this.#lawful;
    copy.#charges = this.#charges;
    return copy;
  }

  /** The same timeline had nothing been reserved from `now` on. */
  emptied(): Timeline {
    const copy = new Timeline(this.#bounds, this.now);
    copy.#level = this.#level;
    return copy;
  }

  /** The instant from which the timeline is known: that of the last `prune`. */
  get now(): number {
    return this.#rates.start;
  }

  get bounds(): Bounds {
    return this.#bounds;
  }

  get bucket(): Bucket | undefined {
    return this.#bounds.bucket;
  }

  /** The total drain at every instant from `now` on: to be read only. */
  get rates(): Rates {
    return this.#rates;
  }

  /** Charges a reservation, which `fits` has found to fit. What lies before `now` is not charged. */
  reserve({ start, end }: Interval, rate: number): void {
    this.#rates.add(Math.max(start, this.now), end, natural(rate));
    this.#charges += 1;
    this.#course = undefined;
  }

  /** Gives back a charged reservation from the instant on: what has been drained stays drained. */
  release({ start, end }: Interval, rate: number, now: number): void {
    this.#rates.add(Math.max(start, now, this.now), end, -natural(rate));
    this.#charges -= 1;
    this.#course = undefined;
  }

  /** Forgets the past. No answer about the future changes. */
  prune(now: number): void {
    if (now <= this.now) return;
    if (this.#bounds.bucket) this.#level = this.levelAt(now).level;
    this.#rates.dropBefore(whole(now, "now"));
    this.#course = undefined;
  }

  /** Sets other bounds from now on. Reservations stay, even too large ones; a bucket that was not there is empty. */
  rebound(bounds: Bounds, now: number = this.now): void {
    this.prune(now);
    this.#bounds = normal(bounds);
    this.#lawful = false;
    this.#level = Math.min(this.#level, this.#bounds.bucket?.capacity ?? 0);
    this.#course = undefined;
  }

  /** Sets what the bucket holds now, as it was found before. Only where there is a bucket. */
  hold(level: number): void {
    this.#level = Math.min(natural(level), this.#bounds.bucket!.capacity);
    this.#course = undefined;
  }

  /** What the bucket holds at an instant. Only where there is a bucket. */
  levelAt(instant: number): Level {
    return levelAt(this.#rates, this.#bounds.bucket!, this.#level, instant, this.#lawful);
  }

  /** What the bucket must hold at an instant for what is reserved after it. Only where there is a bucket. */
  needAt(instant: number): Need {
    return needAt(this.#rates, this.#bounds.bucket!, instant, this.#lawful);
  }

  /** The time in which other reservations matter to a request: while the bucket, the request drawn, is not full. */
  reach({ start, end }: Interval, rate: number): Interval {
    if (!this.bucket || end === Infinity) return { start: this.bucket ? this.levelAt(start).since : start, end };
    const { fill, capacity } = this.bucket;
    const { since } = this.levelAt(start);
    const drawn = this.clone();
    drawn.reserve({ start, end }, rate);
    drawn.#lawful = false;
    let { level } = drawn.levelAt(end);
    const { chunks } = drawn.rates;
    for (let c = drawn.rates.chunkAt(end); c < chunks.length; c += 1) {
      const { times, rates, lift } = chunks[c]!;
      const next = chunks[c + 1]?.times[0] ?? Infinity;
      const passed = times[0]! > end && next < Infinity ? passing(chunks[c]!, next, this.bucket, level) : undefined;
      if (passed !== undefined) {
        level = passed;
        continue;
      }
      for (let i = Math.max(0, chunks[c]!.position(end)); i < times.length; i += 1) {
        if (level >= capacity) return { start: since, end: Math.max(end, times[i]!) };
        const to = i + 1 < times.length ? times[i + 1]! : next;
        level = saturated(level + amount(fill - rates[i]! - lift, to - Math.max(end, times[i]!)));
      }
    }
    return { start: since, end: Infinity };
  }

  /**
   * The time of all that makes a request too much: of the instants above the maximum, and of the windows that overdraw
   * the bucket; undefined: nothing does.
   */
  strained({ start, end }: Interval, rate: number): Interval | undefined {
    const isAbove = this.#rates.highest(start, end) > Math.min(this.#bounds.max, BRIM) - rate;
    const times = [...(isAbove ? [{ start, end }] : []), ...this.#overdrawn({ start, end }, rate)];
    return times.length === 0
      ? undefined
      : { start: least(times.map((one) => one.start)), end: greatest(times.map((one) => one.end)) };
  }

  /** From the step before the first that begins a window that overdraws the bucket to the step that ends the last. */
  #overdrawn(interval: Interval, rate: number): readonly Interval[] {
    if (!this.bucket) return [];
    const drawn = this.clone();
    drawn.reserve(interval, rate);
    const { times, levels, needs } = courseOf(drawn.#rates.chunks, this.bucket, this.#level);
    const { capacity } = this.bucket;
    const steps = times.length - 1;
    const first = needs.findIndex((need, i) => need > (i === 0 ? this.#level : capacity));
    const last = levels.subarray(0, steps).findLastIndex((level) => level < 0);
    if (first < 0 && last < 0) return [];
    const isEndless = last < 0 || needs[steps - 1] === Infinity;
    return [{ start: times[Math.max(0, first - 1)]!, end: isEndless ? Infinity : times[last + 1]! }];
  }

  /**
   * Level and need at every step, from one at or before an instant on, until the next change. Only where there is a
   * bucket.
   */
  course(from: number): Course {
    if (this.#course === undefined || this.#course.times[0]! > from) {
      const { chunks } = this.#rates;
      const first = this.#rates.chunkAt(from);
      this.#course = courseOf(chunks.slice(first), this.#bounds.bucket!, this.levelAt(chunks[first]!.times[0]!).level);
    }
    return this.#course;
  }

  /**
   * What is reserved, and what is left of it and of the timelines above, from an instant to the end of time; to be read
   * before the next change. Above is charged whatever is charged here.
   */
  schedule(from: number, read?: undefined, above?: readonly Timeline[]): Schedule<Stretch>;
  schedule<T>(from: number, read: Reading<T>, above?: readonly Timeline[]): Schedule<T>;
  schedule(from: number, read: Reading<unknown> = stretch, above: readonly Timeline[] = []): Schedule<unknown> {
    const { bucket, max } = this.#bounds;
    const begin = Math.max(from, this.now);
    const tokens = bucket ? this.levelAt(begin).level : 0;
    // With as many charges as here nothing else is reserved above, and as much is left there, or more.
    const others = above.filter((one) => one.#charges !== this.#charges || one.bounds.max < max);
    return new Schedule(drained(this), others.map(drained), bucket, begin, tokens, read);
  }
}

const drained = ({ rates, bounds: { max } }: Timeline): Drained => ({ rates, max });

/** Bounds as they are kept: no bucket holds more than the brim, and one that fills faster than that is none. */
function normal({ max, min, bucket }: Bounds): Bounds {
  if (max < Infinity) natural(max);
  natural(min);
  if (!bucket || bucket.fill > BRIM) return { max, min };
  return { max, min, bucket: { fill: natural(bucket.fill), capacity: natural(Math.min(bucket.capacity, BRIM)) } };
}

/** Guards the caller's promise: rates and amounts are non-negative integers (SEMANTICS, "Flows and time"). */
export function natural(value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not a non-negative integer: ${value}`);
  return value;
}

/** Guards the caller's promise: instants and durations are integers. */
export function whole(value: number, what: string): number {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${what} is not an integer: ${value}`);
  return value;
}
