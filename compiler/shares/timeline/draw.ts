/**
 * What one more reservation draws from a bucket: the window that overdraws it most, if any does. Windows that the
 * request does not touch are not its fault and are not looked at.
 */
import type { Interval } from "../../net/interval.ts";
import { amount, saturated } from "./bucket.ts";
import type { Timeline } from "./timeline.ts";

/** A window that drains more than the bucket has for it. */
export interface Overdraft {
  /** In bits; exact below 2^53, Infinity for a window without an end. */
  readonly excess: number;
  /** Seconds of the window that the request covers. */
  readonly overlap: number;
  readonly window: Interval;
}

/** The worst window; `undefined` if the bucket bears the request. */
export function overdraft(timeline: Timeline, { start, end }: Interval, rate: number): Overdraft | undefined {
  const { bucket, rates } = timeline;
  if (!bucket || rate === 0) return undefined;
  const { fill, capacity } = bucket;
  let { level, since } = timeline.levelAt(start);
  let worst: Overdraft | undefined;
  const found = (excess: number, from: number, until: number, to: number): void => {
    if (excess <= 0 || excess <= (worst?.excess ?? 0)) return;
    worst = { excess, overlap: until - Math.max(from, start), window: { start: from, end: to } };
  };
  found(-level, since, start, start);
  const { chunks } = rates;
  for (let c = rates.chunkAt(start); c < chunks.length && chunks[c]!.times[0]! < end; c += 1) {
    const chunk = chunks[c]!;
    const { times, rates: steps, lift } = chunk;
    const next = chunks[c + 1]?.times[0] ?? Infinity;
    for (let i = Math.max(0, chunk.position(start)); i < times.length && times[i]! < end; i += 1) {
      const from = Math.max(start, times[i]!);
      const to = Math.min(end, i + 1 < times.length ? times[i + 1]! : next);
      const net = fill - steps[i]! - lift - rate;
      level = saturated(level + amount(net, to - from));
      if (to === Infinity) {
        if (net < 0) found(Infinity, since, Infinity, Infinity);
      } else if (level >= capacity) [level, since] = [capacity, to];
      else found(-level, since, to, to);
    }
  }
  if (end < Infinity) {
    const { need, until } = timeline.needAt(end);
    if (need > 0) found(need - level, since, end, until);
  }
  return worst;
}
