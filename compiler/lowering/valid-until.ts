/**
 * Until when switches keep to a policy by themselves. What ends before leaves by its hard timeout; an end that is too
 * far away for one gets it as soon as it can have it (NETWORK, "Timeouts").
 */
import { firstGhost, type Settled } from "./contributions/contribution.ts";
import { LONGEST_TIMEOUT } from "./emit.ts";

/** Unix seconds, or Infinity: of what stands on each switch, and of other ends at which something must be told. */
export function validUntil(settled: readonly (readonly Settled[])[], others: readonly number[], now: number): number {
  const ends = settled
    .flat()
    .map(({ end, waits }) => waits ?? (end - now > LONGEST_TIMEOUT ? end - LONGEST_TIMEOUT : Infinity));
  return [...ends, ...others, ...settled.map(firstGhost)].reduce((least, one) => Math.min(least, one), Infinity);
}
