/**
 * A rule's body → its alternatives: disjunctive normal form, negation pushed down to single literals, equalities of
 * variables solved by substitution. Spans stay, so that every message still points at what was written.
 */
import type { Span } from "../source.ts";
import type { BodyExpr, Name, Operator, TermExpr, ValueExpr } from "../syntax/ast.ts";
import { append } from "../net/lists.ts";

/** More alternatives than this in one rule are refused: with each `or` under an `and` their number can double. */
export const MOST_ALTERNATIVES = 1024;

/** One literal of an alternative. A comparison is never negated: its operator is turned instead. `in` tests a field. */
export type BodyLiteral =
  | {
      readonly kind: "atom";
      readonly negated: boolean;
      readonly relation: Name;
      readonly terms: readonly TermExpr[];
      readonly span: Span;
    }
  | {
      readonly kind: "in";
      readonly negated: boolean;
      /** Written `!=`: another value is meant and not none; where not `negated`, the value or none. */
      readonly other?: true;
      readonly field: Name;
      readonly value: ValueExpr;
      readonly span: Span;
    }
  | {
      readonly kind: "compare";
      readonly operator: Operator;
      readonly left: TermExpr;
      readonly right: TermExpr;
      readonly span: Span;
    };

const opposite: Readonly<Record<Operator, Operator>> = {
  "=": "!=",
  "!=": "=",
  "<": ">=",
  ">=": "<",
  ">": "<=",
  "<=": ">",
};

/** The alternatives of a body; undefined when there are too many. No body, or `true`, is one empty alternative. */
export function alternatives(body: BodyExpr | undefined): BodyLiteral[][] | undefined {
  if (body === undefined) return [[]];
  return expand(body, false);
}

function expand(body: BodyExpr, negated: boolean): BodyLiteral[][] | undefined {
  switch (body.kind) {
    case "true":
      return negated ? [] : [[]];
    case "not":
      return body.other ? other(body.body, negated) : expand(body.body, !negated);
    case "atom":
    case "in":
      return [[{ ...body, negated }]];
    case "compare":
      return [[{ ...body, operator: negated ? opposite[body.operator] : body.operator }]];
    case "and":
    case "or":
      // De Morgan: under `not`, `and` is a choice and `or` is a sequence.
      return (body.kind === "or") === negated ? product(body.parts, negated) : sum(body.parts, negated);
  }
}

/** `field != value`: the field is there and has another value. Negated: it has the value, or is not there. */
function other(body: BodyExpr, negated: boolean): BodyLiteral[][] | undefined {
  if (body.kind === "in") return [[{ ...body, negated: !negated, other: true }]];
  if (body.kind !== "atom") return expand(body, !negated);
  const there: BodyExpr = { ...body, terms: body.terms.map(({ span }) => ({ kind: "anonymous", span })) };
  const absent: BodyExpr = { kind: "not", body: there, span: body.span };
  return expand({ kind: "or", parts: [body, absent], span: body.span }, !negated);
}

function sum(parts: readonly BodyExpr[], negated: boolean): BodyLiteral[][] | undefined {
  const all: BodyLiteral[][] = [];
  for (const part of parts) {
    const some = expand(part, negated);
    if (some === undefined || all.length + some.length > MOST_ALTERNATIVES) return undefined;
    append(all, some);
  }
  return all;
}

function product(parts: readonly BodyExpr[], negated: boolean): BodyLiteral[][] | undefined {
  let all: BodyLiteral[][] = [[]];
  for (const part of parts) {
    const some = expand(part, negated);
    if (some === undefined || all.length * some.length > MOST_ALTERNATIVES) return undefined;
    all = all.flatMap((left) => some.map((right) => [...left, ...right]));
  }
  return all;
}

/** Replaces variables by terms, in every literal. */
export function substitute(clause: BodyLiteral, by: ReadonlyMap<string, TermExpr>): BodyLiteral {
  const term = (t: TermExpr): TermExpr => (t.kind === "variable" ? (by.get(t.name) ?? t) : t);
  switch (clause.kind) {
    case "atom":
      return { ...clause, terms: clause.terms.map(term) };
    case "compare":
      return { ...clause, left: term(clause.left), right: term(clause.right) };
    case "in":
      return clause;
  }
}

/** The names of the variables of a literal, in the order of their occurrences. */
export function variablesOf(clause: BodyLiteral): string[] {
  const terms = clause.kind === "atom" ? clause.terms : clause.kind === "compare" ? [clause.left, clause.right] : [];
  return terms.flatMap((t) => (t.kind === "variable" || t.kind === "aggregate" ? [nameOf(t)] : []));
}

const nameOf = (term: TermExpr & { kind: "variable" | "aggregate" }): string =>
  term.kind === "variable" ? term.name : term.variable;

/**
 * Solves `X = Y` and `X = value` by substitution. What the substitution does to a head is returned with it; two
 * different values are a contradiction, left as a comparison that never holds.
 */
export function solveEqualities(clauses: readonly BodyLiteral[]): {
  readonly clauses: readonly BodyLiteral[];
  readonly solution: ReadonlyMap<string, TermExpr>;
} {
  const solution = new Map<string, TermExpr>();
  let rest = clauses;
  for (;;) {
    const at = rest.findIndex((c) => c.kind === "compare" && c.operator === "=" && solvable(c.left, c.right));
    if (at < 0) return { clauses: rest, solution };
    const equality = rest[at] as BodyLiteral & { kind: "compare" };
    const [variable, other] =
      equality.left.kind === "variable" ? [equality.left, equality.right] : [equality.right, equality.left];
    const name = (variable as TermExpr & { kind: "variable" }).name;
    const step = new Map([[name, other]]);
    rest = rest.toSpliced(at, 1).map((c) => substitute(c, step));
    for (const [known, term] of solution) {
      if (term.kind === "variable" && term.name === name) solution.set(known, other);
    }
    solution.set(name, other);
  }
}

/** An equality that a substitution can stand for: a variable with another term that is one value. */
function solvable(left: TermExpr, right: TermExpr): boolean {
  const single = (t: TermExpr): boolean =>
    t.kind === "variable" || (t.kind === "value" && t.value.kind !== "set" && t.value.kind !== "range");
  return single(left) && single(right) && (left.kind === "variable" || right.kind === "variable");
}
