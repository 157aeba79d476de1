/**
 * Calm around an instant: where no drain exceeds the fill and a whole capacity flows in, a bucket is full, and nothing
 * is needed. Seen from the highest rates of a few chunks, without reading a step; most buckets are calm most of the
 * time. Products are exact as far as a capacity goes, which is as far as they matter.
 */
import type { Rates } from "./rates.ts";

/** Whether the bucket is full at an instant, however little it held before. `false` says nothing. */
export function calmBefore({ chunks }: Rates, c: number, at: number, fill: number, capacity: number): boolean {
  let inflow = 0;
  let to = at;
  for (let before = c; before >= 0; before -= 1) {
    const { times, high, lift } = chunks[before]!;
    const spare = fill - high - lift;
    if (spare < 0) return false;
    inflow += spare * (to - times[0]!);
    if (inflow >= capacity) return true;
    to = times[0]!;
  }
  return false;
}

/** Whether nothing is needed at an instant for what comes later, given that no window takes more than a capacity. */
export function calmAfter({ chunks }: Rates, c: number, at: number, fill: number, capacity: number): boolean {
  let inflow = 0;
  let from = at;
  for (let after = c; after < chunks.length; after += 1) {
    const { high, lift } = chunks[after]!;
    const spare = fill - high - lift;
    if (spare < 0) return false;
    if (after + 1 === chunks.length) return true;
    const to = chunks[after + 1]!.times[0]!;
    inflow += spare * (to - from);
    if (inflow >= capacity) return true;
    from = to;
  }
  return false;
}
