/** The counts of ways follow a change of entries as if they were counted anew. */
import test from "ava";
import fc from "fast-check";
import type { Entry } from "../table/entry.ts";
import { Ways } from "./ways.ts";

const entry = fc.record({ table: fc.nat(2), way: fc.nat(2) }).map(({ table, way }): Entry => ({
  table,
  priority: 1,
  match: [],
  instructions: way === 0 ? [] : [{ kind: "goto", table: table + way }],
  cookie: 0n,
  hardTimeout: 0,
  idleTimeout: 0,
}));

test("after a change, ways part in the same tables as ways counted anew", (t) => {
  fc.assert(
    fc.property(fc.array(entry), fc.array(entry), fc.array(entry), (stays, gone, come) => {
      const ways = new Ways([...stays, ...gone]);
      ways.change(gone, come);
      const anew = new Ways([...stays, ...come]);
      t.deepEqual(
        [...ways.parting()].toSorted((a, b) => a - b),
        [...anew.parting()].toSorted((a, b) => a - b),
      );
    }),
    { numRuns: 200 },
  );
});
