/** Settled entries → the meters and queues that they refer to. */
import type { RateClaims } from "./rate-claims.ts";
import type { Settled } from "../contributions/contribution.ts";
import type { Meter, Queue } from "../../table/entry.ts";
import type { QueueMinimum } from "./queue-minima.ts";
import { LEAST_BURST } from "../../table/units.ts";

/** The meters that settled limits refer to. */
export function metersOf(settled: readonly Settled[], claims: RateClaims): readonly Meter[] {
  const meters = new Map<number, Meter>();
  for (const { effect, number } of settled) {
    if (effect !== "limit" || meters.has(number!)) continue;
    meters.set(number!, meterAt(claims, number!));
  }
  return [...meters.values()].sort((a, b) => a.meter - b.meter);
}

/** The meter with a number that a settled limit refers to. */
export function meterAt(claims: RateClaims, meter: number): Meter {
  const { kept: rate, statement } = claims.meters.at(meter)!;
  return { meter, rate, burst: Math.max(rate, LEAST_BURST), statement };
}

/** The minima, on the ports of a switch, of the queues that settled reservations refer to. */
export function minimaOf(
  settled: readonly Settled[],
  claims: RateClaims,
  switchName: string | undefined,
): readonly QueueMinimum[] {
  const numbers = settled.flatMap(({ effect, number }) => (effect === "reserve" ? [number!] : []));
  return claims.minimaOn(switchName, new Set(numbers));
}

/** The queues of a switch. Those of one reservation have one number on all ports. */
export const queuesOf = (kept: readonly QueueMinimum[]): readonly Queue[] =>
  kept.map(({ claim: { number, statement }, port, minimum }) => ({
    ...(port !== undefined && { port }),
    queue: number!,
    minimum,
    statement,
  }));
