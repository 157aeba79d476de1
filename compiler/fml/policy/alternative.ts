/**
 * The literals of one alternative of a policy rule, sorted by what they speak of: facts, attributes of the flow, or
 * values of a field. The checks here make a rule safe to evaluate before any packet is seen (LANGUAGE, "FML rules").
 */
import * as codes from "../../diagnostics/codes/model.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Literal, Term } from "../../datalog/types.ts";
import { DOMAINS, type Field } from "../../flowgroup/fields.ts";
import type { Span } from "../../source.ts";
import type { Operator, TermExpr, ValueExpr } from "../../syntax/ast.ts";
import { variablesOf, type BodyLiteral } from "../clauses.ts";
import { valueText } from "../../model/constants.ts";
import { literalOf } from "../rules.ts";
import { attributeOf } from "../attributes.ts";
import { fieldOf } from "../../syntax/flows.ts";
import { compares, conditionOn, mirrored, type FixedCondition } from "./condition.ts";

/** A literal for the Datalog engine, with its variables. `binds`: a positive relation, which lists their values. */
export interface FiniteLiteral {
  readonly literal: Literal;
  readonly variables: readonly string[];
  readonly binds: boolean;
}

/** `srcHost(A)`. Open: no relation lists the values of the variable. */
export interface AttributeLiteral {
  readonly variable: string;
  readonly field: Field;
  readonly negated: boolean;
  readonly open: boolean;
  readonly span: Span;
}

/** An open attribute compared with a variable that a relation binds: `dstPort(P), floor(L), P >= L`. */
export interface FieldComparison {
  readonly field: Field;
  readonly operator: Operator;
  readonly variable: string;
}

export interface Alternative {
  readonly literals: readonly FiniteLiteral[];
  readonly attributes: readonly AttributeLiteral[];
  readonly comparisons: readonly FieldComparison[];
  readonly fixed: readonly FixedCondition[];
  readonly present: readonly Field[];
  readonly absent: readonly Field[];
}

/** Reads an alternative; `"never"` where two constants in it differ. Faults are reported, and give undefined. */
export function readAlternative(
  clauses: readonly BodyLiteral[],
  once: ReadonlySet<string>,
  report: (diagnostic: Diagnostic) => void,
): Alternative | "never" | undefined {
  const bound = new Set(clauses.flatMap((c) => (isRelation(c) && !c.negated ? variablesOf(c) : [])));
  return new Reader(clauses, bound, once, report).read();
}

const isRelation = (clause: BodyLiteral): clause is BodyLiteral & { kind: "atom" } =>
  clause.kind === "atom" && attributeOf(clause.relation, clause.terms) === undefined;

class Reader {
  readonly clauses: readonly BodyLiteral[];
  readonly bound: ReadonlySet<string>;
  /** Variables that occur once in the whole rule: under `not` they stand for any value. */
  readonly once: ReadonlySet<string>;
  readonly report: (diagnostic: Diagnostic) => void;
  readonly literals: FiniteLiteral[] = [];
  readonly attributes: AttributeLiteral[] = [];
  readonly comparisons: FieldComparison[] = [];
  readonly fixed: FixedCondition[] = [];
  readonly present = new Set<Field>();
  readonly absent = new Set<Field>();
  readonly reported = new Set<string>();
  failed = false;
  never = false;

  constructor(
    clauses: readonly BodyLiteral[],
    bound: ReadonlySet<string>,
    once: ReadonlySet<string>,
    report: (diagnostic: Diagnostic) => void,
  ) {
    this.clauses = clauses;
    this.bound = bound;
    this.once = once;
    this.report = report;
  }

  read(): Alternative | "never" | undefined {
    for (const clause of this.clauses) if (clause.kind === "atom") this.attribute(clause);
    for (const clause of this.clauses) {
      if (clause.kind === "compare") this.compare(clause);
      else if (clause.kind === "in") this.membership(clause);
      else if (isRelation(clause)) this.relation(clause);
    }
    this.checkOpen();
    if (this.failed) return undefined;
    if (this.never) return "never";
    return {
      literals: this.literals,
      attributes: this.attributes,
      comparisons: this.comparisons,
      fixed: this.fixed,
      present: [...this.present],
      absent: [...this.absent],
    };
  }

  // -------------------------------------------------------------- attributes

  attribute(clause: BodyLiteral & { kind: "atom" }): void {
    const field = attributeOf(clause.relation, clause.terms);
    if (field === undefined) return;
    const [term] = clause.terms as [TermExpr];
    const { negated, span } = clause;
    if (term.kind === "aggregate") return this.fail(codes.aggregateInBody({}, { span: term.span }));
    if (term.kind === "value") {
      this.fixed.push({ field, value: term.value, negation: negated ? "complement" : "none", span });
    } else if (term.kind === "anonymous" || (negated && this.once.has(term.name))) {
      (negated ? this.absent : this.present).add(field);
    } else {
      this.attributes.push({ variable: term.name, field, negated, open: !this.bound.has(term.name), span });
    }
  }

