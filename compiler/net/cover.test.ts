/** A range as blocks: of large numbers as of small ones, bit by bit. */
import test from "ava";
import fc from "fast-check";
import { rangeToPrefixes } from "./cover.ts";

const BITS = 12;
const ends = fc.tuple(fc.integer({ min: 0, max: 2 ** BITS - 1 }), fc.integer({ min: 0, max: 2 ** BITS - 1 }));
const shifts = fc.constantFrom(0, 1, 30, 116);

test("a range of large numbers is covered by the blocks of a small one", (t) => {
  const law = fc.property(ends, shifts, ([a, b], shift) => {
    const [low, high] = [Math.min(a, b), Math.max(a, b)];
    const first = BigInt(low) << BigInt(shift);
    const last = ((BigInt(high) + 1n) << BigInt(shift)) - 1n;
    t.deepEqual(
      rangeToPrefixes(first, last, BITS + shift),
      rangeToPrefixes(low, high, BITS).map(({ value, length }) => ({ value: BigInt(value) << BigInt(shift), length })),
    );
  });
  fc.assert(law);
  t.deepEqual(rangeToPrefixes(0n, 2n ** 128n - 1n, 128), [{ value: 0n, length: 0 }]);
  t.deepEqual(rangeToPrefixes(5n, 5n, 128), [{ value: 5n, length: 128 }]);
});
