/** The hard timeouts of entries → what is left of them when they are sent. */
import type { Action, Entry } from "../../compiler/table/entry.ts";

/** A clock: seconds since the timeouts of a table began to count. */
export type Elapsed = () => number;

/**
 * The remaining timeout of an entry after so many seconds; 0 if it has none, `undefined` if it is over. Fewer than none have
 * passed where the machine's clock was set back: the end is so much further away.
 */
export function timeLeft(entry: Entry, seconds: number): number | undefined {
  if (entry.hardTimeout === 0) return 0;
  const left = entry.hardTimeout - seconds;
  const whole = permits(entry) ? Math.floor(left) : Math.ceil(left);
  return whole > 0 ? whole : undefined;
}

/**
 * Whether an entry passes packets that would be dropped without it. Its time is rounded down. That of entries which
 * restrict or steer is rounded up. A conjunction permits by its verdict alone, so its members count as restricting.
 */
export const permits = ({ instructions }: Entry): boolean =>
  instructions.length > 0 &&
  instructions.every((one) => one.kind !== "meter" && (one.kind !== "apply" || one.actions.every(goesOn)));

const goesOn = (action: Action): boolean =>
  action.kind !== "conjunction" && (action.kind !== "output" || typeof action.port !== "number");
