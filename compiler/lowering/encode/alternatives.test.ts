/** Counting a cover agrees with making it. */
import test from "ava";
import fc from "fast-check";
import { rangeToPrefixes } from "../../net/cover.ts";
import { countBlocks } from "./holes.ts";

test("the count of a range's blocks is the number of blocks that are made of it", (t) => {
  const near = fc.integer({ min: 0, max: 300 });
  fc.assert(
    fc.property(near, near, (a, b) => {
      const [low, high] = [Math.min(a, b), Math.max(a, b)];
      t.is(countBlocks([low, high], 16), rangeToPrefixes(low, high, 16).length);
      const wide = [BigInt(low), (1n << 128n) - 1n - BigInt(high)] as const;
      t.is(countBlocks([...wide], 128), rangeToPrefixes(...wide, 128).length);
    }),
  );
  // Two neighbours across a boundary are two blocks, though each half is one: found by the law of lowering.
  t.is(countBlocks([7, 8], 16), 2);
  t.is(countBlocks([0, 0xffff], 16), 1);
});
