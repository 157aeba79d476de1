/**
 * Which earlier reservations block a request: an inclusion-minimal set whose removal makes a request pass, the latest
 * blamed first (SEMANTICS, "Certificates"). The latest are taken away, ever more at a time, until the request passes;
 * then the earliest of them are put back, as many at a time as leave it passing. Where that leaves less than a minimum
 * drain, the one bound that a removal can break, sets are tried from the smallest on.
 */
import { overlap, type Interval } from "../../net/interval.ts";
import { bears, check, fits } from "./chain.ts";
import type { Timeline } from "./timeline.ts";

/** An accepted reservation. */
export interface ChargedReservation {
  readonly interval: Interval;
  readonly rate: number;
  /** The timelines that it was charged to; those that are in no chain with the request do not matter. */
  readonly charged: readonly Timeline[];
}

/**
 * The blockers among reservations given in the order of their acceptance, in that order. Empty if the request fits as
 * it is; `undefined` if no removal lets it pass, or beside a minimum drain none that `TRIES` sets tell.
 */
export function blockers<R extends ChargedReservation>(
  chain: readonly Timeline[],
  reservations: readonly R[],
  interval: Interval,
  rate: number,
): readonly R[] | undefined {
  check(interval, rate);
  const trial = new Trial(chain, interval, rate);
  const near = trial.within(reservations);
  let left = near.length;
  for (let batch = 1; !trial.passes(); batch *= 2) {
    if (left === 0) return undefined;
    const next = Math.max(0, left - batch);
    trial.remove(near.slice(next, left));
    left = next;
  }
  const blamed = trial.restore(near.slice(left));
  if (trial.fits()) return blamed;
  trial.putBack(blamed);
  return sparing(trial, near);
}

/** The search tries at most this many sets. */
const TRIES = 4096;

/** The smallest set, of several the latest, without which the request keeps the minimum drains too. */
function sparing<R extends ChargedReservation>(trial: Trial, near: readonly R[]): readonly R[] | undefined {
  let left = TRIES;
  const among = (many: number, size: number): readonly R[] | undefined => {
    if (size === 0) return trial.fits() ? [] : undefined;
    for (let i = many - 1; i >= size - 1 && left > 0; i -= 1) {
      const one = near[i]!;
      left -= 1;
      trial.remove([one]);
      // Where too little is drained already, no further removal helps.
      const others = trial.drainsEnough() ? among(i, size - 1) : undefined;
      trial.putBack([one]);
      if (others) return [...others, one];
    }
    return undefined;
  };
  for (let size = 1; size <= near.length && left > 0; size += 1) {
    const found = among(near.length, size);
    if (found) return found;
  }
  return undefined;
}

/** Copies of the timelines, on which reservations come and go. */
class Trial {
  readonly timelines: readonly Timeline[];
  readonly #copies: ReadonlyMap<Timeline, Timeline>;
  readonly #reach: ReadonlyMap<Timeline, Interval>;
  readonly #interval: Interval;
  readonly #rate: number;

  constructor(chain: readonly Timeline[], interval: Interval, rate: number) {
    this.#copies = new Map(chain.map((timeline) => [timeline, timeline.clone()]));
    this.#reach = new Map(chain.map((timeline) => [timeline, timeline.reach(interval, rate)]));
    this.timelines = [...this.#copies.values()];
    this.#interval = interval;
    this.#rate = rate;
  }

  /** Maximum drains and buckets only: what a removal can help. */
  passes(): boolean {
    return this.timelines.every((timeline) => bears(timeline, this.#interval, this.#rate));
  }

  /** As `passes`, and the minimum drains are kept. */
  fits(): boolean {
    return fits(this.timelines, this.#interval, this.#rate) === undefined;
  }

  /** The minimum drains are kept, whatever else is broken. */
  drainsEnough(): boolean {
    const { start, end } = this.#interval;
    return this.timelines.every(({ bounds, rates }) => rates.lowest(start, end) + this.#rate >= bounds.min);
  }

  /** The reservations whose removal can make a difference. */
  within<R extends ChargedReservation>(reservations: readonly R[]): readonly R[] {
    return reservations.filter(({ interval, charged }) =>
      charged.some((timeline) => {
        const reach = this.#reach.get(timeline);
        return reach && overlap(interval, reach);
      }),
    );
  }

  remove(reservations: readonly ChargedReservation[]): void {
    for (const { interval, rate, charged } of reservations) {
      for (const timeline of charged) this.#copies.get(timeline)?.release(interval, rate, timeline.now);
    }
  }

  putBack(reservations: readonly ChargedReservation[]): void {
    for (const { interval, rate, charged } of reservations) {
      for (const timeline of charged) this.#copies.get(timeline)?.reserve(interval, rate);
    }
  }

  /** Puts back what can be put back, the first of them first; what cannot is left out and returned. */
  restore<R extends ChargedReservation>(reservations: readonly R[]): readonly R[] {
    this.putBack(reservations);
    if (this.passes()) return [];
    this.remove(reservations);
    if (reservations.length <= 1) return reservations;
    const half = reservations.length >> 1;
    return [...this.restore(reservations.slice(0, half)), ...this.restore(reservations.slice(half))];
  }
}