  /** A variable that only an attribute binds must not be compared with another attribute (E304). */
  checkOpen(): void {
    const first = new Map<string, AttributeLiteral>();
    for (const attribute of this.attributes) {
      if (!attribute.open) continue;
      const { variable, field, span } = attribute;
      const earlier = first.get(variable);
      if (earlier === undefined) {
        first.set(variable, attribute);
        if (!attribute.negated) this.present.add(field);
      } else if (earlier.field === field && earlier.negated !== attribute.negated) this.never = true;
      else if (earlier.field !== field) this.openJoin(earlier.field, field, variable, span, earlier.span);
    }
  }

  openJoin(one: Field, other: Field, variable: string, span: Span, earlier: Span): void {
    const lists = DOMAINS[one].kind === "ip" ? "known_host" : DOMAINS[one].kind === "name" ? "known_user" : undefined;
    const help =
      lists === undefined ? `bind \`${variable}\` by a relation` : `\`${lists}(${variable})\` lists the values`;
    const related = [{ span: earlier, message: `\`${one}\`` }];
    this.fail(codes.openJoin({ one, other, variable }, { span, related, help: help + ", so that it can be walked" }));
  }

  /** The attribute that binds an open variable. */
  open(variable: string): AttributeLiteral | undefined {
    return this.attributes.find((a) => a.variable === variable && a.open && !a.negated);
  }

  // -------------------------------------------------------------- values

  membership(clause: BodyLiteral & { kind: "in" }): void {
    const { negated, other, span, value } = clause;
    const field = fieldOf(clause.field.text);
    if (field === undefined) this.fail(codes.unknownRelation({ name: clause.field.text }, { span }));
    else if (other) this.fixed.push({ field, value, negation: negated ? "other value" : "value or none", span });
    else this.fixed.push({ field, value, negation: negated ? "complement" : "none", span });
  }

  compare(clause: BodyLiteral & { kind: "compare" }): void {
    const { operator, left, right, span } = clause;
    const variables = variablesOf(clause);
    const unbound = variables.find((v) => !this.bound.has(v) && !this.open(v));
    if (unbound !== undefined) {
      return this.failOnce(unbound, codes.unboundComparison({ variable: unbound, operator }, { span }));
    }
    if (left.kind === "value" && right.kind === "value") {
      if (!compares(operator, left.value, right.value)) this.never = true;
      return;
    }
    const opens = variables.filter((v) => !this.bound.has(v));
    if (opens.length === 0) {
      const literal = literalOf(clause, this.report);
      this.literals.push({ literal, variables: [...new Set(variables)], binds: false });
      return;
    }
    if (opens.length === 2) {
      const [one, other] = opens.map((v) => this.open(v)!) as [AttributeLiteral, AttributeLiteral];
      return this.openJoin(one.field, other.field, opens[1]!, span, one.span);
    }
    const field = this.open(opens[0]!)!.field;
    const turned = left.kind === "variable" && left.name === opens[0] ? operator : mirrored[operator];
    const other = left.kind === "variable" && left.name === opens[0] ? right : left;
    if (other.kind === "variable") this.comparisons.push({ field, operator: turned, variable: other.name });
    else if (other.kind === "value") this.condition(field, turned, other.value, span);
    else this.fail(codes.notAConstant({ given: "_" }, { span: other.span }));
  }

  condition(field: Field, operator: Operator, value: ValueExpr, span: Span): void {
    const condition = conditionOn(field, operator, value);
    if (condition === "never") this.never = true;
    else if (condition === undefined) {
      const words = { field, expected: `a number behind \`${operator}\``, given: valueText(value) };
      this.fail(codes.wrongValue(words, { span: value.span }));
    } else this.fixed.push({ field, ...condition, span });
  }

  // -------------------------------------------------------------- relations

  relation(clause: BodyLiteral & { kind: "atom" }): void {
    const { negated, span } = clause;
    const written = [...new Set(variablesOf(clause))];
    const literal = literalOf(clause, this.report);
    if (!negated) {
      this.literals.push({ literal, variables: written, binds: true });
      return;
    }
    const opens = written.filter((v) => this.open(v));
    const relation = clause.relation.text;
    if (opens.length > 1) {
      const [one, other] = opens as [string, string];
      const help = "bind one of them by a positive relation";
      return this.fail(codes.unboundUnderNot({ relation, one, other }, { span, help }));
    }
    // A variable that occurs nowhere else is projected away; one that is shared has no values to range over.
    const free = written.filter((v) => !this.bound.has(v) && !this.open(v));
    const shared = free.find((v) => !this.once.has(v));
    if (shared !== undefined) {
      const help = "write a positive relation that lists its values, or `_` to ask that none has it";
      return this.failOnce(shared, codes.sharedUnderNot({ variable: shared, relation }, { span, help }));
    }
    const terms = literal.atom.terms.map((t): Term =>
      t.kind === "variable" && free.includes(t.name) ? { kind: "anonymous" } : t,
    );
    this.literals.push({
      literal: { negated: true, atom: { ...literal.atom, terms } },
      variables: written.filter((v) => !free.includes(v)),
      binds: false,
    });
  }

  /** A variable without values is one fault, however often it is used. */
  failOnce(variable: string, diagnostic: Diagnostic): void {
    if (this.reported.has(variable)) return;
    this.reported.add(variable);
    this.fail(diagnostic);
  }

  fail(diagnostic: Diagnostic): void {
    this.failed = true;
    this.report(diagnostic);
  }
}
