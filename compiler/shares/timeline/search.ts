/** The earliest start at which a whole request fits with the same duration (seed, Figure 2). */
import { fits } from "./chain.ts";
import type { Timeline } from "./timeline.ts";

/** The earliest integer second from `from` on; `undefined` if there is none. */
export function earliestStart(
  chain: readonly Timeline[],
  duration: number,
  rate: number,
  from: number,
): number | undefined {
  let last = from;
  for (const { rates } of chain) last = Math.max(last, rates.chunks.at(-1)!.times.at(-1)!);
  for (let start = from; start <= last + 10_000; start += 1) {
    if (!fits(chain, { start, end: start + duration }, rate)) return start;
  }
  return undefined;
}
