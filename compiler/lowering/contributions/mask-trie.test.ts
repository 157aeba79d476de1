/** What a question to the tree of masks costs, in values that were looked up. What it answers: `shadow.test.ts`. */
import test from "ava";
import type { FieldMatch, Match } from "../../table/entry.ts";
import { canonicalMatch, masked } from "../../table/match.ts";
import type { Settled } from "./contribution.ts";
import { MaskTrie } from "./mask-trie.ts";

/** The blocks of all ports but one, as `srcPort != 7` makes them. */
const allBut = (field: "tcp_src" | "tcp_dst", port: number): readonly FieldMatch[] =>
  Array.from({ length: 16 }, (_, bit) => {
    const mask = 0xffffn & ~((1n << BigInt(bit)) - 1n);
    return masked(field, (BigInt(port) ^ (1n << BigInt(bit))) & mask, mask)!;
  });

const entry = (match: Match, priority: number): Settled => ({
  stage: "Admission",
  priority,
  match,
  statement: "a",
  effect: "allow",
  end: Infinity,
  clauses: [],
});

/** The product of two conditions `!=`, for each of n statements. */
const products = (n: number): readonly Settled[] =>
  Array.from({ length: n }, (_, i) =>
    allBut("tcp_src", i * 7 + 1).flatMap((source) =>
      allBut("tcp_dst", i * 131 + 1).map((destination) => entry(canonicalMatch([source, destination]), i)),
    ),
  ).flat();

/** Look-ups for each question, where no entry passes the test, so that none ends early. */
function costOf(n: number): number {
  const all = products(n);
  const trie = new MaskTrie();
  for (const one of all) trie.insert(one);
  trie.looked = 0;
  for (const { match } of all) trie.findAround(match, Infinity, () => false);
  return trie.looked / all.length;
}

test("beside twice as many products of `!=`, what holds a match costs no more look-ups than it has masks", (t) => {
  const costs = [8, 16, 32, 64, 128].map(costOf);
  // 16 masks of the first field, and for each that holds the match at most 16 of the second.
  for (const cost of costs) t.true(cost <= 16 + 16 * 16, costs.join());
  t.true(costs[4]! < 2 * costs[2]!, costs.join());
});

test("what was removed is found no longer, and what is equal and stands is", (t) => {
  const trie = new MaskTrie();
  const [first, ...others] = products(2);
  const twin = { ...first!, priority: 9 };
  for (const one of [first!, twin, ...others]) trie.insert(one);
  t.is(
    trie.findAround(first!.match, Infinity, (one) => one.priority === 9),
    twin,
  );
  trie.remove(twin);
  t.is(
    trie.findAround(first!.match, Infinity, (one) => one.priority === 9),
    undefined,
  );
  t.is(
    trie.findAround(first!.match, Infinity, () => true),
    first,
  );
  for (const one of [first!, ...others]) trie.remove(one);
  t.is(
    trie.findAround(first!.match, Infinity, () => true),
    undefined,
  );
});
