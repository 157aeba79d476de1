/** Measured rows → one table with growth exponents, or JSON. Pure: what is measured is the benches' business. */

/** One measurement. */
export interface BenchRow {
  readonly case: string;
  /** Size of the problem. */
  readonly n: number;
  readonly figure: number;
  /** `ms`, `s`, `MB`, `entries`, `requests/s`, … A unit that ends in `/s` is a rate, and more of it is better. */
  readonly unit: string;
  readonly better?: "lower" | "higher";
  /** The bound of the figure: at most this much, or at least, if more is better. */
  readonly bound?: number;
  /** The bound of the exponent of the whole case. */
  readonly growth?: number;
  /** The same job done by another program, in the same unit. */
  readonly peer?: { readonly name: string; readonly figure: number };
}

export type Report = (row: BenchRow) => void;

/** What a file `NAME.bench.ts` exports. */
export interface Bench {
  readonly name: string;
  run(report: Report): void | Promise<void>;
}

const isRate = (unit: string): boolean => unit.endsWith("/s");

/** Work that a row stands for, so that growth compares across units: a rate of n things took n / rate. */
const cost = ({ n, figure, unit }: BenchRow): number => (isRate(unit) ? n / figure : figure);

/**
 * The exponent k of cost ~ n^k: the least-squares slope of log cost over log n. `undefined` for fewer than two sizes,
 * or where a figure is zero.
 */
export function exponent(rows: readonly BenchRow[]): number | undefined {
  const points = rows.map((row) => [Math.log(row.n), Math.log(cost(row))] as const);
  if (new Set(rows.map((row) => row.n)).size < 2 || points.some((point) => !point.every(Number.isFinite)))
    return undefined;
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(points.map(([at]) => at)), mean(points.map(([, at]) => at))];
  const covariance = points.reduce((sum, [a, b]) => sum + (a - x) * (b - y), 0);
  return covariance / points.reduce((sum, [a]) => sum + (a - x) ** 2, 0);
}

const isHigher = ({ unit, better }: BenchRow): boolean => (better ?? (isRate(unit) ? "higher" : "lower")) === "higher";

/** How many times better than the peer we are: above 1 we are better, whether more or less is better in the unit. */
export function ratio(row: BenchRow): number | undefined {
  const { figure, peer } = row;
  if (peer === undefined) return undefined;
  return isHigher(row) ? figure / peer.figure : peer.figure / figure;
}

/** Whether a figure stays within its bound; undefined where it has none. */
export function isWithinBound(row: BenchRow): boolean | undefined {
  const { figure, bound } = row;
  if (bound === undefined) return undefined;
  return isHigher(row) ? figure >= bound : figure <= bound;
}

/** Whether a case grows no faster than its rows say it may; undefined where none does. */
export function growsWithin(rows: readonly BenchRow[]): boolean | undefined {
  const bound = growthBound(rows);
  const growth = exponent(rows);
  return bound === undefined || growth === undefined ? undefined : growth <= bound;
}

const growthBound = (rows: readonly BenchRow[]): number | undefined =>
  rows.find(({ growth }) => growth !== undefined)?.growth;

/** How many bounds there are, and which are missed: in words, one line each. */
export function verdicts(rows: readonly BenchRow[]): { readonly bounds: number; readonly missed: readonly string[] } {
  let bounds = 0;
  const missed: string[] = [];
  for (const [name, group] of byCase(rows)) {
    for (const row of group) {
      if (isWithinBound(row) === undefined) continue;
      bounds += 1;
      const { n, figure, unit } = row;
      if (!isWithinBound(row)) missed.push(`${name}, n = ${digits(n)}: ${digits(figure)} ${unit}, ${boundText(row)}`);
    }
    if (growsWithin(group) === undefined) continue;
    bounds += 1;
    if (!growsWithin(group)) missed.push(`${name}: n^${exponent(group)!.toFixed(2)}, ≤ n^${growthBound(group)}`);
  }
  return { bounds, missed };
}

const boundText = (row: BenchRow): string => `${isHigher(row) ? "≥" : "≤"} ${digits(row.bound!)}`;

/** Counts as they are, everything else to three significant digits; thousands apart. */
export function digits(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString("en-GB");
  const rounded = Number(value.toPrecision(3));
  return Math.abs(rounded) >= 1000 ? rounded.toLocaleString("en-GB") : String(rounded);
}

/** The rows by case, in the order in which the cases were first reported. */
export function byCase(rows: readonly BenchRow[]): ReadonlyMap<string, readonly BenchRow[]> {
  const cases = new Map<string, BenchRow[]>();
  for (const row of rows) cases.set(row.case, [...(cases.get(row.case) ?? []), row]);
  return cases;
}

/** The table that people read: growth on the last row of each case. */
export function table(rows: readonly BenchRow[]): string {
  const lines = [["case", "n", "figure", "unit", "bound", "growth", "peer", "times better"]];
  for (const [name, group] of byCase(rows)) {
    const growth = exponent(group);
    for (const [index, row] of group.entries()) {
      const last = index === group.length - 1;
      lines.push([
        index === 0 ? name : "",
        digits(row.n),
        digits(row.figure),
        row.unit,
        row.bound === undefined ? "" : `${boundText(row)}${isWithinBound(row) ? "" : " ✘"}`,
        last && growth !== undefined ? `n^${growth.toFixed(2)}${growsWithin(group) === false ? " ✘" : ""}` : "",
        row.peer === undefined ? "" : `${row.peer.name} ${digits(row.peer.figure)}`,
        row.peer === undefined ? "" : ratio(row)!.toFixed(2),
      ]);
    }
  }
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  const numeric = new Set([1, 2, 7]);
  return lines
    .map((line) =>
      line
        .map((cell, column) => (numeric.has(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
