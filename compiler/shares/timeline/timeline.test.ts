/** Timelines against the naive simulation, on random lives of a chain of shares. */
import test from "ava";
import fc from "fast-check";
import type { Interval } from "../../net/interval.ts";
import { blockers, earliestStart, fits, largestRate, type Bounds, type ChargedReservation } from "./index.ts";
import { allFit, HORIZON, instant, later, life, live, same, SEEN, type Step } from "./testing/life.ts";

for (const lawful of [true, false]) {
  const words = lawful ? "" : ", where bounds were lowered";

  test(`fits answers as the window rule does${words}`, (t) => {
    t.notThrows(() =>
      fc.assert(
        fc.property(life(lawful), ({ chain: made, steps, asked }) => {
          const lived = live(made, steps);
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

  test(`largestRate is the largest rate that fits${words}`, (t) => {
    t.notThrows(() =>
      fc.assert(
        fc.property(life(lawful), ({ chain: made, steps, asked }) => {
          const { chain, naive, now } = live(made, steps);
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

  test(`earliestStart is the first second at which it fits${words}`, (t) => {
    t.notThrows(() =>
      fc.assert(
        fc.property(life(lawful), ({ chain: made, steps, asked }) => {
          const { chain, naive, now } = live(made, steps);
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

/** All of them, the empty one first. */
const subsetsOf = <T>(all: readonly T[]): readonly (readonly T[])[] =>
  all.reduce<readonly (readonly T[])[]>((sets, one) => [...sets, ...sets.map((set) => [...set, one])], [[]]);

test("without the blockers the request fits, and without fewer of them it does not", (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(life(true), ({ chain: made, steps, asked }) => {
        const { chain, naive, now, standing } = live(made, steps);
        for (const one of chain) one.prune(now);
        const at = later(asked.interval, now);
        const without = (gone: readonly ChargedReservation[]): boolean => {
          const left = naive.map((one) => one.clone());
          for (const { interval: span, rate: drain, charged } of gone) {
            for (const one of charged) left[chain.indexOf(one)]!.add(span, -drain, now);
          }
          return allFit(left, at, asked.rate);
        };
        const found = blockers(chain, standing.toReversed(), at, asked.rate);
        if (found === undefined) {
          if (made.every(({ min }) => min === 0)) same(without(standing), false);
          else if (standing.length <= 8) for (const set of subsetsOf(standing)) same(without(set), false);
          return;
        }
        same(without(found), true);
        for (const set of subsetsOf(found)) if (set.length < found.length) same(without(set), false);
        same(found.length === 0, without([]));
        // They are in the order in which they were accepted.
        same(
          JSON.stringify(found.map((one) => standing.indexOf(one)).toSorted((a, b) => a - b)),
          JSON.stringify(found.map((one) => standing.indexOf(one))),
        );
      }),
      { seed: 35, numRuns: 800 },
    ),
  );
});

test("the blockers are those who would not fit behind the request, in the order of their acceptance", (t) => {
  let many = 0;
  t.notThrows(() =>
    fc.assert(
      fc.property(life(true, 40), fc.integer({ min: 0, max: 3 }), ({ chain: made, steps, asked }, patience) => {
        // Beside a minimum drain other sets may be blamed; small reservations in wide bounds are many.
        const { chain, naive, now, standing } = live(
          made.map(({ max, bucket }) => ({ max: max + 10, min: 0, ...(bucket && { bucket }) })),
          steps.map((one) => (one.do === "reserve" ? { ...one, rate: one.rate % 4 } : one)),
        );
        for (const one of chain) one.prune(now);
        const at = later(asked.interval, now);
        const left = naive.map((one) => one.clone());
        const change = ({ interval: span, rate: drain, charged }: ChargedReservation, by: 1 | -1): void => {
          for (const one of charged) left[chain.indexOf(one)]!.add(span, by * drain, now);
        };
        for (const one of standing) change(one, -1);
        const expected = allFit(left, at, asked.rate)
          ? standing.filter((one) => {
              change(one, 1);
              if (allFit(left, at, asked.rate)) return false;
              change(one, -1);
              return true;
            })
          : undefined;
        if (expected !== undefined && expected.length > 2) many += 1;
        const found = blockers(chain, standing.toReversed(), at, asked.rate, { patience });
        same(
          JSON.stringify(found?.map((one) => standing.indexOf(one))),
          JSON.stringify(expected?.map((one) => standing.indexOf(one))),
        );
      }),
      { seed: 37, numRuns: 800 },
    ),
  );
  t.true(many > 20, String(many));
});

test("where nothing is overdrawn, the window rule and the simulation agree", (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(life(true), ({ chain: made, steps, asked }) => {
        const { naive, now } = live(made, steps);
        const at = later(asked.interval, now);
        for (const one of naive) same(one.fits(at, asked.rate), one.fitsBySimulation(at, asked.rate));
      }),
      { seed: 34, numRuns: 1000 },
    ),
  );
});

test("a schedule has the drain, the rest and the tokens of every second to come", (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(life(true), instant, ({ chain: made, steps }, ahead) => {
        const { chain, naive, now } = live(made, steps);
        const from = now + ahead;
        for (const [index, one] of chain.entries()) {
          const twin = naive[index]!;
          let at = from;
          let before: number | undefined;
          for (const stretch of one.schedule(from)) {
            same(stretch.from, at);
            if (stretch.drain === before) throw new Error("two stretches are one");
            same(stretch.available, made[index]!.max - stretch.drain);
            if (stretch.tokens !== undefined) same(BigInt(stretch.tokens), twin.level(stretch.from));
            for (let s = stretch.from; s < Math.min(stretch.to, HORIZON); s += 1)
              same(twin.at(s), BigInt(stretch.drain));
            before = stretch.drain;
            at = stretch.to;
          }
          same(at, Infinity);
        }
      }),
      { seed: 36, numRuns: 500 },
    ),
  );
});

test("rates 2^23-fold and times 2^24-fold change no answer", (t) => {
  // Products go beyond 2^60; what is kept stays below 2^53.
  const [k, s] = [2 ** 23, 2 ** 24];
  const wide = ({ start, end }: Interval): Interval => ({ start: start * s, end: end * s });
  t.notThrows(() =>
    fc.assert(
      fc.property(life(true), ({ chain: made, steps, asked }) => {
        const { chain, now, standing } = live(made, steps);
        for (const one of chain) one.prune(now);
        const grown = made.map(({ max, min, bucket: tokens }): Bounds => {
          const larger = tokens && { fill: tokens.fill * k, capacity: tokens.capacity * k * s };
          return { max: max * k, min: min * k, ...(larger && { bucket: larger }) };
        });
        const large = live(
          grown,
          steps.map((step): Step => {
            if (step.do === "reserve") return { ...step, interval: wide(step.interval), rate: step.rate * k };
            return step.do === "pass" ? { ...step, seconds: step.seconds * s } : step;
          }),
          false,
        );
        for (const one of large.chain) one.prune(large.now);
        same(large.standing.length, standing.length);
        const at = later(asked.interval, now);
        const [length, wanted] = [(at.end - at.start) * s, asked.rate * k];
        same(fits(large.chain, wide(at), wanted) === undefined, fits(chain, at, asked.rate) === undefined);
        const rates = [largestRate(chain, at, asked.rate), largestRate(large.chain, wide(at), wanted)] as const;
        if (Math.floor(rates[1] / k) < rates[0]) throw new Error(`a lower rate: ${rates.join(", ")}`);
        if (rates[1] > 0 && fits(large.chain, wide(at), rates[1])) throw new Error("the rate does not fit");
        if (rates[1] < wanted && !fits(large.chain, wide(at), rates[1] + 1) && rates[1] > 0)
          throw new Error("more fits");
        const first = earliestStart(chain, at.end - at.start, asked.rate, at.start);
        const found = earliestStart(large.chain, length, wanted, at.start * s);
        if (first !== undefined && !(found! <= first * s && found! >= at.start * s)) throw new Error(`${found}`);
        if (found === undefined) return;
        if (fits(large.chain, { start: found, end: found + length }, wanted)) throw new Error("the start does not fit");
        const sooner = { start: found - 1, end: found - 1 + length };
        if (found > at.start * s && !fits(large.chain, sooner, wanted)) throw new Error("an earlier start fits");
      }),
      { seed: 37, numRuns: 1500 },
    ),
  );
});
