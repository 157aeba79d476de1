/**
 * Decisions → the relative times of statements (`from +10s to +20min`): those that still matter, those that a switch
 * keeps, and warnings about them. A relative time counts from the clock once, and is kept while its statement is
 * unchanged (SEMANTICS, "Files").
 */
import type { Decided } from "../admission/decided.ts";
import { beginsFromFirst, clockBehind, countsFromFirst } from "../diagnostics/codes/runtime.ts";
import { ended } from "../diagnostics/codes/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { CountedTime, CountedTimes, Model, PolicyRule } from "../model/model.ts";
import type { Kept } from "../model/times.ts";
import { printDuration, printInstant } from "../net/index.ts";

/** The relative times of one statement or rule. */
export interface RelativeTimes {
  /** The identity of the statement or rule. */
  readonly id: string;
  readonly counted: CountedTimes;
}

type Bound = "from" | "to";

/**
 * The relative times of statements and rules that end after `instant` (Unix seconds), also of those that begin later.
 */
export function relativeTimes(
  { outcomes, rules }: Pick<Decided, "outcomes" | "rules">,
  instant: number,
): RelativeTimes[] {
  const times: RelativeTimes[] = [];
  const add = (id: string, { counted, interval }: Pick<PolicyRule, "counted" | "interval">): void => {
    if (counted && instant < interval.end) times.push({ id, counted });
  };
  for (const { statement, verdict } of outcomes) {
    const { demand } = statement;
    if (demand.kind === "request" && (verdict.kind !== "rejected" || isBackwards(demand))) add(statement.id, demand);
  }
  for (const { rule } of rules) add(rule.id, rule);
  return times;
}

/** Whether a start that counts from the clock comes after the end, and may have come before it as a switch keeps it. */
const isBackwards = ({ counted, interval }: Pick<PolicyRule, "counted" | "interval">): boolean =>
  counted?.from !== undefined && interval.start >= interval.end;

/** Whether anything of a model counts from the clock, which the times that a switch keeps may put elsewhere. */
export const countsFromClock = ({ statements, policies }: Pick<Model, "statements" | "policies">): boolean =>
  statements.some(({ demand }) => demand.kind === "request" && demand.counted !== undefined) ||
  policies.some(({ rules }) => rules.some(({ counted }) => counted !== undefined));

/** Whether a statement that was refused may stand with the times that a switch keeps. */
export const mayStandAsKept = ({ outcomes }: Pick<Decided, "outcomes">): boolean =>
  outcomes.some(
    ({ statement: { demand }, verdict }) =>
      demand.kind === "request" && verdict.kind === "rejected" && isBackwards(demand),
  );

/**
 * Seconds by which the clocks of two machines that apply a policy may differ. A time that was counted with a clock
 * further ahead is not kept, since it might hold for years.
 */
const CLOCKS_DIFFER = 60;
/** Seconds by which a clock may lag behind that of the last apply, as the switch counts them, before it is said. */
const LAG = 5;

/**
 * The times that go on from an earlier application, by key; `kept` gives what a switch has. A statement is absent, and
 * so counts anew, if its end has passed at `now`, if the switch lacks one of its times, or if a time is later than
 * counting at `latest` would make it: `latest` is when the switch was read. Both are in Unix seconds.
 */
export function keptTimes(
  times: readonly RelativeTimes[],
  kept: (key: string, bound: Bound) => number | undefined,
  { now, latest }: { readonly now: number; readonly latest: number },
): Map<string, Kept> {
  const found = new Map<string, Kept>();
  for (const { counted } of times) {
    const at = { from: kept(counted.key, "from"), to: kept(counted.key, "to") };
    const isKept = (bound: Bound): boolean => {
      const fresh = counted[bound];
      return fresh === undefined || (at[bound] !== undefined && at[bound] <= latest + fresh.seconds + CLOCKS_DIFFER);
    };
    const isOver = counted.to !== undefined && at.to !== undefined && at.to <= now;
    if (isOver || !isKept("from") || !isKept("to")) continue;
    found.set(counted.key, {
      ...(counted.from && at.from !== undefined && { from: at.from }),
      ...(counted.to && at.to !== undefined && { to: at.to }),
    });
  }
  return found;
}

/** Whether a policy states an end or a start to come, be it over at `instant` (Unix seconds). */
export const statesTimes = ({ outcomes, rules, diagnostics }: Decided, instant: number): boolean =>
  diagnostics.some(({ code }) => code === ended.code) ||
  outcomes.some(({ statement: { demand } }) => demand.kind === "request" && isTimed(demand.interval, instant)) ||
  rules.some(({ rule }) => isTimed(rule.interval, instant));

const isTimed = ({ start, end }: PolicyRule["interval"], instant: number): boolean =>
  end !== Number.POSITIVE_INFINITY || start > instant;

/**
 * What becomes of the clock that an earlier apply recorded, where this machine's says `now`: what the next record says,
 * and a warning where ours is behind. The recorded one has gone on by `age`, as the switch counted. All in seconds.
 */
export function settleClock(
  recorded: { readonly at: number; readonly age: number } | undefined,
  now: number,
  target: string,
): { readonly at: number; readonly warnings: readonly Diagnostic[] } {
  if (recorded === undefined) return { at: Math.floor(now), warnings: [] };
  const behind = Math.round(recorded.at + recorded.age - now);
  if (Math.abs(behind) <= LAG) return { at: recorded.at, warnings: [] };
  const help = "where it is right now, all is well; else set it, and apply again";
  const warnings = behind > 0 ? [clockBehind({ by: printDuration(behind), target }, { help })] : [];
  return { at: Math.floor(now), warnings };
}

/** A warning for each relative time: it says what the time means for a policy that is applied more than once. */
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
  diagnosticOf: (after: string, at: string) => Diagnostic,
): Diagnostic {
  const text = printInstant(at);
  const help = `write the ${what} as an instant: \`${what === "start" ? "from" : "to"} ${text}\``;
  const fix = { title: `write the ${what} as an instant`, span, text };
  return { ...diagnosticOf(printDuration(seconds), text), span, help, fix };
}
