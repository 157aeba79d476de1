/**
 * Ends that count from the clock (`to +20min`) are resolved once for each statement (SEMANTICS, "Files"): which of them
 * are in force, which the switch remembers by the timeouts of its entries, and what a user should know of them.
 */
import type { Decided } from "../admission/decided.ts";
import { countsFromEach, countsFromFirst } from "../diagnostics/codes/runtime.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { CountedEnd, PolicyRule } from "../model/model.ts";
import { printDuration, printInstant } from "../net/index.ts";
import { holdsInstant } from "../net/interval.ts";
import { PUNCTUAL } from "../plan/index.ts";
import { cookieOf } from "../table/cookie.ts";
import type { Table } from "../table/entry.ts";

/** A statement in force whose end counts from the clock. */
export interface RelativeEnd {
  /** The identity of the statement or rule. */
  readonly id: string;
  readonly counted: CountedEnd;
  /** Unix seconds. */
  readonly end: number;
}

/** The relative ends of a policy that are in force at an instant (Unix seconds). */
export function relativeEnds({ outcomes, rules }: Pick<Decided, "outcomes" | "rules">, instant: number): RelativeEnd[] {
  const ends: RelativeEnd[] = [];
  const add = (id: string, { counted, interval }: Pick<PolicyRule, "counted" | "interval">): void => {
    if (counted && holdsInstant(interval, instant)) ends.push({ id, counted, end: interval.end });
  };
  for (const { statement, verdict } of outcomes)
    if (statement.demand.kind === "request" && verdict.kind !== "rejected") add(statement.id, statement.demand);
  for (const { rule } of rules) add(rule.id, rule);
  return ends;
}

/** The timeout of an entry on a switch: what it was given, and what is left of it; both in seconds. */
interface Timeout {
  readonly given: number;
  readonly left: number;
}

/** By identity: the ends that the switch keeps and that differ from what `now` would give (Unix seconds). */
export function keptEnds(
  ends: readonly RelativeEnd[],
  timeouts: ReadonlyMap<bigint, readonly Timeout[]>,
  now: number,
): Map<string, number> {
  const kept = new Map<string, number>();
  for (const one of ends) {
    const end = now + secondsLeft(one, timeouts.get(cookieOf(one.id)) ?? []);
    if (one.end - end > PUNCTUAL) kept.set(one.id, end);
  }
  return kept;
}

/**
 * Entries of a label whose text was changed were given another timeout. If several entries were given this one, the
 * first counts: the later ones were added when others around them changed.
 */
const secondsLeft = ({ counted }: RelativeEnd, timeouts: readonly Timeout[]): number =>
  Math.min(...timeouts.flatMap(({ given, left }) => (given === counted.seconds ? [left] : [])), counted.seconds);

/** A warning for each such end: what it means for a policy that is applied more than once. */
export function relativeEndWarnings(ends: readonly RelativeEnd[], { entries }: Table, instant: number): Diagnostic[] {
  const keeping = new Set(entries.map(({ cookie, hardTimeout }) => `${cookie} ${hardTimeout}`));
  return ends.map(({ id, counted: { seconds, span }, end }) => {
    const text = printInstant(end);
    const words = { statement: id, after: printDuration(seconds), end: text };
    const warning = keeping.has(`${cookieOf(id)} ${Math.ceil(end - instant)}`) ? countsFromFirst : countsFromEach;
    const help = `write the end as an instant: \`to ${text}\``;
    return warning(words, { span, help, fix: { title: "write the end as an instant", span, text } });
  });
}
