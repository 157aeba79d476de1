/** Waits for a condition, however long this machine takes within reason. */
import { setTimeout as pause } from "node:timers/promises";

export interface UntilOptions {
  /** Milliseconds after which the condition counts as never coming true. */
  readonly patience?: number;
  /** Milliseconds between two looks. */
  readonly interval?: number;
}

/** True as soon as `condition` is; false when patience ends. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  { patience = 15_000, interval = 50 }: UntilOptions = {},
): Promise<boolean> {
  const deadline = performance.now() + patience;
  while (!(await condition())) {
    if (performance.now() > deadline) return false;
    await pause(interval);
  }
  return true;
}
