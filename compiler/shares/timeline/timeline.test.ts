/** Timelines against the naive simulation, on random lives of a chain of shares; and the facts that must not be lost. */
import test from "ava";
import fc from "fast-check";
import type { Interval } from "../../model/model.ts";
import { blockers, earliestStart, fits, largestRate, Timeline, type Bounds, type Charged } from "./index.ts";
import { NaiveTimeline } from "./testing/oracle.ts";

/** Requests begin before this; the naive twin looks further, until every bucket is full again. */
const SPAN = 30;
const HORIZON = 90;
/** A start before this ends before the horizon. */
const SEEN = HORIZON - 13;
/** Chunks of four steps, so that small lives split and join them. */
const SMALL = 4;

const instant = fc.integer({ min: 0, max: SPAN });
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

type Step =
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

const life = (lawful: boolean) =>
  fc.record({
    chain: fc.array(bounds, { minLength: 1, maxLength: 3 }),
    steps: fc.array(
      lawful
        ? fc.oneof({ weight: 8, arbitrary: reserve }, { weight: 2, arbitrary: release }, { weight: 2, arbitrary: pass })
        : fc.oneof({ weight: 8, arbitrary: reserve }, release, pass, rebound),
      { maxLength: 14 },
    ),
    asked: fc.record({ interval, rate }),
  });

interface Lived {
  readonly chain: readonly Timeline[];
  readonly naive: readonly NaiveTimeline[];
  readonly now: number;
  readonly standing: readonly Charged[];
}

/** Lives through the steps with both twins; a reservation is charged where both say that it fits. */
function live(made: readonly Bounds[], steps: readonly Step[], agree: (fast: boolean, naive: boolean) => void): Lived {
  const chain = made.map((one) => new Timeline(one, 0, SMALL));
  const naive = made.map((one) => new NaiveTimeline(one, 0, HORIZON));
  let now = 0;
  const standing: Charged[] = [];
  for (const step of steps) {
    if (step.do === "reserve") {
      const from = step.from % chain.length;
      if (step.interval.start < now) continue;
      const fast = fits(chain.slice(from), step.interval, step.rate) === undefined;
      agree(
        fast,
        naive.slice(from).every((one) => one.fits(step.interval, step.rate)),
      );
      if (!fast) continue;
      for (const one of chain.slice(from)) one.reserve(step.interval, step.rate);
      for (const one of naive.slice(from)) one.add(step.interval, step.rate);
      standing.push({ interval: step.interval, rate: step.rate, charged: chain.slice(from) });
    } else if (step.do === "release" && standing.length > 0) {
      const [gone] = standing.splice(step.which % standing.length, 1);
      for (const one of gone!.charged) {
        one.release(gone!.interval, gone!.rate, now);
        naive[chain.indexOf(one)]!.add(gone!.interval, -gone!.rate, now);
      }
    } else if (step.do === "pass") {
      now += step.seconds;
      if (step.prune) for (const one of chain) one.prune(now);
      for (const one of naive) one.advance(now);
    } else if (step.do === "rebound") {
      const index = step.index % chain.length;
      chain[index]!.rebound(step.bounds, now);
      naive[index]!.rebound(step.bounds);
    }
  }
  return { chain, naive, now, standing };
}

const later = ({ start, end }: Interval, now: number): Interval => ({
  start: Math.max(start, now),
  end: end - start + Math.max(start, now),
});
const allFit = (naive: readonly NaiveTimeline[], asked: Interval, wanted: number): boolean =>
  naive.every((one) => one.fits(asked, wanted));

/** Thrown, not asserted: fast-check shrinks what throws. */
const same = (found: unknown, expected: unknown): void => {
  if (found !== expected) throw new Error(`${String(found)} for ${String(expected)}`);
};

