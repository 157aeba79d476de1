/** Rules → canonical text. In rules an upper-case word would be a variable, so such names are quoted. */
import { isBareName } from "#grammar/tokens.ts";
import { printRate } from "../net/index.ts";
import type { BodyExpr, Name, RuleExpr, RuleHead, TermExpr } from "./ast.ts";
import { fieldOf } from "./flows.ts";
import { printDuring, printLabel, printName, printQuoted, printValue } from "./print-flows.ts";
import { isVariable } from "./values.ts";

/** A rule with its full stop and without its label. */
export function printRule(rule: RuleExpr): string {
  const body = rule.body === undefined ? "" : ` <= ${printBody(rule.body)}`;
  return `${printHead(rule.head)}${body}${printDuring(rule)}.`;
}

/** A rule as it stands in a policy. */
export function printLabelledRule(rule: RuleExpr): string {
  return rule.label === undefined ? printRule(rule) : `${printLabel(rule.label)} ${printRule(rule)}`;
}

function printHead(head: RuleHead): string {
  switch (head.kind) {
    case "verdict":
      return head.positional ? `${head.verdict}(${head.positional.map(printTerm).join(", ")})` : head.verdict;
    case "limit":
    case "reserve":
      return `${head.kind}(${printRate(head.rate.bits)})`;
    case "waypoint":
    case "avoid":
      return `${head.kind}(${head.nodes.map(printName).join(", ")})`;
    case "atom":
      return printAtom(head.relation, head.terms);
  }
}

function printAtom(relation: Name, terms: readonly TermExpr[]): string {
  if (terms.length === 0) return printName(relation);
  const name = relation.text === "not" ? printQuoted(relation.text) : printName(relation);
  return `${name}(${terms.map(printTerm).join(", ")})`;
}

/** A variable, a value or an aggregate. */
export function printTerm(term: TermExpr): string {
  switch (term.kind) {
    case "variable":
      return term.name;
    case "anonymous":
      return "_";
    case "value":
      return printValue(term.value, printConstant);
    case "aggregate":
      return `${term.function}(${term.variable})`;
  }
}

/** A name among the terms of a fact or a rule, where a bare word may be a variable or a field. */
function printConstant({ text }: Pick<Name, "text">): string {
  const plain =
    isBareName(text) && !isVariable({ text, quoted: false }) && fieldOf(text) === undefined && text !== "not";
  return plain ? text : printQuoted(text);
}

/** A condition. */
export function printBody(body: BodyExpr): string {
  switch (body.kind) {
    case "atom":
      if (body.terms.length > 0) return printAtom(body.relation, body.terms);
      return body.relation.text === "true" ? printQuoted("true") : printConstant(body.relation);
    case "in":
      return printIn(body);
    case "compare":
      return `${printTerm(body.left)} ${body.operator} ${printTerm(body.right)}`;
    case "not":
      if (body.other) return printOther(body.body);
      return `not ${body.body.kind === "and" || body.body.kind === "or" ? `(${printBody(body.body)})` : printBody(body.body)}`;
    case "and":
      return body.parts.map((one) => (one.kind === "or" ? `(${printBody(one)})` : printBody(one))).join(", ");
    case "or":
      return body.parts.map(printBody).join(" or ");
    case "true":
      return "true";
  }
}

/** `field != value`: the field has another value. */
function printOther(body: BodyExpr): string {
  if (body.kind === "in") return `${body.field.text} != ${printValue(body.value, printConstant)}`;
  if (body.kind === "atom") return `${body.relation.text} != ${body.terms.map(printTerm).join(", ")}`;
  return `not ${printBody(body)}`;
}

/** Sets, ranges and prefixes stand behind `in`, single values behind `=`. */
function printIn({ field, value }: Extract<BodyExpr, { kind: "in" }>): string {
  const operator = value.kind === "set" || value.kind === "range" || value.kind === "prefix" ? "in" : "=";
  return `${field.text} ${operator} ${printValue(value, printConstant)}`;
}
