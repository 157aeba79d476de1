/**
 * Views that join two attributes (`same(A, B) <= tenant(A, T), tenant(B, T)`) → written out in the rule, so that the
 * join variable comes to light and the rule can be factored. As a relation such a view would hold every pair of hosts.
 */
import { components } from "../net/components.ts";
import type { BodyExpr, RuleExpr } from "../syntax/ast.ts";
import { attributeOf } from "./attributes.ts";
import { leaves, uses, type RulesByRelation } from "./predicates.ts";

type Atom = Extract<BodyExpr, { readonly kind: "atom" }>;

/** More rules than this make a view a relation again: each of them would be an alternative of the rule. */
const MOST_RULES = 8;

/** Relations that may be written out: few rules, no facts, no aggregates, not recursive. */
export function inlinableViews(definitions: RulesByRelation, stored: (relation: string) => boolean): Set<string> {
  const inlinable = new Set<string>();
  const recursive = recursiveRelations(definitions);
  for (const [name, rules] of definitions) {
    const plain = rules.every((r) => r.body !== undefined && !hasAggregate(r));
    if (plain && rules.length <= MOST_RULES && !stored(name) && !recursive.has(name)) inlinable.add(name);
  }
  return inlinable;
}

const hasAggregate = (rule: RuleExpr): boolean =>
  rule.head.kind === "atom" && rule.head.terms.some((t) => t.kind === "aggregate");

/** Relations that are defined through themselves. */
function recursiveRelations(definitions: RulesByRelation): Set<string> {
  const used = (name: string): string[] => [...uses(definitions, name)];
  const circles = components(definitions.keys(), used).filter(
    (circle) => circle.length > 1 || used(circle[0]!).includes(circle[0]!),
  );
  return new Set(circles.flat());
}

/** The positive uses of inlinable views whose terms are variables of two or more attributes. */
export function joinedViews(body: BodyExpr, inlinable: ReadonlySet<string>): Set<Atom> {
  const selected = new Set<string>();
  for (const leaf of leaves(body)) {
    if (leaf.kind !== "atom" || attributeOf(leaf.relation, leaf.terms) === undefined) continue;
    for (const t of leaf.terms) if (t.kind === "variable") selected.add(t.name);
  }
  const views = new Set<Atom>();
  for (const atom of positives(body)) {
    if (!inlinable.has(atom.relation.text)) continue;
    const joined = new Set(atom.terms.flatMap((t) => (t.kind === "variable" && selected.has(t.name) ? [t.name] : [])));
    if (joined.size >= 2) views.add(atom);
  }
  return views;
}

function* positives(body: BodyExpr): Generator<Atom> {
  if (body.kind === "and" || body.kind === "or") for (const part of body.parts) yield* positives(part);
  else if (body.kind === "atom") yield body;
}
