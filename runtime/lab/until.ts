/** Waits for a condition instead of for a time. */
import { setTimeout as pause } from "node:timers/promises";

export interface UntilOptions {
  /** Milliseconds after which the condition counts as never coming true. */
  readonly patience?: number;
  /** Milliseconds between two checks. */
  readonly interval?: number;
}

/** Returns true as soon as `condition` is true, or false after `patience`. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  { patience = 60_000, interval = 50 }: UntilOptions = {},
): Promise<boolean> {
  const deadline = performance.now() + patience;
  while (!(await condition())) {
    if (performance.now() > deadline) return false;
    await pause(interval);
  }
  return true;
}

/**
 * Measures up to three times, until it is good, and returns the last measurement. A busy machine slows or starves a flow
 * once, a limit or a queue that is missing does so each time.
 */
export async function steadily<T>(measure: () => Promise<T>, isGood: (measured: T) => boolean): Promise<T> {
  let measured = await measure();
  for (let again = 0; again < 2 && !isGood(measured); again++) measured = await measure();
  return measured;
}
