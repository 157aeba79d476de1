/**
 * Times as written → seconds. A policy is read again and again: a start before now becomes now, and a statement that
 * has ended is left out with a note. A time that counts from the clock is resolved once for each statement, if the
 * caller has kept it (SEMANTICS, "Files"). The times of a trace, and of a statement to a running network, are not changed.
 */
import * as codes from "../diagnostics/codes/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Span } from "../source.ts";
import type { TimeExpr } from "../syntax/ast.ts";
import type { CountedTime, CountedTimes } from "./model.ts";
import type { Interval } from "../net/interval.ts";

/** A point in time as Unix seconds. */
export function instant(time: TimeExpr, now: number): number {
  switch (time.kind) {
    case "now":
      return now;
    case "forever":
      return Number.POSITIVE_INFINITY;
    case "relative":
      return now + time.seconds;
    case "absolute":
      return time.seconds;
  }
}

/** Seconds of no time that RFC 3339 can write; as milliseconds they are of this century. */
const AS_MILLISECONDS = 1e12;

/** Warns of a time in milliseconds, as many clocks count them, which is read as an instant that nobody sees. */
function warnOfMilliseconds(time: TimeExpr | undefined, report: (diagnostic: Diagnostic) => void): void {
  if (time?.kind !== "absolute" || time.seconds < AS_MILLISECONDS) return;
  const { seconds, span } = time;
  const year = String(Math.floor(1970 + seconds / SECONDS_OF_YEAR));
  const meant = Math.floor(seconds / 1000);
  const fix = { title: `write \`@${meant}\``, span, text: `@${meant}` };
  report(codes.inMilliseconds({ given: String(seconds), year }, { span, fix }));
}

const SECONDS_OF_YEAR = 31_556_952;

/** The times of one statement that counted from an earlier clock, in Unix seconds. */
export interface Kept {
  readonly from?: number;
  readonly to?: number;
}

/** The key of a statement (`CountedTimes`) → its times that counted from an earlier clock. */
export type KeptTimes = ReadonlyMap<string, Kept>;

interface Written {
  readonly from?: TimeExpr;
  readonly to?: TimeExpr;
}

/** The clock with which times are read. */
export interface Clock {
  /** Unix seconds. */
  readonly now: number;
  /** Times are left as written, as in a trace and in a statement to a running network: admission judges them. */
  readonly asWritten: boolean;
  readonly kept?: KeptTimes | undefined;
}

export interface CountedInterval {
  readonly interval: Interval;
  /** The times that count from the clock; absent if none does. */
  readonly counted?: CountedTimes;
  readonly startedBefore: boolean;
  /** Whether the interval has ended before now. */
  readonly ended: boolean;
}

/** `from … to …` at a clock. `keyOf`: the key of the statement, which is asked for if a time counts from the clock. */
export function interval(
  written: Written,
  { now, asWritten, kept }: Clock,
  span: Span,
  report: (diagnostic: Diagnostic) => void,
  keyOf: () => string,
): CountedInterval {
  for (const time of [written.from, written.to]) warnOfMilliseconds(time, report);
  const counted = asWritten ? undefined : countedTimes(written, now, kept, keyOf);
  const counts = counted && { counted };
  const start = counted?.from?.at ?? (written.from === undefined ? now : instant(written.from, now));
  const end = counted?.to?.at ?? (written.to === undefined ? Number.POSITIVE_INFINITY : instant(written.to, now));
  if (start === Infinity) {
    report(codes.neverBegins({}, { span: written.from?.span ?? span }));
    return { interval: { start, end }, startedBefore: false, ended: true };
  }
  // A start that counts from the clock came when the statement was first read, which was before its end.
  const hasEnded = written.from?.kind !== "absolute" && written.to?.kind === "absolute" && end <= now;
  const isOld = hasEnded || (start < end && start < now);
  // A span that runs backwards has not ended: admission rejects it with a certificate.
  if (asWritten || !isOld) return { interval: { start, end }, ...counts, startedBefore: false, ended: false };
  if (end <= now) {
    report(codes.ended({}, { span: written.to?.span ?? span }));
    return { interval: { start, end }, startedBefore: true, ended: true };
  }
  // A start that was kept has come as it was meant to.
  if (counted?.from !== undefined)
    return { interval: { start: now, end }, ...counts, startedBefore: true, ended: false };
  report(codes.startedBefore({}, { span: written.from?.span ?? span }));
  return { interval: { start: now, end }, ...counts, startedBefore: true, ended: false };
}

/** The times that count from the clock, as they were kept or else from now. */
function countedTimes(
  { from, to }: Written,
  now: number,
  kept: KeptTimes | undefined,
  keyOf: () => string,
): CountedTimes | undefined {
  if (from?.kind !== "relative" && to?.kind !== "relative") return undefined;
  const key = keyOf();
  const earlier = kept?.get(key);
  const counted = (time: TimeExpr | undefined, at: number | undefined): CountedTime | undefined =>
    time?.kind === "relative" ? { seconds: time.seconds, span: time.span, at: at ?? now + time.seconds } : undefined;
  const [start, end] = [counted(from, earlier?.from), counted(to, earlier?.to)];
  return { key, ...(start && { from: start }), ...(end && { to: end }) };
}
