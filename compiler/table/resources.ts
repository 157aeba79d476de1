/** What the entries of a table refer to: meters and queues, from the places that stand. */
import type { Claims } from "./claims.ts";
import type { Settled } from "./contribution.ts";
import type { Meter, Queue } from "./entry.ts";

/**
 * A burst of one second: with less, TCP does not reach the rate (measured on Open vSwitch: a tenth gives it half). At
 * least ten full frames, TCP's first window (RFC 6928): a smaller bucket would never let a burst of them pass.
 */
export const LEAST_BURST = 10 * 1518 * 8;

/** The meters that settled limits refer to. */
export function metersOf(settled: readonly Settled[], claims: Claims): readonly Meter[] {
  const meters = new Map<number, Meter>();
  for (const { effect, number } of settled) {
    if (effect !== "limit" || meters.has(number!)) continue;
    const { rate, statement } = claims.meters.at(number!)!;
    meters.set(number!, { meter: number!, rate, burst: Math.max(rate, LEAST_BURST), statement });
  }
  return [...meters.values()].sort((a, b) => a.meter - b.meter);
}

/** The queues that settled reservations refer to, on the ports of this switch that their traffic leaves by. */
export function queuesOf(settled: readonly Settled[], claims: Claims, on: string | undefined): readonly Queue[] {
  const numbers = new Set(settled.flatMap(({ effect, number }) => (effect === "reserve" ? [number!] : [])));
  return [...numbers]
    .sort((a, b) => a - b)
    .flatMap((queue): readonly Queue[] => {
      const { rate, statement, sites } = claims.queues.at(queue)!;
      const one = { queue, minimum: rate, statement };
      return sites.get(on)?.map((port) => ({ port, ...one })) ?? [one];
    });
}
