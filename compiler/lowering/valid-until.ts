/**
 * Until when switches keep to a policy by themselves. What ends before that leaves by its hard timeout. An end that is too
 * far away for a timeout gets one as soon as 16 bits hold it: then the table has to be sent anew (NETWORK, "Timeouts").
 */
import { firstGhost, type Settled } from "./contributions/contribution.ts";
import { LONGEST_TIMEOUT } from "./emit.ts";

/** Unix seconds, or Infinity: from what stands on each switch, and from `others`, instants at which something must be sent. */
export function validUntil(settled: readonly (readonly Settled[])[], others: readonly number[], now: number): number {
  const ends = settled
    .flat()
    .map(({ end, waits }) => waits ?? (end - now > LONGEST_TIMEOUT ? end - LONGEST_TIMEOUT : Infinity));
  return [...ends, ...others, ...settled.map(firstGhost)].reduce((least, one) => Math.min(least, one), Infinity);
}
