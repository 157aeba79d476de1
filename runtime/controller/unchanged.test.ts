/** Entries that are left of two tables when the unchanged ones are taken out. */
import test from "ava";
import fc from "fast-check";
import { applyPlan, diff, diffEntries, branchingIn } from "../../compiler/plan/index.ts";
import { COOKIE_OWNER } from "../../compiler/table/cookie.ts";
import type { Entry } from "../../compiler/table/entry.ts";
import { sortEntries } from "../../compiler/table/match.ts";
import { entry } from "../openflow/testing/entry.ts";
import { toFlowMod, type FlowStats } from "../openflow/index.ts";
import { tableDifference } from "./difference.ts";
import { byOwner, entryOf } from "./installed.ts";
import { KnownFlow, KnownFlows, withoutUnchanged } from "./unchanged.ts";

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

/** A flow as a switch reports an entry, its fields in any order. */
const flowOf = (one: Entry, order: number): FlowStats => {
  const { table, priority, cookie, hardTimeout, idleTimeout } = one;
  const { match, instructions } = toFlowMod("add", one, 1);
  const turned = [...match.slice(order % (match.length + 1)), ...match.slice(0, order % (match.length + 1))];
  const counted = { seconds: 7, nanoseconds: 1, packets: 3n, bytes: 200n, flags: 0 };
  return { table, priority, cookie, hardTimeout, idleTimeout, match: turned, instructions, ...counted };
};

/** Most entries are ours, and have no end. */
const mostlyOurs = (one: Entry): Entry => {
  const cookie = one.priority % 5 === 0 ? one.cookie : (COOKIE_OWNER << 48n) | BigInt.asUintN(48, one.cookie);
  return one.priority % 4 === 0 ? { ...one, cookie } : { ...one, cookie, hardTimeout: 0, idleTimeout: 0 };
};

/** What a switch has, of which much is as desired, and what it should have. */
const read = tables.chain(([old, next]) =>
  fc.record({
    old: fc.constant(old.map(mostlyOurs)),
    next: fc.constant(next.map(mostlyOurs)),
    order: fc.nat(7),
    elapsed: fc.constantFrom(0, 3),
    isOther: fc.boolean(),
    takeOver: fc.boolean(),
  }),
);

test("flows that are kept as entries while they are read have the difference of those that are kept as they came", (t) => {
  let kept = 0;
  fc.assert(
    fc.property(read, ({ old, next, order, elapsed, isOther, takeOver }) => {
      const known = new KnownFlows(next);
      const flows = old.map((one) => flowOf(one, order));
      const through = flows.map((flow) => known.kept(flow));
      kept += through.filter((flow) => flow instanceof KnownFlow).length;
      for (const [i, flow] of through.entries()) {
        t.deepEqual(entryOf(flow), entryOf(flows[i]!));
        t.is(byOwner([flow], { entries: next }).ours.length, byOwner([flows[i]!], { entries: next }).ours.length);
      }
      // The table may be another by the time of the comparison: an entry less, or one with another place.
      const wanted = { entries: isOther ? structuredClone(next.slice(1)).toReversed() : next };
      const [plain, quick] = [flows, through].map((all) => {
        const { plan, inexpressible, held } = tableDifference(byOwner(all, wanted), wanted, { elapsed, takeOver });
        return { plan, inexpressible: inexpressible.length, held };
      });
      t.deepEqual(quick, plain);
    }),
    { numRuns: 300, seed: 17 },
  );
  t.true(kept > 250, `${kept}`);
});
