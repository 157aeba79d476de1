/** Intervals against their definition: the set of instants that they hold. */
import test from "ava";
import { contains, holdsInstant, hull, intersection, overlap, type Interval } from "./interval.ts";

const INSTANTS = [0, 1, 2, 3, 4, 5];
const intervals: readonly Interval[] = INSTANTS.flatMap((start) =>
  [...INSTANTS, Infinity].filter((end) => end > start).map((end) => ({ start, end })),
);
/** The instants of an interval, one by one, up to past every end that is tried. */
const instantsOf = (one: Interval): number[] =>
  [...INSTANTS, 6, 7].filter((instant) => instant >= one.start && instant !== one.end && !(instant > one.end));

test("an interval holds its start and not its end", (t) => {
  t.true(holdsInstant({ start: 1, end: 2 }, 1));
  t.false(holdsInstant({ start: 1, end: 2 }, 2));
  t.false(overlap({ start: 0, end: 1 }, { start: 1, end: 2 }));
  for (const one of intervals) {
    t.deepEqual(
      [...INSTANTS, 6, 7].filter((instant) => holdsInstant(one, instant)),
      instantsOf(one),
    );
  }
});

test("the overlap, containment, intersection and hull of two intervals are those of their instants", (t) => {
  for (const a of intervals) {
    for (const b of intervals) {
      const [ofA, ofB] = [new Set(instantsOf(a)), instantsOf(b)];
      const common = ofB.filter((instant) => ofA.has(instant));
      t.is(overlap(a, b), common.length > 0);
      t.is(
        contains(a, b),
        ofB.every((instant) => ofA.has(instant)),
      );
      const both = intersection(a, b);
      t.deepEqual(both === undefined ? [] : instantsOf(both), common);
      t.true(contains(hull(a, b), a) && contains(hull(a, b), b));
      t.true([a.start, b.start].includes(hull(a, b).start) && [a.end, b.end].includes(hull(a, b).end));
    }
  }
});
