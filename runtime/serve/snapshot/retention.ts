/** How much of a log stays, for audit and events: as it is unless it is said, and as it is written on a command line. */
import { parseDuration } from "#compiler/net/index.ts";

/** So many records, and those of so many seconds, whichever are more. */
export interface Retention {
  readonly records: number;
  readonly seconds: number;
}

export const RETENTION: Retention = { records: 100_000, seconds: 30 * 24 * 3600 };

/** `RECORDS,DURATION`, such as `100000,30d`; undefined: it is none. */
export function readRetention(text: string): Retention | undefined {
  const [, digits, lasting] = /^(\d{1,12}),(\S+)$/.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const duration = parseDuration(lasting!);
  return duration.ok ? { records: Number(digits), seconds: duration.value } : undefined;
}
