/**
 * What the columns of relations hold, as far as declarations, attributes and rules show: `superuser(todd)` names a user
 * because some rule says `srcUser(U), superuser(U)`.
 */
import { attributeOf } from "./attributes.ts";
import { leaves } from "./predicates.ts";
import type { BodyExpr, RuleExpr, TermExpr } from "../syntax/ast.ts";
import { FIELD_SORTS, type Sort } from "./sorts.ts";

export type ColumnSorts = ReadonlyMap<string, readonly (Sort | undefined)[]>;

/** Spreads declared sorts along the variables of rules. A rule is read again when a column that it names has got a sort. */
export function inferColumns(declared: ColumnSorts, rules: readonly RuleExpr[]): ColumnSorts {
  const columns = new Map([...declared].map(([name, sorts]) => [name, [...sorts]]));
  const occurrences = rules.map((rule) => [...occurrencesOf(rule)]);
  const naming = new Map<string, Set<number>>();
  for (const [rule, all] of occurrences.entries()) {
    for (const { relation } of all) {
      const named = naming.get(relation);
      if (named) named.add(rule);
      else naming.set(relation, new Set([rule]));
    }
  }
  const waiting = new Set(occurrences.keys());
  for (const rule of waiting) {
    waiting.delete(rule); // so that it may come again
    for (const changed of spread(occurrences[rule]!, columns))
      for (const other of naming.get(changed)!) waiting.add(other);
  }
  return columns;
}

/** Gives the sorts of a rule's variables to the columns where they stand; returns the relations of these columns. */
function spread(occurrences: readonly Occurrence[], columns: Map<string, (Sort | undefined)[]>): Set<string> {
  const changed = new Set<string>();
  const sorts = new Map<string, Sort>();
  for (const { variable, relation, column, field } of occurrences) {
    const sort = field ?? columns.get(relation)?.[column];
    if (sort !== undefined && !sorts.has(variable)) sorts.set(variable, sort);
  }
  for (const { variable, relation, column, field } of occurrences) {
    const sort = sorts.get(variable);
    if (sort === undefined || field !== undefined) continue;
    const known = columns.get(relation) ?? [];
    if (known[column] !== undefined) continue;
    known[column] = sort;
    columns.set(relation, known);
    changed.add(relation);
  }
  return changed;
}

/** A variable in a column of a relation. */
interface Occurrence {
  readonly variable: string;
  readonly relation: string;
  readonly column: number;
  /** The sort of an attribute. */
  readonly field: Sort | undefined;
}

function* occurrencesOf(rule: RuleExpr): Generator<Occurrence> {
  const atom = function* (relation: string, terms: readonly TermExpr[], field?: Sort): Generator<Occurrence> {
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
