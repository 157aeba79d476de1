/**
 * Times as written → seconds. A policy is read again and again: what began before now is taken from now, and what has
 * ended is left out with a note; an end that counts from the clock is resolved once for each statement, where the
 * caller has kept it (SEMANTICS, "Files"). In a trace the clock is the trace's own and nothing is moved.
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

/** By identity of the statement: what an end that counts from the clock was resolved to earlier. Unix seconds. */
export type KeptEnds = ReadonlyMap<string, number>;

export interface CountedInterval {
  readonly interval: Interval;
  /** The end, where it counts from the clock. */
  readonly counted?: CountedEnd;
  readonly startedBefore: boolean;
  /** The interval has ended: it holds no instant to come. */
  readonly ended: boolean;
}

/** `from … to …` at a clock; `kept` gives what an end that counts from it was resolved to. */
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
  // Without a start it began when it was written, and that was before its end.
  const isOld = written.from === undefined ? written.to?.kind === "absolute" && end <= now : start < end && start < now;
  // A span that runs backwards is not an old one: admission rejects it, with a certificate.
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
