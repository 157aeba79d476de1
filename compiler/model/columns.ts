/**
 * What the columns of relations hold, as far as declarations, attributes and rules tell: `superuser(todd)` names a user
 * because some rule says `srcUser(U), superuser(U)`.
 */
import { attributeOf } from "../program/policy/attributes.ts";
import { leaves } from "../program/policy/predicates.ts";
import type { BodyExpr, RuleExpr, TermExpr } from "../syntax/ast.ts";
import { FIELD_SORTS, type Sort } from "./sorts.ts";

export type Columns = ReadonlyMap<string, readonly (Sort | undefined)[]>;

/** Spreads declared sorts along the variables of rules until nothing changes. */
export function inferColumns(declared: Columns, rules: readonly RuleExpr[]): Columns {
  const columns = new Map([...declared].map(([name, sorts]) => [name, [...sorts]]));
  for (let changed = true; changed;) {
    changed = false;
    for (const rule of rules) {
      const places = [...placesOf(rule)];
      const sorts = new Map<string, Sort>();
      for (const { variable, relation, column, field } of places) {
        const sort = field ?? columns.get(relation)?.[column];
        if (sort !== undefined && !sorts.has(variable)) sorts.set(variable, sort);
      }
      for (const { variable, relation, column, field } of places) {
        const sort = sorts.get(variable);
        if (sort === undefined || field !== undefined) continue;
        const known = columns.get(relation) ?? [];
        if (known[column] !== undefined) continue;
        known[column] = sort;
        columns.set(relation, known);
        changed = true;
      }
    }
  }
  return columns;
}

interface Place {
  readonly variable: string;
  readonly relation: string;
  readonly column: number;
  /** The sort of an attribute. */
  readonly field: Sort | undefined;
}

function* placesOf(rule: RuleExpr): Generator<Place> {
  const atom = function* (relation: string, terms: readonly TermExpr[], field?: Sort): Generator<Place> {
    for (const [column, t] of terms.entries()) {
      if (t.kind === "variable") yield { variable: t.name, relation, column, field };
    }
  };
  const body: BodyExpr | undefined = rule.body;
  for (const leaf of leaves(body)) {
    if (leaf.kind !== "atom") continue;
    const field = attributeOf(leaf.relation, leaf.terms);
    yield* atom(leaf.relation.text, leaf.terms, field && FIELD_SORTS[field]);
  }
  if (rule.head.kind === "atom") yield* atom(rule.head.relation.text, rule.head.terms);
}
