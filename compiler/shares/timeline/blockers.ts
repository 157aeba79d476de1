/**
 * Which earlier reservations stand in the way: an inclusion-minimal set whose removal makes a request pass, the latest
 * blamed first (SEMANTICS, "Certificates"). The latest are taken away, ever more at a time, until the request passes;
 * then the earliest of them are put back, as many at a time as leave it passing.
 */
import type { Interval } from "../../model/model.ts";
import { bears, check, fits } from "./chain.ts";
import type { Timeline } from "./timeline.ts";

/** A reservation that stands. */
export interface Charged {
  readonly interval: Interval;
  readonly rate: number;
  /** The timelines that it was charged to; those that are in no chain with the request do not matter. */
  readonly charged: readonly Timeline[];
}

/**
 * The blockers among reservations given in the order of their acceptance, in that order. Empty if the request fits as
 * it is; `undefined` if no removal lets it pass.
 */
export function blockers<R extends Charged>(
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
  // A minimum drain may rule out what this leaves: it is the one bound that a removal can break.
  return fits(trial.timelines, interval, rate) ? undefined : blamed;
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

  /** The reservations whose removal can make a difference. */
  within<R extends Charged>(reservations: readonly R[]): readonly R[] {
    return reservations.filter(({ interval, charged }) =>
      charged.some((timeline) => {
        const reach = this.#reach.get(timeline);
        return reach && interval.start < reach.end && reach.start < interval.end;
      }),
    );
  }

  remove(reservations: readonly Charged[]): void {
    for (const { interval, rate, charged } of reservations) {
      for (const timeline of charged) this.#copies.get(timeline)?.release(interval, rate, timeline.now);
    }
  }

  /** Puts back what can be put back, the first of them first; what cannot is left out and returned. */
  restore<R extends Charged>(reservations: readonly R[]): readonly R[] {
    for (const { interval, rate, charged } of reservations) {
      for (const timeline of charged) this.#copies.get(timeline)?.reserve(interval, rate);
    }
    if (this.passes()) return [];
    this.remove(reservations);
    if (reservations.length <= 1) return reservations;
    const half = reservations.length >> 1;
    return [...this.restore(reservations.slice(0, half)), ...this.restore(reservations.slice(half))];
  }
}
