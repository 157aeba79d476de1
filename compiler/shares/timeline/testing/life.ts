/** Random lives of a chain of shares, lived through by timelines and their naive twins side by side. */
import fc from "fast-check";
import type { Interval } from "../../../net/interval.ts";
import { fits, Timeline, type Bounds, type ChargedReservation } from "../index.ts";
import { NaiveTimeline } from "./oracle.ts";

/** Requests begin before this; the naive twin looks further, until every bucket is full again. */
const SPAN = 30;
export const HORIZON = 90;
/** A start before this ends before the horizon. */
export const SEEN = HORIZON - 13;
/** Chunks of four steps, so that small lives split and join them. */
const SMALL = 4;

export const instant = fc.integer({ min: 0, max: SPAN });
const interval = fc
  .tuple(instant, fc.oneof({ weight: 6, arbitrary: fc.integer({ min: 1, max: 12 }) }, fc.constant(Infinity)))
  .map(([start, length]): Interval => ({ start, end: start + length }));
const rate = fc.oneof(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 40 }));
const bucket = fc.record({ fill: fc.integer({ min: 0, max: 12 }), capacity: fc.integer({ min: 0, max: 60 }) });
const bounds = fc
  .tuple(
    fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constant(Infinity)),
    fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 6 })),
    fc.option(bucket),
  )
  .map(([max, min, tokens]): Bounds => ({ max, min, ...(tokens && { bucket: tokens }) }));

export type Step =
  | { readonly do: "reserve"; readonly interval: Interval; readonly rate: number; readonly from: number }
  | { readonly do: "release"; readonly which: number }
  | { readonly do: "pass"; readonly seconds: number; readonly prune: boolean }
  | { readonly do: "rebound"; readonly index: number; readonly bounds: Bounds };

const reserve = fc.record({ do: fc.constant("reserve" as const), interval, rate, from: fc.nat(2) });
const release = fc.record({ do: fc.constant("release" as const), which: fc.nat() });
const pass = fc.record({
  do: fc.constant("pass" as const),
  seconds: fc.integer({ min: 1, max: 4 }),
  prune: fc.boolean(),
});
const rebound = fc.record({ do: fc.constant("rebound" as const), index: fc.nat(2), bounds });

export const life = (lawful: boolean, most = 14) =>
  fc.record({
    chain: fc.array(bounds, { minLength: 1, maxLength: 3 }),
    steps: fc.array(
      lawful
        ? fc.oneof({ weight: 8, arbitrary: reserve }, { weight: 2, arbitrary: release }, { weight: 2, arbitrary: pass })
        : fc.oneof({ weight: 8, arbitrary: reserve }, release, pass, rebound),
      { minLength: most > 14 ? most >> 1 : 0, maxLength: most },
    ),
    asked: fc.record({ interval, rate }),
  });

export interface Lived {
  readonly chain: readonly Timeline[];
  readonly naive: readonly NaiveTimeline[];
  readonly now: number;
  readonly standing: readonly ChargedReservation[];
}

/** Lives through the steps; with the twins, every decision is compared. */
export function live(made: readonly Bounds[], steps: readonly Step[], twins = true): Lived {
  const chain = made.map((one) => new Timeline(one, 0, SMALL));
  const naive = twins ? made.map((one) => new NaiveTimeline(one, 0, HORIZON)) : [];
  let now = 0;
  const standing: ChargedReservation[] = [];
  for (const step of steps) {
    if (step.do === "reserve") {
      const { interval: span, rate: drain } = step;
      const from = step.from % chain.length;
      if (span.start < now) continue;
      const fast = fits(chain.slice(from), span, drain) === undefined;
      if (twins) same(fast, allFit(naive.slice(from), span, drain));
      if (!fast) continue;
      for (const one of chain.slice(from)) one.reserve(span, drain);
      for (const one of naive.slice(from)) one.add(span, drain);
      standing.push({ interval: span, rate: drain, charged: chain.slice(from) });
    } else if (step.do === "release" && standing.length > 0) {
      const { interval: span, rate: drain, charged } = standing.splice(step.which % standing.length, 1)[0]!;
      for (const one of charged) {
        one.release(span, drain, now);
        naive[chain.indexOf(one)]?.add(span, -drain, now);
      }
    } else if (step.do === "pass") {
      now += step.seconds;
      if (step.prune) for (const one of chain) one.prune(now);
      for (const one of naive) one.advance(now);
    } else if (step.do === "rebound") {
      const index = step.index % chain.length;
      chain[index]!.rebound(step.bounds, now);
      naive[index]?.rebound(step.bounds);
    }
  }
  return { chain, naive, now, standing };
}

export const later = ({ start, end }: Interval, now: number): Interval => ({
  start: Math.max(start, now),
  end: end - start + Math.max(start, now),
});
export const allFit = (naive: readonly NaiveTimeline[], asked: Interval, wanted: number): boolean =>
  naive.every((one) => one.fits(asked, wanted));

/** Thrown, not asserted: fast-check shrinks what throws. */
export const same = (found: unknown, expected: unknown): void => {
  if (found !== expected) throw new Error(`${String(found)} for ${String(expected)}`);
};
