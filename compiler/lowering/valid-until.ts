/**
 * Settled entries → until when switches keep to a policy by themselves. Entries that end before time out. The table has
 * to be sent anew when a later end fits into the 16 bits of a timeout, and when the timeout of an allow has to be
 * renewed (NETWORK, "Timeouts").
 */
import { firstGhost, type Settled } from "./contributions/contribution.ts";
import { isRenewed, LONGEST_TIMEOUT } from "./emit.ts";

/** In Unix seconds, or Infinity. `others`: more instants at which something must be sent. */
export function validUntil(settled: readonly (readonly Settled[])[], others: readonly number[], now: number): number {
  const ends = settled.flat().map((one) => {
    if (one.waits !== undefined) return one.waits;
    if (one.end - now <= LONGEST_TIMEOUT) return Infinity;
    return isRenewed(one) ? now + LONGEST_TIMEOUT : one.end - LONGEST_TIMEOUT;
  });
  return [...ends, ...others, ...settled.map(firstGhost)].reduce((least, one) => Math.min(least, one), Infinity);
}
