/**
 * Times as written → seconds. A policy is read again and again: a start before now becomes now, and a statement that
 * has ended is left out with a note. An end that counts from the clock is resolved once for each statement, if the
 * caller has kept it (SEMANTICS, "Files"). A trace has its own clock, and its times are not changed.
 */
import * as codes from "../diagnostics/codes/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Span } from "../source.ts";
import type { TimeExpr } from "../syntax/ast.ts";
import type { CountedEnd } from "./model.ts";
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

/** Identity of a statement → its end in Unix seconds, for ends that counted from an earlier clock. */
export type KeptEnds = ReadonlyMap<string, number>;

export interface CountedInterval {
  readonly interval: Interval;
  /** The end, where it counts from the clock. */
  readonly counted?: CountedEnd;
  readonly startedBefore: boolean;
  /** Whether the interval has ended before now. */
  readonly ended: boolean;
}

/** `from … to …` at a clock. `kept`: the end that was resolved earlier, if it counts from the clock. */
export function interval(
  written: { readonly from?: TimeExpr; readonly to?: TimeExpr },
  now: number,
  trace: boolean,
  span: Span,
  report: (diagnostic: Diagnostic) => void,
  kept: () => number | undefined,
): CountedInterval {
  const start = written.from === undefined ? now : instant(written.from, now);
  const { end, ...counts } = endOf(written.to, now, kept);
  if (start === Infinity) {
    report(codes.neverBegins({}, { span: written.from?.span ?? span }));
    return { interval: { start, end }, startedBefore: false, ended: true };
  }
  // A statement without a start began when it was written, which was before its end.
  const isOld = written.from === undefined ? written.to?.kind === "absolute" && end <= now : start < end && start < now;
  // A span that runs backwards has not ended: admission rejects it with a certificate.
  if (trace || !isOld) return { interval: { start, end }, ...counts, startedBefore: false, ended: false };
  if (end <= now) {
    report(codes.ended({}, { span: written.to?.span ?? span }));
    return { interval: { start, end }, startedBefore: true, ended: true };
  }
  report(codes.startedBefore({}, { span: written.from?.span ?? span }));
  return { interval: { start: now, end }, ...counts, startedBefore: true, ended: false };
}

function endOf(
  to: TimeExpr | undefined,
  now: number,
  kept: () => number | undefined,
): { readonly end: number; readonly counted?: CountedEnd } {
  if (to === undefined) return { end: Number.POSITIVE_INFINITY };
  if (to.kind !== "relative") return { end: instant(to, now) };
  const { seconds, span } = to;
  return { end: kept() ?? now + seconds, counted: { seconds, span } };
}
