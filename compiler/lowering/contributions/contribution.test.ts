/** What a rule's drafts come to, counted and made: the same number. */
import test from "ava";
import fc from "fast-check";
import type { Draft } from "../encode/choose.ts";
import type { Bits, Tagging } from "../encode/tag.ts";
import { contribute, countContributions } from "./contribution.ts";

/** Covers by the key of their set: none, one or several values of the tag's bits. */
const COVERS = ["none", "one", "two", "three"].map((key, size): [string, readonly Bits[]] => [
  key,
  Array.from({ length: size }, (_, i) => ({ value: BigInt(i), mask: 3n })),
]);
const covers = new Map(COVERS);
const tagging: Tagging = { bits: 2, entries: new Map(), cover: ({ key }) => covers.get(key)! };

const use = fc
  .constantFrom(...covers.keys())
  .map((key) => ({ stage: "Source" as const, key, blocks: [], count: 0, negated: false }));
const clause = fc.record({ id: fc.nat(2), clause: fc.integer({ min: 1, max: 3 }), clauses: fc.constant(3) });
const draft = fc
  .record({ tags: fc.array(use, { maxLength: 3 }), clause: fc.option(clause) })
  .map((one): Draft => ({ match: [], tags: one.tags, ...(one.clause && { clause: one.clause }) }) as Draft);

test("as many contributions are counted before they are made as are made", (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.array(draft, { maxLength: 8 }), (drafts) => {
        const position = { stage: "Admission", priority: 1, effect: "allow" } as const;
        const made = contribute({ statement: "s", end: Infinity }, position, drafts, tagging);
        if (countContributions(drafts, tagging) !== made.length) throw new Error(String(made.length));
      }),
      { seed: 61, numRuns: 2_000 },
    ),
  );
});
