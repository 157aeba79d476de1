/** The counts of next tables follow a change of entries as if they were counted anew. */
import test from "ava";
import fc from "fast-check";
import type { Entry } from "../table/entry.ts";
import { NextTables } from "./next-tables.ts";

const entry = fc.record({ table: fc.nat(2), nextTable: fc.nat(2) }).map(({ table, nextTable }): Entry => ({
  table,
  priority: 1,
  match: [],
  instructions: nextTable === 0 ? [] : [{ kind: "goto", table: table + nextTable }],
  cookie: 0n,
  hardTimeout: 0,
  idleTimeout: 0,
}));

test("after a change, the same tables branch as if next tables were counted anew", (t) => {
  fc.assert(
    fc.property(fc.array(entry), fc.array(entry), fc.array(entry), (stays, gone, come) => {
      const nextTables = new NextTables([...stays, ...gone]);
      nextTables.change(gone, come);
      const anew = new NextTables([...stays, ...come]);
      t.deepEqual(
        [...nextTables.branching()].toSorted((a, b) => a - b),
        [...anew.branching()].toSorted((a, b) => a - b),
      );
    }),
    { numRuns: 200 },
  );
});
