/** A map of maps against a `Map`, whose order it has; and that none of them grows beyond what moves in no time. */
import test from "ava";
import fc from "fast-check";
import { SegmentedMap } from "./segmented-map.ts";

test("a map of maps answers as a map does, in its order, through many maps that come and go", (t) => {
  t.timeout(120_000);
  // Long runs of keys that come and go, so that maps are full, become few, and are joined.
  const run = fc.record({
    from: fc.nat(60),
    length: fc.nat(30),
    comes: fc.boolean(),
    every: fc.integer({ min: 1, max: 3 }),
  });
  fc.assert(
    fc.property(fc.array(run, { minLength: 10, maxLength: 30 }), (runs) => {
      const map = new SegmentedMap<string, number>();
      const model = new Map<string, number>();
      for (const [i, { from, length, comes, every }] of runs.entries()) {
        for (let k = from * 1_000; k < (from + length) * 1_000; k += every) {
          const key = `r${k}`;
          if (comes) {
            if (model.has(key)) map.set(key, i + 1);
            else map.add(key, i + 1);
            model.set(key, i + 1);
          } else if (map.delete(key) !== model.delete(key)) t.fail(key);
        }
        t.is(map.size, model.size);
        for (const k of [0, from * 1_000, from * 1_000 + 1, 89_999]) {
          t.is(map.get(`r${k}`), model.get(`r${k}`));
          t.is(map.has(`r${k}`), model.has(`r${k}`));
        }
      }
      const equal = (some: Iterable<unknown>, others: Iterable<unknown>): boolean =>
        [...some].join() === [...others].join();
      t.true(equal(map.keys(), model.keys()) && equal(map.values(), model.values()) && equal(map, model));
      const told: string[] = [];
      // oxlint-disable-next-line unicorn/no-array-for-each
      map.forEach((value, key) => void told.push(`${key} ${value}`));
      t.is(told.length, model.size);
    }),
    { numRuns: 25 },
  );
});

test("what is there keeps its place when it is set again, and comes last when it has gone and comes", (t) => {
  const map = new SegmentedMap<object, number>();
  const [a, b, c] = [{}, {}, {}];
  map.set(a, 1).set(b, 2).set(c, 3).set(a, 4);
  t.deepEqual([...map.values()], [4, 2, 3]);
  t.true(map.delete(a));
  t.false(map.delete(a));
  map.set(a, 5);
  t.deepEqual([...map.values()], [2, 3, 5]);
});

test("no step moves more than some thousand entries, and maps of one size are not full at one key", (t) => {
  const maps = Array.from({ length: 10 }, () => new SegmentedMap<number, number>());
  const moves = Array.from({ length: 70_000 }, () => 0);
  // A `Map` moves all that it has where that is a power of two.
  type Setter = (this: Map<unknown, unknown>, key: unknown, value: unknown) => Map<unknown, unknown>;
  const before = Object.getOwnPropertyDescriptor(Map.prototype, "set")!.value as Setter;
  let at = 0;
  Map.prototype.set = function set(this: Map<unknown, unknown>, key, value) {
    if (this.size > 1 && (this.size & (this.size - 1)) === 0) moves[at]! += this.size;
    return before.call(this, key, value);
  };
  try {
    for (; at < moves.length; at++) for (const map of maps) map.add(at, 1);
  } finally {
    Map.prototype.set = before;
  }
  t.is(Math.max(...moves), 81_920, "all at once when the first of their maps get 8,192");
  t.true(Math.max(...moves.slice(10_000)) < 20_000, `${Math.max(...moves.slice(10_000))}`);
});
