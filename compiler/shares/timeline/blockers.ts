/**
 * Which earlier reservations block a request: an inclusion-minimal set whose removal makes a request pass, the latest
 * blamed first (SEMANTICS, "Certificates"). The latest are taken away, ever more at a time, until the request passes;
 * then the earliest of them are put back, as many at a time as leave it passing. Where that leaves less than a minimum
 * drain, the one bound that a removal can break, sets are tried from the smallest on.
 */
import { overlap, type Interval } from "../../net/interval.ts";
import { append } from "../../net/lists.ts";
import { bears, check, fits } from "./chain.ts";
import type { Timeline } from "./timeline.ts";

/** An accepted reservation. */
export interface ChargedReservation {
  readonly interval: Interval;
  readonly rate: number;
  /** The timelines that it was charged to; those that are in no chain with the request do not matter. */
  readonly charged: readonly Timeline[];
}

/** So many are taken away before it is found out where too much is drained. */
const PATIENCE = 15;

/**
 * The blockers among reservations, which are given the latest accepted first and read only as far as needed; in order of
 * their acceptance. `looksAt`: called for each that is near enough to be taken away. Empty if the request fits as it is; `undefined` if no removal lets it pass, or beside a minimum drain
 * none that `TRIES` sets tell.
 */
export function blockers<R extends ChargedReservation>(
  chain: readonly Timeline[],
  latest: Iterable<R>,
  interval: Interval,
  rate: number,
  { patience = PATIENCE, looksAt }: { readonly patience?: number; readonly looksAt?: () => void } = {},
): readonly R[] | undefined {
  check(interval, rate);
  const trial = new Trial(chain, interval, rate);
  if (!trial.passes() && !chain.every((timeline) => bears(timeline.emptied(), interval, rate))) return undefined;
  const near: R[] = [];
  const rest = trial.within(latest);
  const removed: R[] = [];
  while (!trial.passes()) {
    if (removed.length >= patience) trial.narrow();
    const batch: R[] = [];
    while (batch.length <= removed.length) {
      const next = rest.next();
      if (next.done === true) break;
      looksAt?.();
      near.push(next.value);
      if (trial.isStrainedBy(next.value)) batch.push(next.value);
    }
    if (batch.length === 0) return undefined;
    trial.remove(batch);
    append(removed, batch);
  }
  const blamed = trial.restore(removed.toReversed());
  if (trial.fits()) return blamed;
  trial.putBack(blamed);
  append(near, rest);
  return sparing(trial, near.toReversed());
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

/** Whether a reservation drains a timeline in its time of these. */
function touches(times: ReadonlyMap<Timeline, Interval>, { interval, charged }: ChargedReservation): boolean {
  return charged.some((timeline) => {
    const time = times.get(timeline);
    return time && overlap(interval, time);
  });
}

/** Copies of the timelines, on which reservations come and go. */
class Trial {
  readonly timelines: readonly Timeline[];
  readonly #copies: ReadonlyMap<Timeline, Timeline>;
  readonly #reach: ReadonlyMap<Timeline, Interval>;
  /** Where too much is drained, of those timelines of which it is; undefined: it is not known. */
  #strained: Map<Timeline, Interval> | undefined;
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
  *within<R extends ChargedReservation>(reservations: Iterable<R>): Generator<R> {
    for (const one of reservations) if (touches(this.#reach, one)) yield one;
  }

  /**
   * Finds out where too much is drained now. Who drains nothing there can be put back after those that are taken away
   * already, so an earlier one need not be taken away.
   */
  narrow(): void {
    this.#strained = new Map();
    for (const [timeline, copy] of this.#copies) {
      const strained = copy.strained(this.#interval, this.#rate);
      if (strained !== undefined) this.#strained.set(timeline, strained);
    }
  }

  /** Whether a reservation drains something where too much is drained, as far as this is known. */
  isStrainedBy(reservation: ChargedReservation): boolean {
    return this.#strained === undefined || touches(this.#strained, reservation);
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
