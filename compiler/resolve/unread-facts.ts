/**
 * Facts and externs of relations that nothing reads → warnings, with the most similar relation that something reads. A
 * misspelt relation of the directory (`user_hots`) would otherwise silently take users off the network. A relation that
 * rules define may stand unread in a file for many policies: it is reported where a similar one is read.
 */
import { nothingReads } from "../diagnostics/codes/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import type { RuleExpr } from "../syntax/ast.ts";
import { IMPLICIT } from "../fml/implicit-rules.ts";
import { leaves } from "../fml/predicates.ts";
import type { Program } from "../fml/program.ts";
import { DIRECTORY_SORTS } from "../fml/sorts.ts";

/** A warning for each unread relation; the relations of `vocabulary`, which admission answers, need no reader. */
export function unreadFacts(
  { facts, externs, definitions }: Program,
  policyRules: readonly RuleExpr[],
  vocabulary: ReadonlySet<string>,
): readonly Diagnostic[] {
  const read = new Set<string>([...DIRECTORY_SORTS.keys(), ...IMPLICIT]);
  for (const { body } of [...[...definitions.values()].flat(), ...policyRules])
    for (const leaf of leaves(body)) if (leaf.kind === "atom") read.add(leaf.relation.text);
  const declared = new Map(externs.map(({ relation }) => [relation.text, relation.span]));
  for (const relation of facts.relations.keys()) {
    const [first] = facts.of(relation);
    if (first !== undefined && !declared.has(relation)) declared.set(relation, first.span);
  }
  const readable = [...read];
  const unread = (name: string): boolean => !read.has(name) && !vocabulary.has(name);
  const misspelt = [...definitions].flatMap(([name, rules]) => {
    const head = rules[0]?.head;
    if (head?.kind !== "atom" || !unread(name)) return [];
    const { span } = head.relation;
    const meant = didYouMean(name, readable, span);
    return meant.fix === undefined ? [] : [nothingReads({ name }, { span, ...meant })];
  });
  const stated = [...declared].flatMap(([name, span]) => {
    if (!unread(name) || definitions.has(name)) return [];
    const at = nameSpan(name, span);
    const help = cutName(at) ?? NO_READER;
    return [nothingReads({ name }, { span: at, help, ...(help === NO_READER && didYouMean(name, readable, at)) })];
  });
  return [...stated, ...misspelt];
}

const NO_READER = "a policy or a rule reads it, or it says nothing";

/** `AddUser bob.smith.` adds `bob`, and is a fact without columns behind it, where no blank stands. */
function cutName({ source: { text }, start, end }: RuleExpr["span"]): string | undefined {
  const before = /[\p{L}\p{N}_][\p{L}\p{N}_.-]*\.$/u.exec(text.slice(Math.max(0, start - MOST_READ), start))?.[0];
  const behind = /^(?:\.[\p{L}\p{N}_-]+)*(?=\.)/u.exec(text.slice(end, end + MOST_READ))?.[0];
  if (before === undefined || behind === undefined) return undefined;
  const whole = before + text.slice(start, end) + behind;
  return `the full stop before it ends a statement: a name that has one stands in quotes, \`${JSON.stringify(whole)}\``;
}

const MOST_READ = 64;

/** The span of the relation's name, with which a fact begins; an extern's span is that of its name already. */
const nameSpan = (name: string, span: RuleExpr["span"]): RuleExpr["span"] =>
  span.source.text.startsWith(name, span.start) ? { ...span, end: span.start + name.length } : span;
