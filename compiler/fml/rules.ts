/**
 * Relation rules and facts as written → rules of the Datalog engine. `or` becomes several rules, comparisons become
 * built-ins, `X in {…}` becomes comparisons. Used for finite relations, for the admission rules of `pane.fml`, and for
 * the `reject(…)` rules that an operator adds.
 */
import * as codes from "../diagnostics/codes/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { HeadTerm, Literal, Rule, Term } from "../datalog/types.ts";
import type { RuleExpr, TermExpr, ValueExpr } from "../syntax/ast.ts";
import { alternatives, MOST_ALTERNATIVES, solveEqualities, variableOf, type Clause, type Operator } from "./clauses.ts";
import { constantOf, printValue } from "../model/constants.ts";

export interface Translation {
  readonly rules: readonly Rule[];
  readonly diagnostics: readonly Diagnostic[];
}

type Report = (diagnostic: Diagnostic) => void;

/** Translates one rule or fact whose head is a relation. Safety and stratification are the engine's own checks. */
export function toDatalog(rule: RuleExpr): Translation {
  const diagnostics: Diagnostic[] = [];
  if (rule.head.kind !== "atom") {
    return { rules: [], diagnostics: [codes.verdictOutsidePolicy({}, { span: rule.head.span })] };
  }
  const split = alternatives(rule.body);
  if (split === undefined) {
    return { rules: [], diagnostics: [codes.tooManyAlternatives({ limit: MOST_ALTERNATIVES }, { span: rule.span })] };
  }
  const report = (diagnostic: Diagnostic): void => void diagnostics.push(diagnostic);
  const rules: Rule[] = [];
  for (const written of split.flatMap((clauses) => expandMembership(clauses))) {
    const { clauses, solution } = solveEqualities(written);
    const resolve = (t: TermExpr): TermExpr => (t.kind === "variable" ? (solution.get(t.name) ?? t) : t);
    rules.push({
      head: {
        relation: rule.head.relation.text,
        terms: rule.head.terms.map((t) => headTerm(resolve(t), report)),
        span: rule.head.span,
      },
      body: clauses.map((clause) => literalOf(clause, report)),
      ...(rule.label && { label: rule.label.name.text }),
      span: rule.span,
    });
  }
  return { rules, diagnostics: unique(diagnostics) };
}

/** The engine's literal of one clause. */
export function literalOf(clause: Clause, report: Report): Literal {
  switch (clause.kind) {
    case "atom":
      return {
        negated: clause.negated,
        atom: {
          relation: clause.relation.text,
          terms: clause.terms.map((t) => term(t, report)),
          span: clause.span,
        },
      };
    case "compare":
      return {
        negated: false,
        atom: {
          relation: clause.operator,
          terms: [term(clause.left, report), term(clause.right, report)],
          span: clause.span,
        },
      };
    case "in":
      // Only fields of the flow are left here, and a finite relation cannot look at the flow.
      report(codes.unknownRelation({ name: clause.field.text }, { span: clause.field.span }));
      return { negated: false, atom: { relation: "=", terms: [], span: clause.span } };
  }
}

function headTerm(written: TermExpr, report: Report): HeadTerm {
  return written.kind === "aggregate" ? written : term(written, report);
}

/** A term of a body atom. */
export function term(written: TermExpr, report: Report): Term {
  switch (written.kind) {
    case "variable":
      return { kind: "variable", name: written.name, span: written.span };
    case "anonymous":
      return { kind: "anonymous", span: written.span };
    case "aggregate":
      report(codes.aggregateInBody({}, { span: written.span }));
      return { kind: "anonymous", span: written.span };
    case "value": {
      const value = constantOf(written.value);
      if (value === undefined) {
        report(codes.notAConstant({ given: printValue(written.value) }, { span: written.span }));
        return { kind: "anonymous", span: written.span };
      }
      return { kind: "constant", value, span: written.span };
    }
  }
}

/**
 * `X in {a, 3-5}` → one alternative per member (`X = a`; `X >= 3, X <= 5`); `not X in …` → all of the opposites. Only
 * where X is one of the wanted variables; by default all are.
 */
export function expandMembership(
  clauses: readonly Clause[],
  wanted: (variable: string) => boolean = () => true,
): Clause[][] {
  let all: Clause[][] = [[]];
  for (const clause of clauses) {
    const name = clause.kind === "in" ? variableOf(clause.field) : undefined;
    const choices = clause.kind === "in" && name !== undefined && wanted(name) ? membership(clause, name) : undefined;
    all = all.flatMap((one) => (choices ?? [[clause]]).map((choice) => [...one, ...choice]));
  }
  return all;
}

function membership(clause: Clause & { kind: "in" }, name: string): Clause[][] {
  const variable: TermExpr = { kind: "variable", name, span: clause.field.span };
  const compare = (operator: Operator, value: ValueExpr): Clause => ({
    kind: "compare",
    operator,
    left: variable,
    right: { kind: "value", value, span: value.span },
    span: clause.span,
  });
  const members = clause.value.kind === "set" ? clause.value.values : [clause.value];
  if (!clause.negated) {
    return members.map((m) => (m.kind === "range" ? [compare(">=", m.low), compare("<=", m.high)] : [compare("=", m)]));
  }
  const outside = (m: ValueExpr): Clause[][] =>
    m.kind === "range" ? [[compare("<", m.low)], [compare(">", m.high)]] : [[compare("!=", m)]];
  return members.reduce<Clause[][]>(
    (all, m) => all.flatMap((one) => outside(m).map((choice) => [...one, ...choice])),
    [[]],
  );
}

/** The same fault in several alternatives of one rule is one fault. */
function unique(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<string>();
  return diagnostics.filter((d) => {
    const key = `${d.code} ${d.span?.start} ${d.message}`;
    return !seen.has(key) && seen.add(key);
  });
}
