/** A decided policy → where each of its statements and rules stands in the text, for messages about entries. */
import type { Decided } from "../decide.ts";
import type { Span } from "../source.ts";

/** By the identity of the statement or rule. */
export function spansOf({ outcomes, rules }: Decided): ReadonlyMap<string, Span> {
  return new Map([
    ...outcomes.map(({ statement }) => [statement.id, statement.span] as const),
    ...rules.map(({ rule }) => [rule.id, rule.span] as const),
  ]);
}
