/**
 * A token bucket along a step function of drain: what is left at an instant, and what must be left for what comes
 * later. Level and need are two readings of one quantity, the excess ∫(D − F): the level is what the worst window up to
 * now leaves of the capacity, the need is the worst window from now on.
 *
 * Everything is an integer below 2^53. A product beyond it saturates, which changes no answer: a bucket holds less.
 */
import { calmAfter, calmBefore } from "./calm.ts";
import type { Chunk, Rates } from "./rates.ts";

export interface Bucket {
  /** Bits that flow in each second. */
  readonly fill: number;
  /** Bits that it holds at most. */
  readonly capacity: number;
}

/** A bucket holds no more than this: 9 petabits. */
export const BRIM = Number.MAX_SAFE_INTEGER;

/** Within what a bucket can hold or owe. */
export const saturated = (bits: number): number => Math.max(-BRIM, Math.min(BRIM, bits));

/** What a net rate brings in `seconds`, which may be infinite. */
export const amount = (rate: number, seconds: number): number => (rate === 0 ? 0 : saturated(rate * seconds));

/** Excess over the fill, from the first to the last step of a chunk. */
interface Excess {
  readonly fill: number;
  readonly total: number;
  /** The excess of the worst window that begins where the chunk does. */
  readonly prefix: number;
  /** The excess of the worst window that ends where the chunk does. */
  readonly suffix: number;
}

function excessOf(chunk: Chunk, fill: number): Excess {
  const known = chunk.summary as Excess | undefined;
  if (known?.fill === fill) return known;
  const { times, rates, lift } = chunk;
  let [total, prefix, suffix] = [0, 0, 0];
  for (let i = 0; i + 1 < times.length; i += 1) {
    const more = amount(rates[i]! + lift - fill, times[i + 1]! - times[i]!);
    total = saturated(total + more);
    if (total > prefix) prefix = total;
    suffix = suffix + more > 0 ? saturated(suffix + more) : 0;
  }
  const excess = { fill, total, prefix, suffix };
  chunk.summary = excess;
  return excess;
}

/** The level where the next chunk begins, from one where this does; undefined: it may be full between the two. */
export function passing(chunk: Chunk, next: number, { fill, capacity }: Bucket, level: number): number | undefined {
  const { times, rates, lift, low } = chunk;
  if (level + amount(Math.max(0, fill - low - lift), next - times[0]!) >= capacity) return undefined;
  const last = times.length - 1;
  const rest = amount(fill - rates[last]! - lift, next - times[last]!);
  return saturated(level - excessOf(chunk, fill).total + rest);
}

/** What is left at an instant, and where the window begins that leaves so little. */
export interface Level {
  readonly level: number;
  readonly since: number;
}

/**
 * The level at `at`, from the level at the start of the step function. `lawful`: nothing is overdrawn, so that it is
 * enough to look back as far as a whole capacity flowed in.
 */
export function levelAt(rates: Rates, bucket: Bucket, initial: number, at: number, lawful: boolean): Level {
  const { fill, capacity } = bucket;
  const { chunks } = rates;
  const last = rates.chunkAt(at);
  if (lawful && calmBefore(rates, last, at, fill, capacity)) return { level: capacity, since: at };
  const first = lawful ? refilledBefore(rates, bucket, last) : 0;
  let level = first > 0 ? capacity : initial;
  let since = chunks[first]!.times[0]!;
  /** The chunk in which the bucket was full for the last time, if `since` is out of date; and the level before it. */
  let refilled: number | undefined;
  let before = 0;
  for (let c = first; c < last; c += 1) {
    const chunk = chunks[c]!;
    const { total, suffix } = excessOf(chunk, fill);
    if (capacity - suffix < level - total) {
      refilled = c;
      before = level;
      level = capacity - suffix;
    } else level = saturated(level - total);
    const next = chunks[c + 1]!.times[0]!;
    level = saturated(level + amount(fill - chunk.rates.at(-1)! - chunk.lift, next - chunk.times.at(-1)!));
    if (level >= capacity) {
      level = capacity;
      since = next;
      refilled = undefined;
    }
  }
  if (refilled !== undefined) {
    const chunk = chunks[refilled]!;
    ({ since } = walk(chunk, fill, capacity, { level: before, since }, chunk.times.at(-1)!));
  }
  return walk(chunks[last]!, fill, capacity, { level, since }, at);
}

/** The last chunk between which and chunk `c` a whole capacity flows in: whatever the level was, it does not matter. */
function refilledBefore({ chunks }: Rates, { fill, capacity }: Bucket, c: number): number {
  let total = 0;
  for (let before = c - 1; before > 0; before -= 1) {
    const chunk = chunks[before]!;
    const gap = chunks[before + 1]!.times[0]! - chunk.times.at(-1)!;
    total += excessOf(chunk, fill).total + amount(chunk.rates.at(-1)! + chunk.lift - fill, gap);
    if (total <= -capacity) return before;
  }
  return 0;
}

/** Step by step inside one chunk. */
function walk(chunk: Chunk, fill: number, capacity: number, from: Level, to: number): Level {
  const { times, rates, lift } = chunk;
  let { level, since } = from;
  for (let i = 0; i < times.length && times[i]! < to; i += 1) {
    const end = i + 1 < times.length ? Math.min(times[i + 1]!, to) : to;
    level = saturated(level + amount(fill - rates[i]! - lift, end - times[i]!));
    if (level >= capacity) {
      level = capacity;
      since = end;
    }
  }
  return { level, since };
}

/** What must be left at an instant, and the end of the window that takes it; Infinity: it never ends. */
export interface Need {
  readonly need: number;
  readonly until: number;
}

/** The need at `at`. `lawful`: no window to come takes more than the capacity, so that it is enough to look so far. */
export function needAt(rates: Rates, { fill, capacity }: Bucket, at: number, lawful: boolean): Need {
  if (rates.last > fill) return { need: Infinity, until: Infinity };
  const { chunks } = rates;
  const first = rates.chunkAt(at);
  if (lawful && calmAfter(rates, first, at, fill, capacity)) return { need: 0, until: at };
  let need = 0;
  let until = at;
  /** Excess from `at` to where we are; the chunk with the highest, if `until` is out of date, and the excess before. */
  let total = 0;
  let highest: number | undefined;
  let before = 0;
  for (let c = first; c < chunks.length; c += 1) {
    const chunk = chunks[c]!;
    const { times, rates: steps, lift } = chunk;
    if (c === first) {
      for (let i = Math.max(0, chunk.position(at)); i + 1 < times.length; i += 1) {
        total = saturated(total + amount(steps[i]! + lift - fill, times[i + 1]! - Math.max(at, times[i]!)));
        if (total > need) {
          need = total;
          until = times[i + 1]!;
        }
      }
    } else {
      const excess = excessOf(chunk, fill);
      if (total + excess.prefix > need) {
        need = total + excess.prefix;
        highest = c;
        before = total;
      }
      total = saturated(total + excess.total);
    }
    if (c + 1 === chunks.length || (lawful && total <= need - capacity)) break;
    const last = times.length - 1;
    const next = chunks[c + 1]!.times[0]!;
    total = saturated(total + amount(steps[last]! + lift - fill, next - Math.max(at, times[last]!)));
  }
  if (highest !== undefined) {
    const { times, rates: steps, lift } = chunks[highest]!;
    total = before;
    for (let i = 0; total < need; i += 1) {
      until = times[i + 1]!;
      total = saturated(total + amount(steps[i]! + lift - fill, until - times[i]!));
    }
    if (before >= need) until = times[0]!;
  }
  return { need, until };
}
