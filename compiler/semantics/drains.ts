/**
 * Reservations, naively (SEMANTICS, "reserve"): every drain that there ever was is kept, and a bucket is simulated from
 * the day on which it was made. Shares no code with the timelines, which it is there to check.
 */
import type { Interval } from "../net/interval.ts";

/** What a reservation drains; of one that was cancelled, what it had drained until then. */
export interface Drain {
  readonly id: string;
  /** The shares that it is charged to. */
  readonly charged: ReadonlySet<string>;
  readonly rate: number;
  readonly interval: Interval;
}

/** A share as a place where drains add up. */
export interface Reservoir {
  readonly key: string;
  readonly made: number;
  readonly max: number;
  readonly min: number;
  readonly bucket?: { readonly fill: number; readonly capacity: number } | undefined;
}

/** What is drained in all at an instant. */
export const drainAt = (key: string, drains: readonly Drain[], instant: number): number =>
  drains
    .filter(({ charged, interval }) => charged.has(key) && interval.start <= instant && instant < interval.end)
    .reduce((sum, { rate }) => sum + rate, 0);

/** Whether the reservoir bears a further drain: within M and m wherever it drains, and the bucket never below empty. */
export function bears({ key, made, max, min, bucket }: Reservoir, drains: readonly Drain[], more: Drain): boolean {
  const all = [...drains, more];
  const { start, end } = more.interval;
  const ends = all.flatMap(({ interval }) => [interval.start, interval.end]);
  const times = [...new Set([made, ...ends])]
    .filter((time) => time >= made && time < Infinity)
    .toSorted((a, b) => a - b);
  let level = 0;
  for (const [i, time] of times.entries()) {
    const drain = drainAt(key, all, time);
    if (start <= time && time < end && (drain > max || drain < min)) return false;
    if (!bucket) continue;
    const next = times[i + 1] ?? Infinity;
    if (next === Infinity) return drain <= bucket.fill;
    level = Math.min(bucket.capacity, level + (bucket.fill - drain) * (next - time));
    if (level < 0) return false;
  }
  return true;
}

/** What is left of the drains if these are cancelled now: what has been drained stays drained. */
export const without = (drains: readonly Drain[], ids: ReadonlySet<string>, now: number): Drain[] =>
  drains.map((one) =>
    ids.has(one.id) ? { ...one, interval: { ...one.interval, end: Math.min(one.interval.end, now) } } : one,
  );
