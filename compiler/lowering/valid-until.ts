/**
 * Until when switches keep to a policy by themselves. What ends before that leaves by its hard timeout. An end that is too
 * far away for a timeout gets one as soon as 16 bits hold it, and an allow before that a timeout that must be renewed: then
 * the table has to be sent anew (NETWORK, "Timeouts").
 */
import { firstGhost, type Settled } from "./contributions/contribution.ts";
import { isRenewed, LONGEST_TIMEOUT } from "./emit.ts";

/** Unix seconds, or Infinity: from what stands on each switch, and from `others`, instants at which something must be sent. */
export function validUntil(settled: readonly (readonly Settled[])[], others: readonly number[], now: number): number {
  const ends = settled.flat().map((one) => {
    if (one.waits !== undefined) return one.waits;
    if (one.end - now <= LONGEST_TIMEOUT) return Infinity;
    return isRenewed(one) ? now + LONGEST_TIMEOUT : one.end - LONGEST_TIMEOUT;
  });
  return [...ends, ...others, ...settled.map(firstGhost)].reduce((least, one) => Math.min(least, one), Infinity);
}
