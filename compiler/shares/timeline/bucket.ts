/**
 * A token bucket along a step function of drain: what is left at an instant, and what must be left for what comes
 * later. Level and need are two readings of one quantity, the excess ∫(D − F): the level is what the worst window up to
 * now leaves of the capacity, the need is the worst window from now on (algorithms.md, 3.1: no order, no special case).
 *
 * Everything is an integer below 2^53. A product beyond it saturates, which changes no answer: a bucket holds less.
 */
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

/** What a net rate brings in so many seconds, which may be infinitely many. */
export const amount = (rate: number, seconds: number): number => (rate === 0 ? 0 : saturated(rate * seconds));

/** Excess over the fill, from the first to the last step of a chunk. */
interface Excess {
  readonly fill: number;
  readonly total: number;
  /** Of the worst window that begins where the chunk does. */
  readonly prefix: number;
  /** Of the worst window that ends where the chunk does. */
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

/** What is left at an instant, and where the window begins that leaves so little. */
export interface Level {
  readonly level: number;
  readonly since: number;
}

/** The level at `at`, from the level at the start of the step function. */
export function levelAt(rates: Rates, { fill, capacity }: Bucket, initial: number, at: number): Level {
  const { chunks } = rates;
  const last = rates.chunkAt(at);
  let level = initial;
  let since = rates.start;
  /** The chunk in which the bucket was full for the last time, if `since` is out of date; and the level before it. */
  let refilled: number | undefined;
  let before = 0;
  for (let c = 0; c < last; c += 1) {
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

/** What must be left at an instant, and where the window ends that takes it: perhaps never. */
export interface Need {
  readonly need: number;
  readonly until: number;
}

/** The need at `at`. */
export function needAt(rates: Rates, fill: number, at: number): Need {
  if (rates.last > fill) return { need: Infinity, until: Infinity };
  const { chunks } = rates;
  const first = rates.chunkAt(at);
  let need = 0;
  let until = Infinity;
  const back = (rate: number, from: number, to: number): void => {
    if (need <= 0) [need, until] = [0, to];
    need = saturated(need + amount(rate - fill, to - from));
  };
  for (let c = chunks.length - 1; c >= first; c -= 1) {
    const chunk = chunks[c]!;
    const { times, rates: steps, lift } = chunk;
    const end = times.length - 1;
    if (c + 1 < chunks.length) back(steps[end]! + lift, Math.max(at, times[end]!), chunks[c + 1]!.times[0]!);
    if (c > first) {
      if (need <= 0) [need, until] = [0, times[end]!];
      const { total, prefix } = excessOf(chunk, fill);
      if (need + total >= prefix) {
        need = saturated(need + total);
        continue;
      }
    }
    for (let i = end - 1; i >= 0 && times[i + 1]! > at; i -= 1) {
      back(steps[i]! + lift, Math.max(at, times[i]!), times[i + 1]!);
    }
  }
  return need > 0 ? { need, until } : { need: 0, until: at };
}
