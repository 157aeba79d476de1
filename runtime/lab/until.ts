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
