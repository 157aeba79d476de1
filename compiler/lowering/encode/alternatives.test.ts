/** Counting a cover agrees with making it. */
import test from "ava";
import fc from "fast-check";
import { rangeToPrefixes } from "../../net/cover.ts";
import type { IpSet } from "../../flowgroup/sets.ts";
import { TARGETS } from "../pipeline/pipeline.ts";
import { addressCondition, addressTag, type Condition } from "./alternatives.ts";
import { choose, type Draft } from "./choose.ts";
import { countBlocks, holed } from "./holes.ts";

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

test("a single block has neither tag nor holes, and is the entry that it would be with its tag", (t) => {
  const block = fc.tuple(fc.nat(32), fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.boolean(), fc.boolean());
  fc.assert(
    fc.property(block, ([length, address, isSixth, absent]) => {
      const size = 2 ** (32 - length);
      const low = Math.floor(address / size) * size;
      const high = low + size - 1;
      const set: IpSet = isSixth
        ? { kind: "ip", absent, v4: [], v6: [BigInt(low), BigInt(high)] }
        : { kind: "ip", absent, v4: [low, high], v6: [] };
      if (!absent) t.is(holed(set), undefined);
      const condition = addressCondition(set, "src", isSixth ? 6 : 4);
      t.is(condition.count, 1);
      const entries = (one: Condition): readonly Draft[] =>
        choose({ name: "", fixed: [], conditions: [one] }, TARGETS.ovs, 1_000, () => 1) as readonly Draft[];
      t.deepEqual(entries(condition), entries({ ...condition, tag: addressTag(set, "src") }));
    }),
  );
});
