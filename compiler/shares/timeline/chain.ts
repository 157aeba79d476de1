/**
 * A request against every timeline that it is charged to: its share, the shares above up to the root, and the links of
 * its path. Whether it fits, what is short where it does not, and the largest rate that does
 * (SEMANTICS, "reserve").
 */
import type { Interval } from "../../net/interval.ts";
import { overdraft, type Overdraft } from "./draw.ts";
import { natural, whole, type Timeline } from "./timeline.ts";

/** Why a request does not fit. */
export interface TimelineShortage {
  /** Which timeline of the chain is short. */
  readonly timeline: number;
  /** M, m, or the bucket. */
  readonly what: "max" | "min" | "bucket";
  /** When: the first such instant for M and m, the end of the worst window for the bucket. */
  readonly at: number;
  /** By how much: bit/s for M and m, bits for the bucket; Infinity if a reservation without an end drains it. */
  readonly excess: number;
  /** The window that drains too much, for the bucket. */
  readonly window?: Interval;
}

/** `undefined` if every timeline bears the request, else the first shortage in the order of the chain. */
export function fits(chain: readonly Timeline[], interval: Interval, rate: number): TimelineShortage | undefined {
  check(interval, rate);
  for (let i = 0; i < chain.length; i += 1) {
    const short = shortage(chain[i]!, interval, rate);
    if (short) return { timeline: i, ...short };
  }
  return undefined;
}

function shortage(
  timeline: Timeline,
  interval: Interval,
  rate: number,
): Omit<TimelineShortage, "timeline"> | undefined {
  const { start, end } = interval;
  const { bounds, rates } = timeline;
  const most = highestDrain(timeline) - rate;
  const over = rates.first(start, end, "above", most);
  if (over !== undefined) {
    // Where the bucket does not even bear what the maximum leaves, it is the bound to tell: less would be refused again.
    const left = rate - (rates.highest(start, end) - most);
    const drawn = left > 0 && overdraft(timeline, interval, left) ? overdraft(timeline, interval, rate) : undefined;
    return drawn ? ofBucket(drawn) : { what: "max", at: over, excess: rates.at(over) - most };
  }
  const least = bounds.min - rate;
  const under = least > 0 ? rates.first(start, end, "below", least) : undefined;
  if (under !== undefined) return { what: "min", at: under, excess: least - rates.at(under) };
  const drawn = overdraft(timeline, interval, rate);
  return drawn && ofBucket(drawn);
}

const ofBucket = ({ window, excess }: Overdraft): Omit<TimelineShortage, "timeline"> => ({
  what: "bucket",
  at: window.end,
  excess,
  window,
});

/** Whether maximum drain and bucket bear the request, whatever the minimum drain says. */
export function bears(timeline: Timeline, interval: Interval, rate: number): boolean {
  const { start, end } = interval;
  return timeline.rates.highest(start, end) <= highestDrain(timeline) - rate && !overdraft(timeline, interval, rate);
}

/** The maximum drain; where there is none, what can be counted. */
export const highestDrain = ({ bounds }: Timeline): number => Math.min(bounds.max, Number.MAX_SAFE_INTEGER);

/** The largest rate up to the wanted one that fits the interval; 0 if none does. */
export function largestRate(chain: readonly Timeline[], interval: Interval, wanted: number): number {
  check(interval, wanted);
  const { start, end } = interval;
  let rate = wanted;
  let least = 0;
  for (const timeline of chain) {
    const { bounds, bucket, rates } = timeline;
    rate = Math.min(rate, highestDrain(timeline) - rates.highest(start, end));
    if (bucket && end === Infinity) rate = Math.min(rate, bucket.fill - rates.last);
    if (bounds.min > 0) least = Math.max(least, bounds.min - rates.lowest(start, end));
  }
  // Newton from above on the worst window: each step cuts off rates that this window alone rules out.
  for (let calm = 0, i = 0; rate > 0 && calm < chain.length; i = (i + 1) % chain.length, calm += 1) {
    for (;;) {
      const drawn = rate > 0 ? overdraft(chain[i]!, interval, rate) : undefined;
      if (!drawn) break;
      rate -= steps(drawn.excess, drawn.overlap);
      calm = 0;
    }
  }
  return rate > 0 && rate >= least ? rate : 0;
}

/** How many units a cut may take off: excess / overlap rounded up, or less where the excess is not exact. */
export function steps(excess: number, overlap: number): number {
  if (excess === Infinity) return overlap === Infinity ? 1 : Infinity;
  if (excess <= Number.MAX_SAFE_INTEGER) return Math.ceil(excess / overlap);
  return Math.max(1, Math.floor((excess / overlap) * (1 - 2 ** -30)));
}

/** Guards the caller's promise: integers, and an interval with something in it. */
export function check({ start, end }: Interval, rate: number): void {
  natural(rate);
  whole(start, "the start");
  if (end !== Infinity) whole(end, "the end");
  if (start >= end) throw new RangeError(`an empty interval: ${start} to ${end}`);
}
