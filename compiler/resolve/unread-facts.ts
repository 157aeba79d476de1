/**
 * Facts and externs that nothing reads → warnings, the nearest relation that something reads first: a misspelt name of the
 * directory (`user_hots`) would else take people off the network in silence.
 */
import { nothingReads } from "../diagnostics/codes/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import type { RuleExpr } from "../syntax/ast.ts";
import { IMPLICIT } from "../fml/implicit-rules.ts";
import { leaves } from "../fml/predicates.ts";
import type { Program } from "../fml/program.ts";
import { DIRECTORY_SORTS } from "../fml/sorts.ts";

export function unreadFacts(
  { facts, externs, definitions }: Program,
  policyRules: readonly RuleExpr[],
  vocabulary: ReadonlySet<string>,
): readonly Diagnostic[] {
  const read = new Set<string>([...DIRECTORY_SORTS.keys(), ...IMPLICIT]);
  for (const { body } of [...[...definitions.values()].flat(), ...policyRules])
    for (const leaf of leaves(body)) if (leaf.kind === "atom") read.add(leaf.relation.text);
  const given = new Map(externs.map(({ relation }) => [relation.text, relation.span]));
  for (const relation of facts.relations.keys()) {
    const [first] = facts.of(relation);
    if (first !== undefined && !given.has(relation)) given.set(relation, first.span);
  }
  return [...given].flatMap(([name, span]) => {
    if (read.has(name) || definitions.has(name) || vocabulary.has(name)) return [];
    const at = nameIn(name, span);
    return [nothingReads({ name }, { span: at, help: NO_READER, ...didYouMean(name, read, at) })];
  });
}

const NO_READER = "a policy or a rule reads it, or it says nothing";

/** The place of the name, which a fact begins with. */
const nameIn = (name: string, span: RuleExpr["span"]): RuleExpr["span"] =>
  span.source.text.startsWith(name, span.start) ? { ...span, end: span.start + name.length } : span;
