/** The course of a bucket: level and need at every step, in flat arrays, for searches that read all that is to come. */
import { amount, BRIM, saturated, type Bucket } from "./bucket.ts";
import type { Chunk } from "./rates.ts";

export interface Course {
  /** When each step begins; the last one is followed by Infinity. */
  readonly times: Float64Array;
  readonly drains: Float64Array;
  /** What the bucket holds where the step begins. */
  readonly levels: Float64Array;
  /** What the bucket must hold there for later reservations, and the end of the window that takes so much. */
  readonly needs: Float64Array;
  readonly untils: Float64Array;
  /** ∫(D − F) from the first step to this one; absent where it does not stay below 2^52. */
  readonly excess: Float64Array | undefined;
}

/** Both readings of the excess, forwards and backwards, over the last chunks; `initial`: the level where these begin. */
export function courseOf(chunks: readonly Chunk[], { fill, capacity }: Bucket, initial: number): Course {
  const size = chunks.reduce((sum, { times }) => sum + times.length, 0);
  const make = (): Float64Array => new Float64Array(size + 1);
  const [times, drains, levels, needs, untils, excess] = [make(), make(), make(), make(), make(), make()];
  let n = 0;
  for (const chunk of chunks) {
    for (let i = 0; i < chunk.times.length; i += 1, n += 1) {
      times[n] = chunk.times[i]!;
      drains[n] = chunk.rates[i]! + chunk.lift;
    }
  }
  times[size] = Infinity;
  levels[0] = initial;
  let exact = true;
  for (let i = 0; i + 1 < size; i += 1) {
    const more = amount(drains[i]! - fill, times[i + 1]! - times[i]!);
    levels[i + 1] = Math.min(capacity, saturated(levels[i]! - more));
    excess[i + 1] = excess[i]! + more;
    if (Math.abs(excess[i + 1]!) > BRIM / 2) exact = false;
  }
  needs[size] = 0;
  untils[size] = Infinity;
  needs[size - 1] = drains[size - 1]! > fill ? Infinity : 0;
  untils[size - 1] = needs[size - 1] === 0 ? times[size - 1]! : Infinity;
  for (let i = size - 2; i >= 0; i -= 1) {
    const need = needs[i + 1]! + amount(drains[i]! - fill, times[i + 1]! - times[i]!);
    needs[i] = need === Infinity ? Infinity : Math.max(0, saturated(need));
    untils[i] = need > 0 ? untils[i + 1]! : times[i]!;
  }
  return { times, drains, levels, needs, untils, excess: exact ? excess : undefined };
}
