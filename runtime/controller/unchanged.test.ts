/** Entries that are left of two tables when the unchanged ones are taken out. */
import test from "ava";
import fc from "fast-check";
import { applyPlan, diff, diffEntries, branchingIn } from "../../compiler/plan/index.ts";
import type { Entry } from "../../compiler/table/entry.ts";
import { sortEntries } from "../../compiler/table/match.ts";
import { entry } from "../openflow/testing/entry.ts";
import { withoutUnchanged } from "./unchanged.ts";

/** Two tables that have much in common. */
const tables = fc
  .tuple(fc.uniqueArray(entry, { maxLength: 12, selector: placeOf }), fc.uniqueArray(entry, { selector: placeOf }))
  .chain(([common, more]) =>
    fc
      .tuple(fc.subarray([...common, ...more]), fc.subarray([...common, ...more]))
      .map(([a, b]) => [unique(a), unique(b)] as const),
  );

function placeOf({ table, priority, match }: Entry): string {
  return JSON.stringify([table, priority, match], (_, value: unknown) =>
    typeof value === "bigint" ? `${value}` : value,
  );
}

function unique(entries: readonly Entry[]): readonly Entry[] {
  return sortEntries([...new Map(entries.map((one) => [placeOf(one), one])).values()]);
}

test("the entries that are left have the same difference as the whole tables", (t) => {
  fc.assert(
    fc.property(tables, ([old, next]) => {
      const left = withoutUnchanged(old, structuredClone(next));
      const branching = () => branchingIn(old, next);
      t.deepEqual(diffEntries(left.old, left.next, {}, branching), diff({ entries: old }, { entries: next }));
      t.deepEqual(applyPlan(diffEntries(left.old, left.next), { entries: old }).entries.length, next.length);
    }),
    { numRuns: 300, seed: 17 },
  );
});

test("equal tables leave nothing", (t) => {
  fc.assert(
    fc.property(fc.array(entry), (entries) => {
      t.deepEqual(withoutUnchanged(entries, structuredClone(entries)), { old: [], next: [] });
    }),
    { numRuns: 100, seed: 17 },
  );
});

test("an entry that does something else is left on both sides", (t) => {
  const drop: Entry = { ...blank, instructions: [] };
  const pass: Entry = { ...blank, instructions: [{ kind: "goto", table: 1 }] };
  t.deepEqual(withoutUnchanged([drop], [pass]), { old: [drop], next: [pass] });
});

const blank = { table: 0, priority: 1, match: [], cookie: 0n, hardTimeout: 0, idleTimeout: 0 };
