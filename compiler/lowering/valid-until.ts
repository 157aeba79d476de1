/**
 * Settled entries → until when switches keep to a policy by themselves. Entries that end before time out. The table has
 * to be sent anew when a later end fits into the 16 bits of a timeout, and when the timeout of an allow has to be
 * renewed (NETWORK, "Timeouts").
 */
import { EARLY_ALLOW } from "../plan/compare.ts";
import { firstGhost, type Settled } from "./contributions/contribution.ts";
import { isRenewed, LONGEST_TIMEOUT } from "./emit.ts";

/**
 * An apply does not renew an allow that ends so many seconds before its longest timeout would (NETWORK, "Timeouts"), and what
 * is left of a timeout is sent rounded down.
 */
const RENEWED_EARLY = EARLY_ALLOW + 1;

/** In Unix seconds, or Infinity. `others`: more instants at which something must be sent. */
export function validUntil(settled: readonly (readonly Settled[])[], others: readonly number[], now: number): number {
  const ends = settled.flat().map((one) => {
    if (one.waits !== undefined) return one.waits;
    if (one.end - now <= LONGEST_TIMEOUT) return Infinity;
    return isRenewed(one) ? now + LONGEST_TIMEOUT - RENEWED_EARLY : one.end - LONGEST_TIMEOUT;
  });
  return [...ends, ...others, ...settled.map(firstGhost)].reduce((least, one) => Math.min(least, one), Infinity);
}
