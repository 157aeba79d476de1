/**
 * What the shares above leave of a share's own free rate. Most often that is all of it, which is looked at first: a
 * schedule runs over hundreds of thousands of steps.
 */
import type { Chunk, Rates } from "./rates.ts";

/** What is drained in one place, and the most that may be. */
export interface Drained {
  readonly rates: Rates;
  readonly max: number;
}

/** Steps side by side: from `times` on so much is drained, and so much left. */
export interface Steps {
  readonly times: readonly number[];
  readonly drains: readonly number[];
  readonly left: readonly number[];
}

/** Steps of a chunk: what is left of a maximum. */
export function stepsOf({ times, rates, lift }: Chunk, max: number): Steps {
  const drains = rates.map((rate) => rate + lift);
  return { times, drains, left: drains.map((drain) => max - drain) };
}

/** Whether a place above may have less left than the share itself, from the beginning of its chunk to `end`. */
export function mayBind({ rates, max: most }: Drained, own: Chunk, max: number, end: number): boolean {
  const { chunks } = rates;
  const high = most - max + own.low + own.lift;
  for (let c = rates.chunkAt(own.times[0]!); c < chunks.length && chunks[c]!.times[0]! < end; c += 1) {
    if (chunks[c]!.high + chunks[c]!.lift > high) return true;
  }
  return false;
}

/** The steps of both, up to `end`, with what is left where there is less. */
export function lowerSteps({ times, drains, left }: Steps, { rates: above, max }: Drained, end: number): Steps {
  const both = { times: [] as number[], drains: [] as number[], left: [] as number[] };
  const { chunks } = above;
  let at = times[0]!;
  let i = 0;
  let [drain, least] = [NaN, NaN];
  for (let c = above.chunkAt(at); at < end; c += 1) {
    const { times: others, rates, lift } = chunks[c]!;
    const to = Math.min(end, chunks[c + 1]?.times[0] ?? Infinity);
    for (let j = Math.max(0, chunks[c]!.position(at)); at < to;) {
      const free = max - lift - rates[j]!;
      const rest = left[i]! < free ? left[i]! : free;
      // A step above that leaves as much as before is none.
      if (rest !== least || drains[i]! !== drain) {
        drain = drains[i]!;
        least = rest;
        both.times.push(at);
        both.drains.push(drain);
        both.left.push(least);
      }
      const next = i + 1 < times.length ? times[i + 1]! : Infinity;
      const other = j + 1 < others.length ? others[j + 1]! : Infinity;
      at = Math.min(next, other, to);
      if (next === at) i += 1;
      if (other === at) j += 1;
    }
    at = to;
  }
  return both;
}
