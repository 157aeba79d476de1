/** The step function against an array of seconds, in chunks so small that they split and merge all the time. */
import test from "ava";
import fc from "fast-check";
import { Rates } from "./rates.ts";
import { Runs } from "./runs.ts";
import { same } from "./testing/life.ts";

const END = 40;
const second = fc.nat(END);
const change = fc.record({
  from: second,
  to: fc.oneof(second, fc.constant(Infinity)),
  rate: fc.integer({ min: -3, max: 3 }),
});
const story = fc.array(fc.oneof({ weight: 9, arbitrary: change }, fc.record({ drop: fc.nat(8) })), { maxLength: 40 });

/** The step function and the array after some steps. */
function build(steps: readonly ({ from: number; to: number; rate: number } | { drop: number })[]) {
  const rates = new Rates(0, 3);
  const seconds = Array.from({ length: END + 2 }, () => 0);
  let start = 0;
  for (const step of steps) {
    if ("drop" in step) {
      start = Math.max(start, step.drop);
      rates.dropBefore(step.drop);
      continue;
    }
    rates.add(Math.max(start, step.from), step.to, step.rate);
    for (let t = Math.max(start, step.from); t < Math.min(step.to, seconds.length); t += 1) seconds[t]! += step.rate;
  }
  return { rates, seconds, start };
}

test("the rate at a second, the highest, lowest, first and last are those of the array", (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(story, second, second, fc.integer({ min: -4, max: 4 }), (steps, a, b, bound) => {
        const { rates, seconds, start } = build(steps);
        for (let s = start; s < seconds.length; s += 1) same(rates.at(s), seconds[s]);
        same(rates.last, seconds.at(-1));
        const [from, to] = [Math.max(start, Math.min(a, b)), Math.max(start, a, b) + 1];
        const within = seconds.slice(from, to);
        same(rates.highest(from, to), Math.max(...within));
        same(rates.lowest(from, to), Math.min(...within));
        const [above, below] = [within.findIndex((rate) => rate > bound), within.findIndex((rate) => rate < bound)];
        same(rates.first(from, to, "above", bound), above < 0 ? undefined : from + above);
        same(rates.first(from, to, "below", bound), below < 0 ? undefined : from + below);
      }),
      { seed: 41, numRuns: 3000 },
    ),
  );
});

test("every step is a change, no chunk is empty, and the bounds of chunks are true", (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(story, (steps) => {
        const { rates, start } = build(steps);
        same(rates.start, start);
        let before: number | undefined;
        for (const chunk of rates.chunks) {
          same(chunk.high, Math.max(...chunk.rates));
          same(chunk.low, Math.min(...chunk.rates));
          for (const rate of chunk.rates) {
            if (rate + chunk.lift === before) throw new Error("a step without a change");
            before = rate + chunk.lift;
          }
        }
      }),
      { seed: 42, numRuns: 3000 },
    ),
  );
});

test("a run is the first stretch within bounds that is long enough", (t) => {
  const length = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constant(Infinity));
  t.notThrows(() =>
    fc.assert(
      fc.property(story, second, length, fc.integer({ min: -4, max: 4 }), fc.nat(5), (steps, at, long, low, more) => {
        const { rates, seconds, start } = build(steps);
        const from = Math.max(start, at);
        const holds = (s: number): boolean => {
          const rate = seconds[Math.min(s, END + 1)]!;
          return rate >= low && rate <= low + more;
        };
        const fitting = (s: number): boolean => {
          for (let i = s; i < s + Math.min(long, END + 2); i += 1) if (!holds(i)) return false;
          return true;
        };
        let expected: number | undefined;
        for (let s = from; s <= END + 1 && expected === undefined; s += 1) if (fitting(s)) expected = s;
        same(new Runs(rates, low, low + more, from).seek(from, long), expected);
      }),
      { seed: 43, numRuns: 3000 },
    ),
  );
});

test("a change of a copy leaves the original as it is", (t) => {
  const rates = new Rates(0);
  rates.add(5, 10, 3);
  const copy = rates.clone();
  copy.add(7, Infinity, 1);
  t.is(rates.at(7), 3);
  t.is(copy.at(7), 4);
});

test("copies of copies share what they do not change, and each goes its own way", (t) => {
  const turn = fc.record({ which: fc.nat(3), copies: fc.boolean(), step: story.map((steps) => steps.slice(0, 2)) });
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.array(turn, { maxLength: 20 }), (turns) => {
        const all: { rates: Rates; steps: Parameters<typeof build>[0][number][] }[] = [
          { rates: new Rates(0, 3), steps: [] },
        ];
        for (const { which, copies, step } of turns) {
          const one = all[which % all.length]!;
          if (copies && all.length < 4) all.push({ rates: one.rates.clone(), steps: [...one.steps] });
          for (const change of step) {
            one.steps.push(change);
            if ("drop" in change) one.rates.dropBefore(change.drop);
            else one.rates.add(Math.max(one.rates.start, change.from), change.to, change.rate);
          }
        }
        for (const { rates, steps } of all) {
          const { seconds, start } = build(steps);
          for (let s = start; s < seconds.length; s += 1) same(rates.at(s), seconds[s]);
          same(rates.highest(start, seconds.length), Math.max(...seconds.slice(start)));
          same(rates.lowest(start, seconds.length), Math.min(...seconds.slice(start)));
        }
      }),
      { seed: 42, numRuns: 1500 },
    ),
  );
});
