/** The hard timeouts of entries: what is left of them when they are sent. */
import type { Action, Entry } from "../../compiler/table/entry.ts";

/** Seconds that have gone since the timeouts of a table counted. */
export type Elapsed = () => number;

/** The timeout of an entry after so many seconds, 0 where it has none; undefined where its time is over. */
export function timeLeft(entry: Entry, seconds: number): number | undefined {
  if (entry.hardTimeout === 0) return 0;
  const left = entry.hardTimeout - Math.max(0, seconds);
  const whole = permits(entry) ? Math.floor(left) : Math.ceil(left);
  return whole > 0 ? whole : undefined;
}

/**
 * Whether an entry lets pass what would not pass without it, rather than hold back or lead: its time is rounded down, all
 * others' up. Where a conjunction permits, its verdict does, and its members need not.
 */
const permits = ({ instructions }: Entry): boolean =>
  instructions.length > 0 &&
  instructions.every((one) => one.kind !== "meter" && (one.kind !== "apply" || one.actions.every(goesOn)));

const goesOn = (action: Action): boolean =>
  action.kind !== "conjunction" && (action.kind !== "output" || typeof action.port !== "number");
