/**
 * A rule's body → its alternatives: disjunctive normal form, negation pushed down to single literals, equalities of
 * variables solved by substitution. Spans stay, so that every message still points at what was written.
 */
import type { Span } from "../source.ts";
import type { BodyExpr, Name, Operator, TermExpr, ValueExpr } from "../syntax/ast.ts";
import { append } from "../net/lists.ts";

/** More alternatives than this in one rule are refused: with each `or` under an `and` their number can double. */
export const MOST_ALTERNATIVES = 1024;

/** The most conditions of a rule, all its alternatives together, once predicates and views are written out in it. */
export const MOST_CONDITIONS = 4_000;

/** The most conditions that must hold together: what orders them looks at each beside each other one. */
const MOST_TOGETHER = 2_000;

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

/** What is too much of a body, with the number that is the most. */
export interface Excess {
  readonly of: "alternatives" | "conditions" | "together" | "rules" | "predicates";
  readonly limit: number;
}

/** What is too much of a body; undefined where nothing is. It is counted before anything is written out. */
export function excessOf(body: BodyExpr): Excess | undefined {
  const { alternatives: made, conditions, longest } = sizeOf(body, false);
  // An alternative without conditions costs nothing, so the greater fault is named first.
  if (made > MOST_ALTERNATIVES) return { of: "alternatives", limit: MOST_ALTERNATIVES };
  if (longest > MOST_TOGETHER) return { of: "together", limit: MOST_TOGETHER };
  return conditions > MOST_CONDITIONS ? { of: "conditions", limit: MOST_CONDITIONS } : undefined;
}

/** What the rules of a file may come to, those with many alternatives, once each is written out. */
export class WrittenOut {
  #conditions = 0;
  #inlined = 0;

  /** Whether the predicates of rules have come to too much already. */
  get isSpent(): boolean {
    return this.#inlined > MOST_INLINED;
  }

  /** Counts the conditions that predicates brought to a rule; says so if it is too much by now. */
  takeInlined(conditions: number): Excess | undefined {
    this.#inlined += conditions;
    return this.isSpent ? { of: "predicates", limit: MOST_INLINED } : undefined;
  }

  /** Counts a body; says so if it is too much by now. */
  take(body: BodyExpr): Excess | undefined {
    const { alternatives: made, conditions } = sizeOf(body, false);
    if (made > FEW_ALTERNATIVES) this.#conditions += conditions;
    return this.#conditions > MOST_IN_RULES ? { of: "rules", limit: MOST_IN_RULES } : undefined;
  }
}

/** A rule with so many alternatives costs what it is written with, more or less. */
const FEW_ALTERNATIVES = 16;
const MOST_IN_RULES = 100_000;
/** So many conditions take about two seconds; ten thousand rules may ask for a predicate of twenty each. */
const MOST_INLINED = 200_000;

interface Size {
  readonly alternatives: number;
  /** Of all alternatives. */
  readonly conditions: number;
  /** Of the longest alternative. */
  readonly longest: number;
}

/** The size of what `expand` would make of a body. */
function sizeOf(body: BodyExpr, negated: boolean): Size {
  switch (body.kind) {
    case "true":
      return { alternatives: negated ? 0 : 1, conditions: 0, longest: 0 };
    case "not":
      if (!body.other || body.body.kind === "in") return sizeOf(body.body, !negated);
      if (body.body.kind !== "atom") return sizeOf(body.body, !negated);
      return negated ? { alternatives: 2, conditions: 2, longest: 1 } : { alternatives: 1, conditions: 2, longest: 2 };
    case "atom":
    case "in":
    case "compare":
      return { alternatives: 1, conditions: 1, longest: 1 };
    case "and":
    case "or": {
      const parts = body.parts.map((part) => sizeOf(part, negated));
      return (body.kind === "or") === negated ? parts.reduce(sizeOfBoth) : parts.reduce(sizeOfEither);
    }
  }
}

const sizeOfBoth = (left: Size, right: Size): Size => ({
  alternatives: Math.min(left.alternatives * right.alternatives, Number.MAX_SAFE_INTEGER),
  conditions: Math.min(
    left.conditions * right.alternatives + right.conditions * left.alternatives,
    Number.MAX_SAFE_INTEGER,
  ),
  longest: left.longest + right.longest,
});

const sizeOfEither = (left: Size, right: Size): Size => ({
  alternatives: left.alternatives + right.alternatives,
  conditions: left.conditions + right.conditions,
  longest: Math.max(left.longest, right.longest),
});

/** The alternatives of a body that is not too large (`excessOf`). No body, or `true`, is one empty alternative. */
export function alternatives(body: BodyExpr | undefined): BodyLiteral[][] {
  return body === undefined ? [[]] : expand(body, false);
}

function expand(body: BodyExpr, negated: boolean): BodyLiteral[][] {
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
function other(body: BodyExpr, negated: boolean): BodyLiteral[][] {
  if (body.kind === "in") return [[{ ...body, negated: !negated, other: true }]];
  if (body.kind !== "atom") return expand(body, !negated);
  const there: BodyExpr = { ...body, terms: body.terms.map(({ span }) => ({ kind: "anonymous", span })) };
  const absent: BodyExpr = { kind: "not", body: there, span: body.span };
  return expand({ kind: "or", parts: [body, absent], span: body.span }, !negated);
}

function sum(parts: readonly BodyExpr[], negated: boolean): BodyLiteral[][] {
  const all: BodyLiteral[][] = [];
  for (const part of parts) append(all, expand(part, negated));
  return all;
}

function product(parts: readonly BodyExpr[], negated: boolean): BodyLiteral[][] {
  let all: BodyLiteral[][] = [[]];
  for (const part of parts) {
    const some = expand(part, negated);
    const [only] = some;
    // Most parts are one condition, which joins what is there without a copy.
    if (some.length === 1) for (const left of all) append(left, only!);
    else all = all.flatMap((left) => some.map((right) => [...left, ...right]));
  }
  return all;
}

/** Replaces variables by terms, in every literal. */
function substitute(clause: BodyLiteral, by: ReadonlyMap<string, TermExpr>): BodyLiteral {
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
