/** Times in words → the policy's clock and the instants of interest. */
import { parseDuration, parseInstant } from "../net/index.ts";
import { found, misuse, type Lookup } from "./found.ts";

/** All in Unix seconds. */
export interface When {
  /** The policy's clock: `now` and relative times of the policy count from it. */
  readonly now: number;
  /** In the order of the words; never empty. */
  readonly instants: readonly number[];
}

/**
 * Reads `2026-12-01T09:00:00Z`, `@1796115600`, `+20min` and `now`. An absolute first time is the policy's clock as well
 * as the instant, so that the same words always give the same bytes; `+20min` looks ahead of the clock. `clock` is the
 * time of day, `name` is what the words are called in a fault.
 */
export function readInstants(texts: readonly string[], clock: number, name: string): Lookup<When> {
  const readings: { readonly at?: number; readonly ahead?: number }[] = [];
  for (const text of texts) {
    const isAhead = text.startsWith("+");
    const read =
      text === "now"
        ? ({ ok: true, value: undefined } as const)
        : isAhead
          ? parseDuration(text.slice(1))
          : parseInstant(text);
    if (!read.ok) {
      const help = read.fix === undefined ? "write 2026-12-01T09:00:00Z, @1796115600 or +20min" : `write ${read.fix}`;
      return misuse(`${name} ${text}: ${read.fault}`, help);
    }
    readings.push(read.value === undefined ? {} : isAhead ? { ahead: read.value } : { at: read.value });
  }
  const now = readings[0]?.at ?? clock;
  const instants = readings.map(({ at, ahead = 0 }) => at ?? now + ahead);
  return found({ now, instants: instants.length === 0 ? [now] : instants });
}
