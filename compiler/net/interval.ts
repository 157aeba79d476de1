/**
 * Intervals of time and the questions asked of them. Every interval is half open: it holds its start and not its end
 * (SEMANTICS, "Flows and time"), so two that follow each other share no instant.
 */

/** `[start, end)` in Unix seconds; `end` may be Infinity. */
export interface Interval {
  readonly start: number;
  readonly end: number;
}

/** All of time. */
export const ALWAYS: Interval = { start: -Infinity, end: Infinity };

/** Whether an interval holds an instant (Unix seconds). */
export const holdsInstant = ({ start, end }: Interval, instant: number): boolean => start <= instant && instant < end;

/** Whether two intervals share an instant. The answer means nothing for an empty interval. */
export const overlap = (a: Interval, b: Interval): boolean => a.start < b.end && b.start < a.end;

/** Whether all of `inner` lies in `outer`. */
export const contains = (outer: Interval, inner: Interval): boolean =>
  outer.start <= inner.start && inner.end <= outer.end;

/** What two intervals share; undefined: nothing. */
export function intersection(a: Interval, b: Interval): Interval | undefined {
  const [start, end] = [Math.max(a.start, b.start), Math.min(a.end, b.end)];
  return start < end ? { start, end } : undefined;
}

/** The smallest interval that contains both. */
export const hull = (a: Interval, b: Interval): Interval => ({
  start: Math.min(a.start, b.start),
  end: Math.max(a.end, b.end),
});
