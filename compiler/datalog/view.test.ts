/** The view against a plain set of rows, its guards, its subscribers, and its memory under churn. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import test from "ava";
import fc from "fast-check";
import { RuleView, type RowChange } from "./view.ts";

const columns = { name: "string", rate: "number", end: "number" } as const;
type Shape = typeof columns;

const row = fc.record({
  name: fc.constantFrom("a", "b", "ä", "10", "9", ""),
  rate: fc.integer({ min: -2, max: 11 }),
  end: fc.constantFrom(0, 1, Infinity),
});
const change = fc.record({ inserted: fc.array(row, { maxLength: 6 }), retracted: fc.array(row, { maxLength: 6 }) });

function keys(rows: Iterable<unknown>): string[] {
  return [...rows].map((each) => JSON.stringify(Object.values(each as object))).toSorted();
}

test("rows and changes are those of a set", (t) => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
      const view = new RuleView(columns);
      const reported: RowChange<Shape>[] = [];
      view.subscribe((each) => reported.push(each));
      let model = new Set<string>();
      for (const each of changes) {
        const next = new Set(model);
        for (const key of keys(each.retracted)) next.delete(key);
        for (const key of keys(each.inserted)) next.add(key);
        view.apply(each);
        const change = reported.shift() ?? { inserted: [], retracted: [] };
        t.deepEqual(keys(change.inserted), [...next].filter((key) => !model.has(key)).toSorted());
        t.deepEqual(keys(change.retracted), [...model].filter((key) => !next.has(key)).toSorted());
        t.is(reported.length, 0);
        t.deepEqual(keys(view.rows()), [...next].toSorted());
        model = next;
      }
    }),
    { numRuns: 300 },
  );
});

test("rows that are there from the first change as if they had been put in", (t) => {
  fc.assert(
    fc.property(fc.array(row, { maxLength: 12 }), fc.array(change, { maxLength: 8 }), (first, changes) => {
      const view = new RuleView(
        columns,
        [...new Map(first.map((one) => [JSON.stringify(Object.values(one)), one])).values()].map((one) => [
          one.name,
          one.rate,
          one.end,
        ]),
      );
      const twin = new RuleView(columns);
      twin.apply({ inserted: first, retracted: [] });
      const [heard, wanted]: RowChange<Shape>[][] = [[], []];
      view.subscribe((each) => heard!.push(each));
      twin.subscribe((each) => wanted!.push(each));
      for (const each of changes) {
        t.is(view.size, twin.size);
        view.apply(each);
        twin.apply(each);
        t.deepEqual(heard, wanted);
      }
      t.deepEqual(view.rows(), twin.rows());
      t.is(view.size, twin.size);
    }),
    { numRuns: 300 },
  );
});

test("a rebuild changes no row, and subscribers get no change of it", (t) => {
  const view = new RuleView(columns);
  const reported: RowChange<Shape>[] = [];
  view.apply({ inserted: [{ name: "stays", rate: 1, end: 2 }], retracted: [] });
  view.subscribe((each) => reported.push(each));
  for (let at = 0; at < 5000; at++) {
    const one = { name: `r${at}`, rate: at, end: 0 };
    view.apply({ inserted: [one], retracted: [] });
    view.apply({ inserted: [], retracted: [one] });
  }
  t.is(reported.length, 10_000);
  t.true(reported.every(({ inserted, retracted }, at) => [inserted, retracted][at % 2]!.length === 1));
  t.deepEqual(view.rows(), [{ name: "stays", rate: 1, end: 2 }]);
});

test("rows come sorted by the columns, whatever the order of arrival", (t) => {
  const view = new RuleView(columns);
  const rows = [3, 1, 2].map((rate) => ({ end: 0, rate, name: "x" }));
  view.apply({ inserted: rows, retracted: [] });
  view.apply({ inserted: [{ name: "a", rate: 9, end: 1 }], retracted: [] });
  t.deepEqual(
    view.rows().map(({ rate }) => rate),
    [9, 1, 2, 3],
  );
});

test("a row that does not fit the columns is refused and changes nothing", (t) => {
  const view = new RuleView(columns);
  const good = { name: "x", rate: 1, end: 1 };
  const bad = (row: object): RowChange<Shape> => ({ inserted: [good, row as typeof good], retracted: [] });
  t.throws(() => view.apply(bad({ name: "x", rate: "1", end: 1 })), { instanceOf: TypeError });
  t.throws(() => view.apply(bad({ name: ["x"], rate: 1, end: 1 })), { instanceOf: TypeError });
  t.throws(() => view.apply(bad({ name: "x", rate: NaN, end: 1 })), { instanceOf: TypeError });
  t.throws(() => view.apply(bad({ name: "x", rate: 1 })), { instanceOf: TypeError });
  t.is(view.size, 0);
});

test("a subscriber may leave, fail or change the table, and the others still get every change", (t) => {
  const view = new RuleView({ n: "number" });
  const heard: string[] = [];
  const leave = view.subscribe(() => heard.push("first"));
  view.subscribe(({ inserted }) => {
    if (inserted[0]?.n === 1) view.apply({ inserted: [{ n: 2 }], retracted: [] });
    if (inserted[0]?.n === 3) throw new Error("cannot");
  });
  view.subscribe(({ inserted }) => heard.push(`last ${inserted[0]?.n}`));
  view.apply({ inserted: [{ n: 1 }], retracted: [] });
  t.deepEqual(heard, ["first", "last 1", "first", "last 2"]);
  leave();
  t.throws(() => view.apply({ inserted: [{ n: 3 }], retracted: [] }), { message: "cannot" });
  t.deepEqual(heard.slice(4), ["last 3"]);
  t.is(view.size, 3);
});

test("30,000 rows that come and go leave no memory behind", (t) => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const view = new RuleView(columns);
  let made = 0;
  const churn = (rows: number): number => {
    for (let at = 0; at < rows; at++) {
      const one = { name: `request ${made++}`, rate: made, end: 0 };
      view.apply({ inserted: [one], retracted: [] });
      view.apply({ inserted: [], retracted: [one] });
    }
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = churn(10_000);
  const after = churn(30_000);
  // A row that is remembered costs over 200 bytes; 30,000 of them 6 MB.
  t.true(after - before < 2_000_000, `${after - before} bytes more`);
});
