/**
 * Reservations, naively (SEMANTICS, "reserve"): every drain is kept for ever, and a bucket is simulated from the time
 * at which its share was made. It shares no code with the timelines, which it checks.
 */
import type { Interval } from "../net/interval.ts";

/** The drain of a reservation. That of a cancelled one ends at its cancellation. */
export interface Drain {
  readonly id: string;
  /** The keys of the shares that it is charged to. */
  readonly charged: ReadonlySet<string>;
  /** In bit/s. */
  readonly rate: number;
  readonly interval: Interval;
}

/** A share as a place where drains add up. */
export interface Reservoir {
  readonly key: string;
  /** In Unix seconds. */
  readonly made: number;
  /** In bit/s. */
  readonly max: number;
  /** In bit/s. */
  readonly min: number;
  /** In bit/s and bits. */
  readonly bucket?: { readonly fill: number; readonly capacity: number } | undefined;
}

/** The sum of the drains of a share at an instant, in bit/s. */
export const drainAt = (key: string, drains: readonly Drain[], instant: number): number =>
  drains
    .filter(({ charged, interval }) => charged.has(key) && interval.start <= instant && instant < interval.end)
    .reduce((sum, { rate }) => sum + rate, 0);

/**
 * Whether the reservoir bears one more drain: its sum stays within `min` and `max`, and the bucket never below empty.
 */
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

/** The drains if some are cancelled now. What they have drained stays drained. */
export const without = (drains: readonly Drain[], ids: ReadonlySet<string>, now: number): Drain[] =>
  drains.map((one) =>
    ids.has(one.id) ? { ...one, interval: { ...one.interval, end: Math.min(one.interval.end, now) } } : one,
  );
