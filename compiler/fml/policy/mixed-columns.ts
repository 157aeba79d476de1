/**
 * Numbers and names in one column: `d(1). d("x").` is a slip, since no join finds both, and so is a number in a column
 * declared to hold users. The check reads facts, rows of externs and the constants of rules, and reports a column once.
 */
import * as codes from "../../diagnostics/codes/model.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { withArticle } from "../../diagnostics/text.ts";
import type { Constant } from "../../datalog/types.ts";
import { attributeOf } from "../attributes.ts";
import { leaves } from "../predicates.ts";
import { renderConstant } from "./because.ts";
import type { Span } from "../../source.ts";
import type { RuleExpr, TermExpr } from "../../syntax/ast.ts";
import type { ColumnSorts } from "../columns.ts";
import { constantOf } from "../../model/constants.ts";
import type { FactBase } from "../../model/facts.ts";
import { DIRECTORY_SORTS, type Sort } from "../sorts.ts";

/** A constant in a column. */
interface Use {
  readonly relation: string;
  readonly column: number;
  readonly value: Constant;
  readonly span: Span;
}

/** Sorts whose values may be written as a number or as a name. */
const EITHER: ReadonlySet<Sort> = new Set(["rate", "dpid", "protocol", "direction"]);

/** One finding for each column that holds both, at the first constant that does not fit. */
export function mixedColumns(facts: FactBase, rules: readonly RuleExpr[], columns: ColumnSorts): Diagnostic[] {
  const found: Diagnostic[] = [];
  const first = new Map<string, Use>();
  const reported = new Set<string>();
  for (const use of [...usesInFacts(facts), ...usesInRules(rules)]) {
    const { relation, column, value, span } = use;
    const key = `${relation} ${column}`;
    const sort = columns.get(relation)?.[column];
    // What the directory reads, it checks itself.
    if (DIRECTORY_SORTS.has(relation) || reported.has(key) || (sort !== undefined && EITHER.has(sort))) continue;
    const earlier = first.get(key);
    if (earlier === undefined) first.set(key, use);
    const expected = sort === undefined ? earlier && kindOf(earlier.value) : sort === "number" ? "number" : "string";
    if (expected === undefined || expected === kindOf(value)) continue;
    reported.add(key);
    const holds = sort === undefined || sort === "symbol" ? kinds[expected] : withArticle(sort);
    const related = earlier === undefined ? [] : [{ span: earlier.span, message: `${kinds[expected]} here` }];
    const words = { given: renderConstant(value), one: kinds[kindOf(value)], relation, holds };
    found.push(codes.mixedColumn({ ...words, column: column + 1 }, { span, related }));
  }
  return found;
}

const kinds = { number: "a number", string: "a name" } as const;

const kindOf = (value: Constant): keyof typeof kinds => (typeof value === "number" ? "number" : "string");

function* usesInFacts(facts: FactBase): Generator<Use> {
  for (const [relation, rows] of facts.relations) {
    for (const { tuple, span } of rows.values()) {
      for (const [column, value] of tuple.entries()) yield { relation, column, value, span };
    }
  }
}

function* usesInRules(rules: readonly RuleExpr[]): Generator<Use> {
  for (const { head, body } of rules) {
    if (head.kind === "atom") yield* usesIn(head.relation.text, head.terms);
    for (const leaf of leaves(body)) {
      if (leaf.kind !== "atom" || attributeOf(leaf.relation, leaf.terms) !== undefined) continue;
      yield* usesIn(leaf.relation.text, leaf.terms);
    }
  }
}

function* usesIn(relation: string, terms: readonly TermExpr[]): Generator<Use> {
  for (const [column, term] of terms.entries()) {
    const value = term.kind === "value" ? constantOf(term.value) : undefined;
    if (value !== undefined) yield { relation, column, value, span: term.span };
  }
}
