/**
 * Ends that count from the clock (`to +20min`) are resolved once for each statement (SEMANTICS, "Files"). What remembers
 * them is the switch: its entries of an unchanged statement say when that was, and the policy is decided with those ends.
 */
import type { Decided } from "#compiler/admission/decided.ts";
import { countsFromEach, countsFromFirst } from "#compiler/diagnostics/codes/runtime.ts";
import type { Diagnostic } from "#compiler/diagnostics/diagnostic.ts";
import { PUNCTUAL } from "#compiler/plan/index.ts";
import type { CountedEnd, PolicyRule } from "#compiler/model/model.ts";
import { printDuration, printInstant } from "#compiler/net/index.ts";
import { cookieOf } from "#compiler/table/cookie.ts";
import type { Table } from "#compiler/table/entry.ts";
import type { Lowered } from "#compiler/lowering/index.ts";
import { readTimeouts, type Timeout } from "../../controller/index.ts";
import type { Arguments } from "./command.ts";
import type { Io } from "./io.ts";
import { chooseTable, decidePolicy, tablesOf } from "./policy.ts";

/** A statement in force whose end counts from the clock. */
export interface Counted {
  readonly id: string;
  readonly counted: CountedEnd;
  readonly end: number;
}

/** Those of a policy at an instant. */
export function countedAt({ outcomes, rules }: Pick<Decided, "outcomes" | "rules">, instant: number): Counted[] {
  const found: Counted[] = [];
  const look = (id: string, { counted, interval: { start, end } }: Timed): void => {
    if (counted && start <= instant && instant < end) found.push({ id, counted, end });
  };
  for (const { statement, verdict } of outcomes)
    if (statement.demand.kind === "request" && verdict.kind !== "rejected") look(statement.id, statement.demand);
  for (const { rule } of rules) look(rule.id, rule);
  return found;
}

type Timed = Pick<PolicyRule, "counted" | "interval">;

/** What the switch keeps: ends by statement, of those that are not what would be counted now. */
export async function keptEnds(target: string, counted: readonly Counted[], now: number): Promise<Map<string, number>> {
  const timeouts = await readTimeouts(target);
  const kept = new Map<string, number>();
  for (const one of counted) {
    const end = now + leftOf(one, timeouts.get(cookieOf(one.id)) ?? []);
    if (one.end - end > PUNCTUAL) kept.set(one.id, end);
  }
  return kept;
}

/**
 * Of a label whose text was changed the entries were given another time. Of several that were given this one the first
 * counts: later ones were added when others around them changed.
 */
const leftOf = ({ counted }: Counted, timeouts: readonly Timeout[]): number =>
  Math.min(...timeouts.flatMap(({ given, left }) => (given === counted.seconds ? [left] : [])), counted.seconds);

/** What everybody should know who writes such an end and applies more than once. */
export function countedWarnings(counted: readonly Counted[], { entries }: Table, instant: number): Diagnostic[] {
  const keeping = new Set(entries.map(({ cookie, hardTimeout }) => `${cookie} ${hardTimeout}`));
  return counted.map(({ id, counted: { seconds, span }, end }) => {
    const text = printInstant(end);
    const words = { statement: id, after: printDuration(seconds), end: text };
    const warning = keeping.has(`${cookieOf(id)} ${Math.ceil(end - instant)}`) ? countsFromFirst : countsFromEach;
    const help = `write the end as an instant: \`to ${text}\``;
    return warning(words, { span, help, fix: { title: "write the end as an instant", span, text } });
  });
}

interface When {
  readonly now: number;
  readonly instant: number;
}

/** A policy that is to go onto a switch; with an error it has no tables. */
interface ForSwitch {
  readonly decided: Decided;
  readonly lowered?: Lowered;
}

/** Decides a policy with the ends that the switch keeps, and warns of each end that counts from the clock. */
export async function decideForSwitch(
  paths: readonly string[],
  { now, instant }: When,
  args: Arguments,
  io: Io,
): Promise<ForSwitch> {
  const decideWith = async (kept?: ReadonlyMap<string, number>): Promise<ForSwitch> => {
    const decided = await decidePolicy(paths, now, io, kept);
    return decided.good ? { decided, lowered: await tablesOf(decided, instant, args) } : { decided };
  };
  const first = await decideWith();
  const counted = first.lowered ? countedAt(first.decided, instant) : [];
  // A table of another day says nothing of how long what stands on the switch today has stood there.
  if (counted.length === 0 || instant !== now) return first;
  const kept = await keptEnds(args.value("switch")!, counted, now);
  const { decided, lowered } = kept.size === 0 ? first : await decideWith(kept);
  if (lowered === undefined) return { decided };
  const [, table] = chooseTable(lowered.tables, args.value("as"));
  const warnings = countedWarnings(countedAt(decided, instant), table, instant);
  return { decided, lowered: { ...lowered, diagnostics: [...lowered.diagnostics, ...warnings] } };
}
