/** Comparisons of constants and of fields, which are decided before any fact is known. */
import { DOMAINS, type Domain, type Field } from "../../flowgroup/fields.ts";
import { constantOf } from "../../model/constants.ts";
import type { Span } from "../../source.ts";
import type { Operator, ValueExpr } from "../../syntax/ast.ts";

/** A condition on a field that no relation touches. */
export interface FixedCondition {
  readonly field: Field;
  readonly value: ValueExpr;
  /** What is meant: the value, another value than it, another value or none, or the value or none. */
  readonly negation: "none" | "other value" | "complement" | "value or none";
  readonly span: Span;
}

/** The operator when both sides change places. */
export const mirrored: Readonly<Record<Operator, Operator>> = {
  "=": "=",
  "!=": "!=",
  "<": ">",
  ">": "<",
  "<=": ">=",
  ">=": "<=",
};

/** Whether a comparison of two constants holds. Numbers and names are not ordered against each other. */
export function compares(operator: Operator, left: ValueExpr, right: ValueExpr): boolean {
  const [a, b] = [constantOf(left), constantOf(right)];
  if (a === undefined || b === undefined) return true;
  if (operator === "=") return a === b;
  if (operator === "!=") return a !== b;
  if (typeof a !== typeof b) return false;
  return operator === "<" ? a < b : operator === "<=" ? a <= b : operator === ">" ? a > b : a >= b;
}

/** A field against a value as a condition on the field; `"never"` when nothing can meet it. */
export function conditionOn(
  field: Field,
  operator: Operator,
  value: ValueExpr,
): Pick<FixedCondition, "value" | "negation"> | "never" | undefined {
  if (operator === "=") return { value, negation: "none" };
  if (operator === "!=") return { value, negation: "other value" };
  const domain: Domain = DOMAINS[field];
  if (domain.kind !== "number" || value.kind !== "number") return undefined;
  const low = operator === ">" ? value.value + 1 : operator === ">=" ? value.value : 0;
  const high = operator === "<" ? value.value - 1 : operator === "<=" ? value.value : domain.max;
  if (low > high || low > domain.max || high < 0) return "never";
  const number = (n: number): ValueExpr & { kind: "number" } => ({ kind: "number", value: n, span: value.span });
  const range: ValueExpr = {
    kind: "range",
    low: number(Math.max(0, low)),
    high: number(Math.min(high, domain.max)),
    span: value.span,
  };
  return { value: range, negation: "none" };
}
