/**
 * Relation rules and facts as written → rules of the Datalog engine. `or` becomes several rules, comparisons become
 * built-ins. Used for finite relations, for the admission rules of `pane.fml`, and for the `reject(…)` rules that a
 * network adds.
 */
import * as codes from "../diagnostics/codes/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { HeadTerm, Literal, Rule, Term } from "../datalog/types.ts";
import type { RuleExpr, TermExpr } from "../syntax/ast.ts";
import { alternatives, solveEqualities, type BodyLiteral } from "./clauses.ts";
import { oversized } from "./run-faults.ts";
import { constantOf, valueText } from "../model/constants.ts";
import { unitFaults } from "./arities.ts";

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
  const excess = oversized(rule);
  if (excess !== undefined) return { rules: [], diagnostics: [excess] };
  const report = (diagnostic: Diagnostic): void => void diagnostics.push(diagnostic);
  const rules: Rule[] = [];
  for (const fault of unitFaults(rule.head.relation.text, rule.head.terms)) report(fault);
  for (const written of alternatives(rule.body)) {
    const { clauses, solution } = solveEqualities(written);
    const resolve = (t: TermExpr): TermExpr => (t.kind === "variable" ? (solution.get(t.name) ?? t) : t);
    const terms = rule.head.terms.map((t) => headTerm(resolve(t), report));
    const kept = [...clauses, ...foldedEqualities(rule.head.terms, solution)];
    const body = kept.map((clause) => literalOf(clause, report));
    rules.push({
      head: { relation: rule.head.relation.text, terms, span: rule.head.span },
      body: terms.some(({ kind }) => kind === "aggregate") ? body.map(withEachValue) : body,
      ...(rule.label && { label: rule.label.name.text }),
      span: rule.span,
    });
  }
  return { rules, diagnostics: unique(diagnostics) };
}

/** An aggregate names its variable: where an equality solved it, the equality stays and binds it. */
function foldedEqualities(head: readonly TermExpr[], solution: ReadonlyMap<string, TermExpr>): BodyLiteral[] {
  return head.flatMap((one) => {
    const value = one.kind === "aggregate" ? solution.get(one.variable) : undefined;
    if (one.kind !== "aggregate" || value === undefined) return [];
    const left: TermExpr = { kind: "variable", name: one.variable, span: one.span };
    return [{ kind: "compare", operator: "=", left, right: value, span: one.span }];
  });
}

/**
 * An aggregate folds bindings, so two facts that differ where the rule says `_` count twice: each `_` of a condition that
 * must hold is a variable of its own. No variable that can be written has its name.
 */
function withEachValue(literal: Literal, at: number): Literal {
  if (literal.negated) return literal;
  const terms = literal.atom.terms.map((one, column): Term =>
    one.kind === "anonymous" ? { ...one, kind: "variable", name: `_ ${at} ${column}` } : one,
  );
  return { ...literal, atom: { ...literal.atom, terms } };
}

/** The engine's literal of one clause. */
export function literalOf(clause: BodyLiteral, report: Report): Literal {
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
      // A finite relation cannot look at the flow.
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
        report(codes.notAConstant({ given: valueText(written.value) }, { span: written.span }));
        return { kind: "anonymous", span: written.span };
      }
      return { kind: "constant", value, span: written.span };
    }
  }
}

/** The same fault in several alternatives of one rule is one fault. */
function unique(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<string>();
  return diagnostics.filter((d) => {
    const key = `${d.code} ${d.span?.start} ${d.message}`;
    return !seen.has(key) && seen.add(key);
  });
}
