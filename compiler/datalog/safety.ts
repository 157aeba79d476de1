/**
 * Safety (range restriction): every variable takes its values from somewhere finite, so that a rule can be evaluated
 * in some order. Root causes only: what waits for a reported literal is not reported.
 */
import { anonymousHead, unaskable } from "../diagnostics/codes/datalog.ts";
import { sharedUnderNot, unboundComparison, unboundHead } from "../diagnostics/codes/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Definitions } from "./definitions.ts";
import type { Literal, Rule, Term } from "./types.ts";

type Bound = ReadonlySet<string>;

/** A literal that cannot be evaluated yet, and the variables that it would bind if it could. */
interface Stuck {
  readonly literal: Literal;
  readonly waitsFor: readonly string[];
  readonly binds: readonly string[];
}

function isKnown(term: Term | undefined, bound: Bound): boolean {
  return term?.kind === "constant" || (term?.kind === "variable" && bound.has(term.name));
}

function variables(terms: readonly Term[]): string[] {
  return terms.flatMap((term) => (term.kind === "variable" ? [term.name] : []));
}

function unbound(terms: readonly Term[], bound: Bound): string[] {
  return variables(terms).filter((name) => !bound.has(name));
}

/** Why the literal cannot be evaluated with these variables bound; undefined if it can. */
function stuck(literal: Literal, bound: Bound, definitions: Definitions): Stuck | undefined {
  const { negated, atom } = literal;
  const { terms } = atom;
  const missing = unbound(terms, bound);
  const builtin = definitions.builtin(atom.relation);
  const external = definitions.external(atom.relation);
  const fail = (waitsFor: readonly string[], binds: readonly string[] = []): Stuck => ({ literal, waitsFor, binds });
  if (builtin !== undefined) {
    const needed = builtin.kind === "function" ? terms.slice(0, -1) : terms;
    if (builtin.kind === "equality" && !negated && terms.some((term) => isKnown(term, bound))) return undefined;
    const anonymous = needed.some((term) => term.kind === "anonymous");
    const inputs = unbound(negated ? terms : needed, bound);
    if (inputs.length === 0 && !anonymous) return undefined;
    return fail(inputs, negated || builtin.kind === "equality" ? [] : unbound(terms.slice(-1), bound));
  }
  if (negated && missing.length > 0) return fail(missing);
  if (external === undefined) return undefined;
  const askable = external.patterns.some((pattern) =>
    terms.every((term, column) => pattern[column] !== "b" || isKnown(term, bound)),
  );
  return askable ? undefined : fail(missing, missing);
}

/** `X`, `X and Y`, or between alternatives: what an external's patterns demand. */
function demands(literal: Literal, definitions: Definitions): string {
  const { terms } = literal.atom;
  const name = (column: number): string => {
    const term = terms[column];
    return term?.kind === "variable" ? `\`${term.name}\`` : `term ${column + 1}`;
  };
  return definitions
    .external(literal.atom.relation)!
    .patterns.map((pattern) =>
      terms.flatMap((_, column) => (pattern[column] === "b" ? [name(column)] : [])).join(" and "),
    )
    .join(", or ");
}

function report({ literal, waitsFor }: Stuck, definitions: Definitions): Diagnostic {
  const { atom, negated } = literal;
  const variable = waitsFor[0] ?? "_";
  const term = atom.terms.find((each) => (each.kind === "variable" ? each.name : "_") === variable);
  const span = term?.span ?? atom.span;
  if (definitions.builtin(atom.relation) !== undefined) {
    return unboundComparison(
      { variable, operator: atom.relation },
      {
        span,
        help:
          variable === "_"
            ? `\`${atom.relation}\` is asked for known values: write a variable here, and a relation that lists its values`
            : `add a relation that lists the values of \`${variable}\``,
      },
    );
  }
  if (negated && waitsFor.length > 0) {
    return sharedUnderNot(
      { variable, relation: atom.relation },
      { span, help: "write a positive relation that lists its values, or `_` to ask that none has it" },
    );
  }
  return unaskable({ relation: atom.relation, known: demands(literal, definitions) }, { span: atom.span });
}

function checkRule(rule: Rule, definitions: Definitions): Diagnostic[] {
  const bound = new Set<string>();
  let waiting: Stuck[] = rule.body.map((literal) => ({ literal, waitsFor: [], binds: [] }));
  for (let before = Infinity; waiting.length < before;) {
    before = waiting.length;
    const still: Stuck[] = [];
    for (const { literal } of waiting) {
      const obstacle = stuck(literal, bound, definitions);
      if (obstacle !== undefined) still.push(obstacle);
      else if (!literal.negated) for (const name of variables(literal.atom.terms)) bound.add(name);
    }
    waiting = still;
  }
  const found: Diagnostic[] = [];
  const roots = waiting.filter(
    (each) =>
      each.waitsFor.length === 0 ||
      each.waitsFor.some((name) => !waiting.some((other) => other !== each && other.binds.includes(name))),
  );
  for (const each of roots.length > 0 ? roots : waiting.slice(0, 1)) found.push(report(each, definitions));
  const excused = new Set(waiting.flatMap(({ binds, waitsFor }) => [...binds, ...waitsFor]));
  for (const term of rule.head.terms) {
    const span = term.span ?? rule.head.span;
    if (term.kind === "anonymous") found.push(anonymousHead({ relation: rule.head.relation }, { span }));
    if (term.kind !== "variable" && term.kind !== "aggregate") continue;
    const variable = term.kind === "variable" ? term.name : term.variable;
    if (bound.has(variable) || excused.has(variable)) continue;
    excused.add(variable);
    const help = `add a relation that lists the values of \`${variable}\``;
    found.push(unboundHead({ variable, relation: rule.head.relation }, { span, help }));
  }
  return found;
}

export function checkSafety(definitions: Definitions): Diagnostic[] {
  return definitions.rules.flatMap((rule) => checkRule(rule, definitions));
}