for (const lawful of [true, false]) {
  const words = lawful ? "" : ", where bounds were lowered";

  test(`fits: as the window rule says${words}`, (t) => {
    t.notThrows(() =>
      fc.assert(
        fc.property(life(lawful), ({ chain: made, steps, asked }) => {
          const lived = live(made, steps, same);
          const at = later(asked.interval, lived.now);
          const short = fits(lived.chain, at, asked.rate);
          same(short === undefined, allFit(lived.naive, at, asked.rate));
          if (!lawful || !short) return;
          const one = lived.naive[short.timeline]!;
          if (short.what === "max") {
            same(one.at(short.at) + BigInt(asked.rate - short.excess), BigInt(one.bounds.max));
          } else if (short.what === "min") {
            same(one.at(short.at) + BigInt(asked.rate + short.excess), BigInt(one.bounds.min));
          } else if (short.window!.end < Infinity) {
            const { start, end } = short.window!;
            let drained = 0n;
            for (let s = start; s < end; s += 1)
              drained += one.at(s) + BigInt(s >= at.start && s < at.end ? asked.rate : 0);
            const { fill, capacity } = one.bounds.bucket!;
            const had = start <= lived.now ? one.level(Math.max(start, one.now)) : BigInt(capacity);
            if (start >= lived.now) same(drained - had - BigInt(fill * (end - start)), BigInt(short.excess));
          } else same(short.excess, Infinity);
        }),
        { seed: 31, numRuns: 800 },
      ),
    );
  });

  test(`largestRate: the largest of all rates${words}`, (t) => {
    t.notThrows(() =>
      fc.assert(
        fc.property(life(lawful), ({ chain: made, steps, asked }) => {
          const { chain, naive, now } = live(made, steps, same);
          const at = later(asked.interval, now);
          let expected = asked.rate;
          while (expected > 0 && !allFit(naive, at, expected)) expected -= 1;
          const found = largestRate(chain, at, asked.rate);
          same(found, expected);
          if (found > 0 && fits(chain, at, found)) throw new Error("the offer does not fit");
        }),
        { seed: 32, numRuns: 800 },
      ),
    );
  });

  test(`earliestStart: the first second of all${words}`, (t) => {
    t.notThrows(() =>
      fc.assert(
        fc.property(life(lawful), ({ chain: made, steps, asked }) => {
          const { chain, naive, now } = live(made, steps, same);
          const { start, end } = later(asked.interval, now);
          let expected: number | undefined;
          for (let s = start; expected === undefined && s < SEEN; s += 1) {
            if (allFit(naive, { start: s, end: s + (end - start) }, asked.rate)) expected = s;
          }
          const found = earliestStart(chain, end - start, asked.rate, start);
          same(found !== undefined && found < SEEN ? found : undefined, expected);
          if (found !== undefined && fits(chain, { start: found, end: found + (end - start) }, asked.rate)) {
            throw new Error("the offer does not fit");
          }
        }),
        { seed: 33, numRuns: 800 },
      ),
    );
  });
}

test("blockers: their removal lets the request pass, and that of fewer does not", (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(life(true), ({ chain: made, steps, asked }) => {
        const { chain, naive, now, standing } = live(made, steps, same);
        for (const one of chain) one.prune(now);
        const at = later(asked.interval, now);
        const without = (gone: readonly Charged[]): boolean => {
          const left = naive.map((one) => one.clone());
          for (const { interval: span, rate: drain, charged } of gone) {
            for (const one of charged) left[chain.indexOf(one)]!.add(span, -drain, now);
          }
          return allFit(left, at, asked.rate);
        };
        const found = blockers(chain, standing, at, asked.rate);
        if (found === undefined) {
          // With a minimum drain there may be a set that the search does not see; without, there is none.
          if (made.every(({ min }) => min === 0)) same(without(standing), false);
          return;
        }
        same(without(found), true);
        for (const one of found) same(without(found.filter((other) => other !== one)), false);
        same(found.length === 0, without([]));
        // The latest are blamed: with all others gone as well, no later one could be spared.
        same(
          JSON.stringify(found.map((one) => standing.indexOf(one)).toSorted((a, b) => a - b)),
          JSON.stringify(found.map((one) => standing.indexOf(one))),
        );
      }),
      { seed: 35, numRuns: 800 },
    ),
  );
});

test("the rule and the simulation are one, where nothing is overdrawn", (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(life(true), ({ chain: made, steps, asked }) => {
        const { naive, now } = live(made, steps, same);
        const at = later(asked.interval, now);
        for (const one of naive) same(one.fits(at, asked.rate), one.fitsBySimulation(at, asked.rate));
      }),
      { seed: 34, numRuns: 1000 },
    ),
  );
});
