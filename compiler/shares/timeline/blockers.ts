/**
 * Which earlier reservations stand in the way: an inclusion-minimal set whose removal makes a request pass, the latest
 * blamed first (SEMANTICS, "Certificates").
 */
import type { Interval } from "../../model/model.ts";
import { fits } from "./chain.ts";
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
  const copies = new Map(chain.map((timeline) => [timeline, timeline.clone()]));
  const tried = [...copies.values()];
  const blamed: R[] = [];
  const left = [...reservations];
  while (fits(tried, interval, rate)) {
    const one = left.pop();
    if (!one) return undefined;
    for (const timeline of one.charged) copies.get(timeline)?.release(one.interval, one.rate, -Infinity);
    blamed.unshift(one);
  }
  return blamed.filter((one) => {
    for (const timeline of one.charged) copies.get(timeline)?.reserve(one.interval, one.rate);
    if (!fits(tried, interval, rate)) return false;
    for (const timeline of one.charged) copies.get(timeline)?.release(one.interval, one.rate, -Infinity);
    return true;
  });
}
