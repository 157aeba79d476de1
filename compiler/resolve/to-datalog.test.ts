/** Relation rules as the Datalog engine gets them. */
import test from "ava";
import type { HeadTerm, Rule } from "../datalog/types.ts";
import { parse } from "../syntax/parse.ts";
import { toDatalog } from "../fml/rules.ts";

function show({ head, body }: Rule): string {
  const term = (t: HeadTerm): string => {
    if (t.kind === "variable") return t.name;
    if (t.kind === "aggregate") return `${t.function}(${t.variable})`;
    return t.kind === "anonymous" ? "_" : JSON.stringify(t.value);
  };
  const atom = (relation: string, terms: readonly HeadTerm[]): string => `${relation}(${terms.map(term).join(", ")})`;
  const literals = body.map((l) => (l.negated ? "not " : "") + atom(l.atom.relation, l.atom.terms));
  return [atom(head.relation, head.terms), ...literals].join(" | ");
}

function translate(text: string): { rules: string[]; codes: string[] } {
  const { file } = parse({ name: "r.fml", text });
  const [statement] = file.statements;
  if (statement?.kind !== "rule") throw new Error(`no rule: ${text}`);
  const { rules, diagnostics } = toDatalog(statement.rule);
  return { rules: rules.map(show), codes: diagnostics.map((d) => d.code) };
}

const cases: Readonly<Record<string, readonly string[]>> = {
  "a(x, 3, 10.0.0.1).": ['a("x", 3, "10.0.0.1")'],
  "a(X) <= b(X, _), not c(X), X != d.": ['a(X) | b(X, _) | not c(X) | !=(X, "d")'],
  // Each alternative is a rule.
  "a(X) <= b(X), (c(X) or d(X)).": ["a(X) | b(X) | c(X)", "a(X) | b(X) | d(X)"],
  // De Morgan, and comparisons turned instead of negated.
  "a(X) <= b(X, Y), not (c(X), X < Y).": ["a(X) | b(X, Y) | not c(X)", "a(X) | b(X, Y) | >=(X, Y)"],
  // Equalities are solved, in the head too.
  "a(X, Y) <= b(X), Y = X.": ["a(X, X) | b(X)"],
  "a(X) <= b(X), X = c.": ['a("c") | b("c")'],
  // Aggregates stay as they are.
  "a(X, count(Y)) <= b(X, Y).": ["a(X, count(Y)) | b(X, Y)"],
  // What `_` stands for counts, where it must be there.
  "a(X, sum(R)) <= b(X, _, R), not c(X, _).": ["a(X, sum(R)) | b(X, _ 0 1, R) | not c(X, _)"],
};

for (const [text, expected] of Object.entries(cases)) {
  test(`${text} becomes rules of the engine`, (t) => t.deepEqual(translate(text), { rules: [...expected], codes: [] }));
}

test("E507, E509: a rule of 2,000 conditions is taken; one more, or 4,000 in all alternatives, is refused before it is written out", (t) => {
  const together = (n: number): string => `a(1) <= ${Array.from({ length: n }, (_, i) => `b(${i})`).join(", ")}.`;
  t.deepEqual(translate(together(2_000)).codes, []);
  t.deepEqual(translate(together(2_001)), { rules: [], codes: ["E509"] });
  t.deepEqual(translate(together(30_000)), { rules: [], codes: ["E509"] });
  const choices = (n: number): string => `a(1) <= ${Array.from({ length: n }, () => "(b(1) or c(1))").join(", ")}.`;
  t.deepEqual(translate(choices(8)).codes, []);
  t.deepEqual(translate(choices(9)), { rules: [], codes: ["E507"] });
  const negated = (n: number): string =>
    `a(1) <= not (${Array.from({ length: n }, () => "(b(1), c(1))").join(" or ")}).`;
  t.is(translate(negated(8)).rules.length, 256);
  t.deepEqual(translate(negated(9)), { rules: [], codes: ["E507"] });
});

test("too many alternatives are refused, not expanded", (t) => {
  const choices = Array.from({ length: 11 }, (_, i) => `(b${i}(X) or c${i}(X))`).join(", ");
  t.deepEqual(translate(`a(X) <= ${choices}.`), { rules: [], codes: ["E503"] });
});
