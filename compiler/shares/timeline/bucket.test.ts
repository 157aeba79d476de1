/** Level and need of a bucket, looked up by chunks, compared with a walk over every second. */
import test from "ava";
import fc from "fast-check";
import { levelAt, needAt } from "./bucket.ts";
import { courseOf } from "./course.ts";
import { Rates } from "./rates.ts";
import { same } from "./testing/life.ts";

const END = 80;
const drawn = fc.record({
  from: fc.nat(END - 4),
  length: fc.integer({ min: 1, max: 4 }),
  rate: fc.integer({ min: 1, max: 60 }),
});
const asked = fc.record({
  fill: fc.integer({ min: 1, max: 9 }),
  capacity: fc.integer({ min: 0, max: 200 }),
  share: fc.nat(100),
  draws: fc.array(drawn, { maxLength: 50 }),
});

test("level, need and course are those of a walk over every second, lawful or not", (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(asked, fc.boolean(), ({ fill, capacity, share, draws }, lawful) => {
        const bucket = { fill, capacity };
        const initial = Math.floor((capacity * share) / 100);
        const rates = new Rates(0, 3);
        const seconds = Array.from({ length: END + 1 }, () => 0);
        const walk = (): number[] => {
          const levels = [initial];
          for (const drain of seconds) levels.push(Math.min(capacity, levels.at(-1)! + fill - drain));
          return levels;
        };
        for (const { from, length, rate } of draws) {
          for (let s = from; s < from + length; s += 1) seconds[s]! += rate;
          if (lawful && Math.min(...walk()) < 0) {
            for (let s = from; s < from + length; s += 1) seconds[s]! -= rate;
          } else rates.add(from, from + length, rate);
        }
        const levels = walk();
        const course = courseOf(rates.chunks, bucket, initial);
        for (let at = 0; at <= END; at += 1) {
          const { level, since } = levelAt(rates, bucket, initial, at, lawful);
          same(level, levels[at]);
          let window = since === 0 && !(levels[0] === capacity) ? initial : capacity;
          for (let s = since; s < at; s += 1) window += fill - seconds[s]!;
          same(window, levels[at]);
          const { need, until } = needAt(rates, bucket, at, lawful);
          let worst = 0;
          for (let s = at, sum = 0; s <= END; s += 1) worst = Math.max(worst, (sum += seconds[s]! - fill));
          same(need, worst);
          let taken = 0;
          for (let s = at; s < until; s += 1) taken += seconds[s]! - fill;
          same(taken, need);
          const step = course.times.indexOf(at);
          if (step < 0) continue;
          same(course.levels[step], levels[at]);
          same(course.needs[step], worst);
        }
      }),
      { seed: 51, numRuns: 1500 },
    ),
  );
});
