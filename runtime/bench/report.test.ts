/** The arithmetic of the table: exponents and ratios of known figures. */
import test from "ava";
import { digits, exponent, growsWithin, ratio, table, verdicts, isWithinBound, type BenchRow } from "./report.ts";

const rows = (unit: string, ...figures: readonly number[]): BenchRow[] =>
  figures.map((figure, index) => ({ case: "c", n: 1000 * 10 ** index, figure, unit }));

test("the exponent is that of the growth of time, also where rates are measured", (t) => {
  t.is(exponent(rows("ms", 1, 10, 100))!.toFixed(6), "1.000000");
  t.is(exponent(rows("ms", 1, 100, 10_000))!.toFixed(6), "2.000000");
  t.is(exponent(rows("ms", 5, 5))!.toFixed(6), "0.000000");
  // The same rate at every size: twice the work in twice the time.
  t.is(exponent(rows("requests/s", 500, 500, 500))!.toFixed(6), "1.000000");
  t.is(exponent(rows("requests/s", 4_000, 400))!.toFixed(6), "2.000000");
});

test("one size, or a figure of zero, gives no exponent", (t) => {
  t.is(exponent(rows("ms", 1)), undefined);
  t.is(exponent(rows("ms", 0, 1)), undefined);
});

test("a ratio above one is better than the peer, whether less or more is better", (t) => {
  const row = { case: "c", n: 1, figure: 10 };
  t.is(ratio({ ...row, unit: "ms", peer: { name: "p", figure: 20 } }), 2);
  t.is(ratio({ ...row, unit: "requests/s", peer: { name: "p", figure: 20 } }), 0.5);
  t.is(ratio({ ...row, unit: "hits", better: "higher", peer: { name: "p", figure: 5 } }), 2);
  t.is(ratio({ ...row, unit: "ms" }), undefined);
});

test("the table shows each case once, its growth on the last row", (t) => {
  t.is(digits(1234.5), "1,230");
  t.is(digits(0.012345), "0.0123");
  const text = table([
    ...rows("ms", 1, 10),
    { case: "d", n: 5, figure: 2, unit: "s", bound: 1, peer: { name: "other", figure: 4 } },
    { case: "e", n: 5, figure: 2, unit: "s", bound: 3 },
  ]);
  t.deepEqual(text.split("\n"), [
    "case       n  figure  unit  bound  growth  peer     times better",
    "c      1,000       1  ms",
    "      10,000      10  ms           n^1.00",
    "d          5       2  s     ≤ 1 ✘          other 4          2.00",
    "e          5       2  s     ≤ 3",
  ]);
});

test("a bound is met on the side on which the figure is better", (t) => {
  const row = { case: "c", n: 1, figure: 10 };
  t.true(isWithinBound({ ...row, unit: "ms", bound: 10 }));
  t.false(isWithinBound({ ...row, unit: "ms", bound: 9 }));
  t.true(isWithinBound({ ...row, unit: "requests/s", bound: 9 }));
  t.false(isWithinBound({ ...row, unit: "requests/s", bound: 11 }));
  t.is(isWithinBound({ ...row, unit: "ms" }), undefined);
  const quadratic = rows("ms", 1, 100).map((one) => ({ ...one, growth: 1.15 }));
  t.false(growsWithin(quadratic));
  t.is(growsWithin(quadratic.slice(0, 1)), undefined);
  t.deepEqual(verdicts([...quadratic, { case: "d", n: 5, figure: 2, unit: "s", bound: 1 }]), {
    bounds: 2,
    missed: ["c: n^2.00, ≤ n^1.15", "d, n = 5: 2 s, ≤ 1"],
  });
});
