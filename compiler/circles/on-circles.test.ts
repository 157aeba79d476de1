/** Places that may lie on a circle: peeling them one by one finds what round after round finds. */
import test from "ava";
import fc from "fast-check";
import { onCircles } from "./on-circles.ts";

test("peeling along the edges leaves what rounds over all places leave", (t) => {
  let some = 0;
  const law = fc.property(
    fc
      .integer({ min: 1, max: 40 })
      .chain((n) =>
        fc.tuple(
          fc.constant(n),
          fc.array(fc.tuple(fc.nat(n), fc.nat(n)), { maxLength: 2 * n }),
          fc.subarray([...Array(n + 1).keys()]),
        ),
      ),
    ([, edges, places]) => {
      const unions = places.map((place) =>
        edges.reduce((bits, [a, b]) => (a === place ? bits | (1n << BigInt(b)) : bits), 0n),
      );
      const slow = onCircles(places, unions, Infinity);
      t.deepEqual(onCircles(places, unions, 0), slow);
      t.deepEqual(onCircles(places, unions, 2), slow);
      if (slow.length > 0 && slow.length < places.length) some++;
    },
  );
  fc.assert(law, { numRuns: 500 });
  t.true(some > 20, String(some));
});

test("of a line that ends in a circle the circle is left", (t) => {
  const n = 20_000;
  const places = [...Array(n).keys()];
  const unions = places.map((i) => (i < n - 1 ? 1n << BigInt(i + 1) : 1n << BigInt(n - 2)));
  t.deepEqual(onCircles(places, unions), [n - 2, n - 1]);
});
