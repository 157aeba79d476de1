/**
 * Facts that must not be lost: the prototype's documented faults, its traces about reservations in our own words, and
 * the traps of the algorithms.
 */
import test from "ava";
import type { Interval } from "../../net/interval.ts";
import { blockers, earliestStart, fits, largestRate, Timeline, type Bounds, type ChargedReservation } from "./index.ts";

const between = (start: number, end: number): Interval => ({ start, end });

/** Asks, and charges what fits. */
function ask(chain: readonly Timeline[], start: number, end: number, rate: number): boolean {
  if (fits(chain, between(start, end), rate)) return false;
  for (const one of chain) one.reserve(between(start, end), rate);
  return true;
}

const share = (bounds: Bounds, now = 0): Timeline => new Timeline(bounds, now);
const net0 = (): Timeline => share({ max: 2000, min: 0 });

test("throttle5: what was drained before counts against what a bucket bears later", (t) => {
  const net = [share({ max: 2000, min: 0, bucket: { fill: 10, capacity: 200 } })];
  t.true(ask(net, 0, 10, 1));
  t.true(ask(net, 1, 10, 9));
  // 9 tokens came in while it drained, 10 more by 11, 10 while it runs: 29 are there, 90 are asked for.
  t.deepEqual(fits(net, between(11, 12), 90), {
    timeline: 0,
    what: "bucket",
    at: 12,
    excess: 61,
    window: between(0, 12),
  });
  t.is(largestRate(net, between(11, 12), 90), 29);
  t.is(earliestStart(net, 1, 90, 11), 18);
});

test("a future reservation counts against what a bucket bears before it", (t) => {
  const net = [share({ max: 2000, min: 0, bucket: { fill: 10, capacity: 200 } })];
  t.true(ask(net, 30, 31, 210));
  t.false(ask(net, 20, 21, 111));
  t.true(ask(net, 20, 21, 100));
  t.deepEqual(
    [...net[0]!.schedule(20)].map(({ tokens }) => tokens),
    [200, 110, 200, 0],
  );
});

test("throttle1: a bucket starts empty, bursts, refills", (t) => {
  const chain = [share({ max: 100, min: 0, bucket: { fill: 10, capacity: 100 } }), net0()];
  const tick = (now: number): void => chain.forEach((one) => one.prune(now));
  t.true(ask(chain, 0, Infinity, 1));
  t.false(ask(chain, 0, 2, 10));
  tick(1);
  t.false(ask(chain, 1, 3, 14));
  tick(2);
  t.true(ask(chain, 2, 4, 10));
  t.false(ask(chain, 2, 3, 18));
  tick(3);
  t.true(ask(chain, 3, 4, 10));
  t.false(ask(chain, 3, 4, 7));
  tick(53);
  t.false(ask(chain, 53, 59, 26));
  t.true(ask(chain, 53, 58, 29));
  t.false(ask(chain, 53, 54, 1));
  tick(70);
  t.false(ask(chain, 70, 76, 26));
  t.true(ask(chain, 70, 75, 29));
  t.false(ask(chain, 70, 71, 1));
});

test("throttle3: a minimum drain bounds how long a burst may last", (t) => {
  const chain = [share({ max: 100, min: 20, bucket: { fill: 10, capacity: 200 } }), net0()];
  const tick = (now: number): void => chain.forEach((one) => one.prune(now));
  tick(20);
  t.is(fits(chain, between(20, Infinity), 15)?.what, "min");
  t.is(fits(chain, between(20, 21), 15)?.what, "min");
  t.is(fits(chain, between(20, 41), 20)?.what, "bucket");
  t.true(ask(chain, 20, 40, 20));
  tick(40);
  t.false(ask(chain, 40, 41, 20));
  tick(41);
  t.true(ask(chain, 41, 42, 20));
});

test("a reservation without an end above the fill rate is refused (the prototype takes it)", (t) => {
  const chain = [share({ max: 100, min: 0, bucket: { fill: 10, capacity: 100 } })];
  chain[0]!.prune(100);
  t.is(fits(chain, between(100, Infinity), 20)?.excess, Infinity);
  t.false(ask(chain, 100, 200, 20));
  t.true(ask(chain, 100, 110, 20));
  t.is(earliestStart(chain, Infinity, 11, 100), undefined);
  t.is(largestRate(chain, between(100, Infinity), 20), 0);
  t.is(largestRate(chain, between(110, Infinity), 20), 10);
  t.is(earliestStart(chain, Infinity, 10, 100), 110);
});

test("negative and broken numbers are a caller's error (the prototype raises the limit by them)", (t) => {
  const chain = [share({ max: 200, min: 0 })];
  for (const rate of [-100, 0.5, NaN, Infinity]) {
    t.throws(() => fits(chain, between(0, 1), rate), { instanceOf: RangeError });
    t.throws(() => chain[0]!.reserve(between(0, 1), rate), { instanceOf: RangeError });
  }
  t.throws(() => fits(chain, between(2, 2), 1), { instanceOf: RangeError });
  t.throws(() => share({ max: 10, min: 0, bucket: { fill: -1, capacity: 0 } }), { instanceOf: RangeError });
});

test("cancelling below a minimum drain does not poison other times", (t) => {
  const chain = [share({ max: 100, min: 20 })];
  t.true(ask(chain, 0, 10, 20));
  chain[0]!.release(between(0, 10), 20, 0);
  t.true(ask(chain, 0, 10, 22));
  // 12 + 10 with a minimum of 20, then the 12 is cancelled: 10 are left.
  chain[0]!.release(between(0, 10), 12, 0);
  t.true(ask(chain, 10, 20, 20));
  t.false(ask(chain, 5, 15, 9));
  t.true(ask(chain, 5, 10, 10));
});

