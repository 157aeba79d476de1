/**
 * Decisions → the times that count from the clock (`from +10s to +20min`), which are resolved once for each statement
 * (SEMANTICS, "Files"): those that still matter, those that a switch keeps, and warnings about them.
 */
import type { Decided } from "../admission/decided.ts";
import { beginsFromFirst, countsFromFirst } from "../diagnostics/codes/runtime.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { CountedTime, CountedTimes, PolicyRule } from "../model/model.ts";
import type { Kept } from "../model/times.ts";
import { printDuration, printInstant } from "../net/index.ts";

/** A statement that has not ended and has times that count from the clock. */
export interface RelativeTimes {
  /** The identity of the statement or rule. */
  readonly id: string;
  readonly counted: CountedTimes;
}

/** Which of a statement's times it is. */
export type Which = "from" | "to";

/** The relative times of what has not ended at an instant (Unix seconds), also of what begins later. */
export function relativeTimes(
  { outcomes, rules }: Pick<Decided, "outcomes" | "rules">,
  instant: number,
): RelativeTimes[] {
  const times: RelativeTimes[] = [];
  const add = (id: string, { counted, interval }: Pick<PolicyRule, "counted" | "interval">): void => {
    if (counted && instant < interval.end) times.push({ id, counted });
  };
  for (const { statement, verdict } of outcomes)
    if (statement.demand.kind === "request" && verdict.kind !== "rejected") add(statement.id, statement.demand);
  for (const { rule } of rules) add(rule.id, rule);
  return times;
}

/**
 * In seconds: by so much the clock of one machine that applies may differ from that of another. A time that was counted
 * with a clock that was further ahead is not kept, since it might hold for years.
 */
const CLOCKS_DIFFER = 60;

/**
 * Key → the times that a switch keeps. A statement begins anew if its end is over at `now`, if one of its times is not
 * kept, or if one is later than would be counted at `latest`, when the switch was read (both in Unix seconds).
 */
export function keptTimes(
  times: readonly RelativeTimes[],
  kept: (key: string, which: Which) => number | undefined,
  { now, latest }: { readonly now: number; readonly latest: number },
): Map<string, Kept> {
  const found = new Map<string, Kept>();
  for (const { counted } of times) {
    const at = { from: kept(counted.key, "from"), to: kept(counted.key, "to") };
    const stands = (which: Which): boolean => {
      const fresh = counted[which];
      return fresh === undefined || (at[which] !== undefined && at[which] <= latest + fresh.seconds + CLOCKS_DIFFER);
    };
    const isOver = counted.to !== undefined && at.to !== undefined && at.to <= now;
    if (isOver || !stands("from") || !stands("to")) continue;
    found.set(counted.key, {
      ...(counted.from && at.from !== undefined && { from: at.from }),
      ...(counted.to && at.to !== undefined && { to: at.to }),
    });
  }
  return found;
}

/** A warning for each such time, which says what it means for a policy that is applied more than once. */
export function relativeTimeWarnings(times: readonly RelativeTimes[]): Diagnostic[] {
  return times.flatMap(({ id, counted: { from, to } }) => {
    const start =
      from && warning(from, "start", (after, at) => beginsFromFirst({ statement: id, after, start: at }, {}));
    const end = to && warning(to, "end", (after, at) => countsFromFirst({ statement: id, after, end: at }, {}));
    return [start, end].filter((one) => one !== undefined);
  });
}

function warning(
  { seconds, span, at }: CountedTime,
  what: "start" | "end",
  say: (after: string, at: string) => Diagnostic,
): Diagnostic {
  const text = printInstant(at);
  const help = `write the ${what} as an instant: \`${what === "start" ? "from" : "to"} ${text}\``;
  const fix = { title: `write the ${what} as an instant`, span, text };
  return { ...say(printDuration(seconds), text), span, help, fix };
}
