/** Batches against SQLite, which shares no code with the engine: the same facts, each query as rules and as SQL. */
import { DatabaseSync } from "node:sqlite";
import test from "ava";
import { compareTuples, Engine, type Tuple } from "./index.ts";
import { readRules } from "./testing/read.ts";

/** Numerical Recipes' generator: the same facts in every run. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const relations = ["e", "f", "g"];

/** `out` by rules, and by SQL over tables e, f, g with columns a and b. */
const queries: Readonly<Record<string, readonly [rules: string, sql: string]>> = {
  "join of three": [
    "out(X, W) <= e(X, Y), f(Y, Z), g(Z, W).",
    "SELECT DISTINCT e.a, g.b FROM e JOIN f ON e.b = f.a JOIN g ON f.b = g.a",
  ],
  triangle: [
    "out(X, Y) <= e(X, Y), f(Y, Z), g(X, Z), X != Z.",
    "SELECT DISTINCT e.a, e.b FROM e JOIN f ON e.b = f.a JOIN g ON g.a = e.a AND g.b = f.b WHERE e.a <> f.b",
  ],
  "repeated variables and constants": [
    "out(X, Y) <= e(X, X), f(X, Y), not g(7, Y).",
    "SELECT DISTINCT e.a, f.b FROM e JOIN f ON f.a = e.a WHERE e.a = e.b AND NOT EXISTS (SELECT 1 FROM g WHERE g.a = 7 AND g.b = f.b)",
  ],
  "negation of a projection": [
    "out(X, Y) <= e(X, Y), not f(Y, _), not g(_, X).",
    "SELECT a, b FROM e WHERE b NOT IN (SELECT a FROM f) AND a NOT IN (SELECT b FROM g)",
  ],
  reachability: [
    "t(X, Y) <= e(X, Y). t(X, Z) <= t(X, Y), e(Y, Z). out(X, Y) <= t(X, Y), not f(X, Y).",
    `WITH RECURSIVE t(a, b) AS (SELECT a, b FROM e UNION SELECT t.a, e.b FROM t JOIN e ON t.b = e.a)
     SELECT a, b FROM t WHERE NOT EXISTS (SELECT 1 FROM f WHERE f.a = t.a AND f.b = t.b)`,
  ],
  aggregates: [
    "s(X, count(Y), sum(Y), min(Y), max(Y)) <= e(X, Y). out(X, N) <= s(X, C, S, L, M), plus(C, S, A), times(L, M, B), plus(A, B, N).",
    "SELECT a, COUNT(*) + SUM(b) + MIN(b) * MAX(b) FROM e GROUP BY a",
  ],
};

for (const [title, [rules, sql]] of Object.entries(queries)) {
  for (const values of [12, 150]) {
    test(`${title}, ${values} values: engine and SQLite agree, also after a third of the facts is retracted`, (t) => {
      const below = random(values);
      const engine = new Engine({ rules: readRules(rules), base: { e: 2, f: 2, g: 2 } });
      const database = new DatabaseSync(":memory:");
      for (const name of relations) database.exec(`CREATE TABLE ${name} (a, b, UNIQUE (a, b))`);
      const agree = (): void => {
        const rows = database
          .prepare(sql)
          .all()
          .map((row) => Object.values(row) as unknown as Tuple);
        t.deepEqual(engine.query("out", [undefined, undefined]).toSorted(compareTuples), rows.toSorted(compareTuples));
      };
      const facts = Array.from({ length: 3 * values }, (_, at): readonly [string, Tuple] => [
        relations[at % 3]!,
        [below(values), below(values)],
      ]);
      for (const [name, tuple] of facts) database.prepare(`INSERT OR IGNORE INTO ${name} VALUES (?, ?)`).run(...tuple);
      engine.transact({ insert: facts });
      agree();
      const gone = facts.filter(() => below(3) === 0);
      for (const [name, tuple] of gone) database.prepare(`DELETE FROM ${name} WHERE a = ? AND b = ?`).run(...tuple);
      engine.transact({ retract: gone });
      agree();
      database.close();
    });
  }
}
