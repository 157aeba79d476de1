/**
 * Times as written → seconds. A policy is read again and again: what began before now is taken from now, and what has
 * ended is left out with a note (SEMANTICS, "Files"). In a trace the clock is the trace's own and nothing is moved.
 */
import * as codes from "../diagnostics/codes/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Span } from "../source.ts";
import type { TimeExpr } from "../syntax/ast.ts";
import type { Interval } from "./model.ts";

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

export interface Timed {
  readonly interval: Interval;
  readonly startedBefore: boolean;
  /** It lies wholly in the past. */
  readonly ended: boolean;
}

/** `from … to …` at a clock. */
export function interval(
  written: { readonly from?: TimeExpr; readonly to?: TimeExpr },
  now: number,
  trace: boolean,
  span: Span,
  report: (diagnostic: Diagnostic) => void,
): Timed {
  const start = written.from === undefined ? now : instant(written.from, now);
  const end = written.to === undefined ? Number.POSITIVE_INFINITY : instant(written.to, now);
  // Without a start it began when it was written, and that was before its end.
  const isOld = written.from === undefined ? written.to?.kind === "absolute" && end <= now : start < end && start < now;
  // A span that runs backwards is not an old one: admission rejects it, with a certificate.
  if (trace || !isOld) return { interval: { start, end }, startedBefore: false, ended: false };
  if (end <= now) {
    report(codes.ended({}, { span: written.to?.span ?? span }));
    return { interval: { start, end }, startedBefore: true, ended: true };
  }
  report(codes.startedBefore({}, { span: written.from?.span ?? span }));
  return { interval: { start: now, end }, startedBefore: true, ended: false };
}
