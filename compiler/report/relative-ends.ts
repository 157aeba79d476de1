/**
 * Decisions → the ends that count from the clock (`to +20min`), which are resolved once for each statement (SEMANTICS,
 * "Files"): those in force, those that a switch keeps, and warnings about them.
 */
import type { Decided } from "../admission/decided.ts";
import { countsFromFirst } from "../diagnostics/codes/runtime.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { CountedEnd, PolicyRule } from "../model/model.ts";
import { printDuration, printInstant } from "../net/index.ts";
import { holdsInstant } from "../net/interval.ts";

/** A statement in force whose end counts from the clock. */
export interface RelativeEnd {
  /** The identity of the statement or rule. */
  readonly id: string;
  /** Its canonical text with its speaker, which the end belongs to. */
  readonly text: string;
  readonly counted: CountedEnd;
  /** Unix seconds. */
  readonly end: number;
}

/** The relative ends of a policy that are in force at an instant (Unix seconds). */
export function relativeEnds({ outcomes, rules }: Pick<Decided, "outcomes" | "rules">, instant: number): RelativeEnd[] {
  const ends: RelativeEnd[] = [];
  const add = (
    { id, text }: { readonly id: string; readonly text: string },
    { counted, interval }: Pick<PolicyRule, "counted" | "interval">,
  ): void => {
    if (counted && holdsInstant(interval, instant)) ends.push({ id, text, counted, end: interval.end });
  };
  for (const { statement, verdict } of outcomes)
    if (statement.demand.kind === "request" && verdict.kind !== "rejected")
      add({ id: statement.id, text: `${statement.speaker}: ${statement.text}` }, statement.demand);
  for (const { rule } of rules) add(rule, rule);
  return ends;
}

/**
 * Identity → end, for those ends that a switch keeps and that differ from what would be counted at `now` (Unix
 * seconds). An end that is over, or later than the clock allows, is left out.
 */
export function keptEnds(
  ends: readonly RelativeEnd[],
  kept: (statement: Pick<RelativeEnd, "id" | "text">) => number | undefined,
  now: number,
): Map<string, number> {
  const found = new Map<string, number>();
  for (const one of ends) {
    const end = kept(one);
    if (end !== undefined && end > now && end < one.end) found.set(one.id, end);
  }
  return found;
}

/** A warning for each such end, which says what it means for a policy that is applied more than once. */
export function relativeEndWarnings(ends: readonly RelativeEnd[]): Diagnostic[] {
  return ends.map(({ id, counted: { seconds, span }, end }) => {
    const text = printInstant(end);
    const help = `write the end as an instant: \`to ${text}\``;
    const fix = { title: "write the end as an instant", span, text };
    return countsFromFirst({ statement: id, after: printDuration(seconds), end: text }, { span, help, fix });
  });
}
