/** What changes in a switch's table as one of several statements of a match leaves. */
import test from "ava";
import type { Contribution } from "./contribution.ts";
import { SwitchTable } from "./switch-table.ts";

const reserve = (i: number): Contribution => ({
  stage: "Reserve",
  priority: i,
  match: [],
  key: "Reserve|",
  statement: `s${i}`,
  effect: "reserve",
  number: i,
  end: 1_000 - i,
  clauses: [],
});

test("of entries of a match at several priorities, the change takes away that of the statement that leaves, and no other", (t) => {
  const table = new SwitchTable();
  const all = Array.from({ length: 100 }, (_, i) => reserve(i + 1));
  for (const one of all) table.add(one);
  t.is(table.changes().next.length, 100);
  const before = new Set(table.settled());
  table.remove(all[49]!);
  const { old, next } = table.changes();
  t.deepEqual([old.map(({ statement }) => statement), next], [["s50"], []]);
  t.true(table.settled().every((one) => before.has(one)));
  // One that changes its number is replaced alone.
  table.remove(all[9]!);
  table.add({ ...all[9]!, number: 500 });
  const changed = table.changes();
  t.deepEqual(
    [changed.old, changed.next].map((some) => some.map(({ number }) => number)),
    [[10], [500]],
  );
});
