/** The index by flow and time compared with a walk over all items. */
import test from "ava";
import { cube, cubesOverlap, numbers, type Cube } from "../../flowgroup/index.ts";
import type { Interval } from "../../net/interval.ts";
import { fc } from "../testing/networks.ts";
import { overlap } from "../../net/interval.ts";
import { TimedIndex } from "./timed-index.ts";

interface Item {
  readonly interval: Interval;
  readonly cube: Cube;
}

const span = fc
  .tuple(
    fc.integer({ min: -50, max: 4000 }),
    fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 900 })),
  )
  .map(([start, length]): Interval => ({ start, end: start + length }));
const interval = fc.oneof(
  { weight: 9, arbitrary: span },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      { start: 5, end: Infinity },
      { start: -Infinity, end: 700 },
      { start: -Infinity, end: Infinity },
    ),
  },
);
const flows = fc.integer({ min: 0, max: 6 }).map((n) => cube(n === 0 ? {} : { vlan: numbers("vlan", n) })!);

test("an index of few or many items by flow and time finds what a walk over all of them finds", (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ interval, cube: flows }), { maxLength: 150 }),
      fc.array(fc.record({ interval, cube: flows }), { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 1, max: 5 }),
      (items, questions, every) => {
        const index = new TimedIndex<Item>();
        for (const item of items) index.insert(item.cube, item);
        const left = items.filter((_, i) => i % every !== 0);
        for (const [i, item] of items.entries()) if (i % every === 0) index.remove(item.cube, item);
        for (const asked of questions) {
          const found = new Set(index.overlapping(asked.cube, asked.interval));
          const due = (one: Item): boolean =>
            overlap(one.interval, asked.interval) && cubesOverlap(one.cube, asked.cube) && left.includes(one);
          t.deepEqual(
            items.map((one) => found.has(one)),
            items.map(due),
          );
          t.is(index.meets(asked.cube, asked.interval), found.size > 0);
        }
      },
    ),
    { numRuns: 300, seed: 5 },
  );
});