test("what has been drained stays drained", (t) => {
  const chain = [share({ max: 100, min: 0, bucket: { fill: 10, capacity: 100 } })];
  chain[0]!.prune(10);
  t.true(ask(chain, 10, 20, 20));
  chain[0]!.release(between(10, 20), 20, 15);
  chain[0]!.prune(15);
  t.is(chain[0]!.levelAt(15).level, 50);
  t.is(chain[0]!.rates.at(15), 0);
});

test("the seed's simple share, F = M = B and C = 0: the sum is at most B", (t) => {
  const chain = [share({ max: 10, min: 0, bucket: { fill: 10, capacity: 0 } })];
  t.true(ask(chain, 0, Infinity, 6));
  t.true(ask(chain, 5, 9, 4));
  t.false(ask(chain, 8, 10, 1));
  t.true(ask(chain, 9, Infinity, 4));
});

test("the schedule of the prototype's manual: 3; 0,10,0; 20,5,10; 30,10,10", (t) => {
  const chain = [share({ max: 10, min: 0, bucket: { fill: 10, capacity: 10 } })];
  t.true(ask(chain, 20, 30, 5));
  t.deepEqual(
    [...chain[0]!.schedule(0)].map(({ from, available, tokens }) => [from, available, tokens]),
    [
      [0, 10, 0],
      [20, 5, 10],
      [30, 10, 10],
    ],
  );
});

test("the earliest start may lie in the midst of refilling, not where a reservation ends", (t) => {
  // Jumps by a fixed window would go 10, 15, 17.5, … towards it.
  t.is(earliestStart([share({ max: 100, min: 0, bucket: { fill: 10, capacity: 200 } })], 20, 20, 0), 20);
  // 7 seconds at 10 of 3 a second: 49 must be there, which is at 16⅓.
  t.is(earliestStart([share({ max: 100, min: 0, bucket: { fill: 3, capacity: 60 } })], 7, 10, 0), 17);
});

test("a shortage names the timeline of the share, of one above it or of a link", (t) => {
  const link = share({ max: 20, min: 0 });
  const chain = [share({ max: 10, min: 0 }), share({ max: 15, min: 0 }), link];
  link.reserve(between(100, 200), 15);
  t.deepEqual(fits(chain, between(0, 10), 11), { timeline: 0, what: "max", at: 0, excess: 1 });
  t.deepEqual(fits(chain, between(50, 150), 8), { timeline: 2, what: "max", at: 100, excess: 3 });
  t.is(largestRate(chain, between(50, 150), 8), 5);
  t.is(earliestStart(chain, 51, 8, 50), 200);
  t.is(earliestStart(chain, 50, 8, 50), 50);
});

test("without a timeline every rate fits", (t) => {
  t.is(fits([], between(0, 1), 5), undefined);
  t.is(largestRate([], between(0, 1), 5), 5);
  t.is(earliestStart([], 10, 5, 3), 3);
  t.deepEqual(blockers([], [], between(0, 1), 5), []);
});

test("a later burst, for which the bucket must fill, is a blocker", (t) => {
  const chain = [share({ max: 2000, min: 0, bucket: { fill: 10, capacity: 200 } })];
  const standing: ChargedReservation[] = [];
  for (const [start, end, rate] of [
    [5, 6, 40],
    [30, 31, 210],
    [90, 91, 210],
  ] as const) {
    t.true(ask(chain, start, end, rate));
    standing.push({ interval: between(start, end), rate, charged: chain });
  }
  t.is(largestRate(chain, between(20, 21), 150), 60);
  t.deepEqual(blockers(chain, standing.toReversed(), between(20, 21), 150), [standing[1]!]);
});

test("a bucket that owes because its bounds were lowered lends nothing until it has refilled", (t) => {
  const net = share({ max: 100, min: 0 });
  net.reserve(between(0, 2), 9);
  net.rebound({ max: 100, min: 0, bucket: { fill: 8, capacity: 0 } }, 0);
  t.deepEqual(fits([net], between(2, Infinity), 7), {
    timeline: 0,
    what: "bucket",
    at: 2,
    excess: 2,
    window: between(0, 2),
  });
  t.is(largestRate([net], between(2, Infinity), 7), 0);
  t.is(earliestStart([net], Infinity, 7, 0), 3);
  t.is(earliestStart([share({ max: 5, min: 0 }), net], 10, 0, 0), 0);
});

test("the blockers are the latest reservations, and only those whose removal helps", (t) => {
  const parent = share({ max: 10, min: 0 });
  const chain = [share({ max: 10, min: 0 }), parent];
  const made = (start: number, end: number, rate: number, charged: readonly Timeline[]): ChargedReservation => {
    for (const one of charged) one.reserve(between(start, end), rate);
    return { interval: between(start, end), rate, charged };
  };
  const first = made(0, 10, 4, chain);
  const sibling = made(0, 10, 4, [parent]);
  const elsewhere = made(20, 30, 9, chain);
  const small = made(0, 10, 1, chain);
  const standing = [first, sibling, elsewhere, small];
  t.deepEqual(blockers(chain, standing.toReversed(), between(5, 6), 5), [sibling]);
  t.deepEqual(blockers(chain, standing.toReversed(), between(5, 6), 2), [small]);
  t.deepEqual(blockers(chain, standing.toReversed(), between(5, 25), 9), [first, sibling, elsewhere]);
  t.is(blockers(chain, standing.toReversed(), between(5, 6), 11), undefined);
});
