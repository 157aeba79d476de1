/** Tags: the metadata that the tables write tells exactly which packets a set holds, with many bits or few. */
import test from "ava";
import fc from "fast-check";
import type { IpSet } from "../../flowgroup/sets.ts";
import { addressTag } from "./alternatives.ts";
import { allocate, type Tagging } from "./tag.ts";

/** Sets of the sixteen lowest addresses. */
const sets = fc.array(fc.subarray([...Array(16).keys()], { minLength: 1 }), { minLength: 1, maxLength: 8 });

function setOf(values: readonly number[]): IpSet {
  const v4: number[] = [];
  for (const value of values) {
    if (v4.at(-1) === value - 1) v4[v4.length - 1] = value;
    else v4.push(value, value);
  }
  return { kind: "ip", absent: false, v4, v6: [] };
}

/** The metadata of a packet from this address: the longest block that holds it, as the tagging table has it. */
function metadataOf(address: number, { entries }: Tagging): bigint {
  const holding = (entries.get("Source") ?? []).filter(({ match }) => {
    const source = match.find(({ field }) => field === "ipv4_src");
    return source === undefined || (BigInt(address) & (source.mask ?? 0xffff_ffffn)) === source.value;
  });
  return holding.toSorted((a, b) => b.priority - a.priority)[0]?.value ?? 0n;
}

test("metadata tells membership, with bits to spare and with as few as classes need", (t) => {
  fc.assert(
    fc.property(sets, fc.constantFrom(64, 4), fc.boolean(), (lists, bits, negated) => {
      const uses = lists.map((values) => ({ values, use: { ...addressTag(setOf(values), "src"), negated } }));
      const tagging = allocate(
        uses.map(({ use }) => use),
        bits,
      );
      for (const { values, use } of uses) {
        const cover = tagging.cover(use);
        for (let address = 0; address < 20; address++) {
          const metadata = metadataOf(address, tagging);
          const held = cover.some(({ value, mask }) => (metadata & mask) === value);
          t.is(held, values.includes(address) !== negated);
        }
      }
    }),
    { numRuns: 200 },
  );
});

test("disjoint sets share a group of bits: one value each", (t) => {
  const uses = [0, 1, 2, 3, 4].map((i) => addressTag(setOf([3 * i, 3 * i + 1]), "src"));
  const tagging = allocate(uses, 64);
  t.is(tagging.bits, 3);
  t.deepEqual(
    uses.map((use) => tagging.cover(use).length),
    [1, 1, 1, 1, 1],
  );
});
