/**
 * Reservations of a switch → how much each queue keeps on each port (NETWORK, "Promises": the word is printed only
 * when true). If a port's rate is known, the minima never exceed it together. Reservations that are charged to the link
 * out of the port come first: admission found room for them. The others get what is left, in order of acceptance.
 */
import { byText } from "../../net/order.ts";
import type { RatedLink } from "../../paths/index.ts";
import type { RateClaim } from "./claim.ts";
import { LEAST_QUEUE } from "../../table/units.ts";

/** What a reservation's queue keeps; without a port: on every port that is not listed apart. */
export interface QueueMinimum {
  readonly claim: RateClaim;
  readonly port?: number;
  /** bit/s, at most the reservation's rate; 0: it has no queue on this port. */
  readonly minimum: number;
}

/** The links out of the ports whose rates are known, by port. */
export type RatedPorts = ReadonlyMap<number, RatedLink>;

/** Reservation by reservation, in the order given; of one the queue on every port stands before those on single ones. */
export function minima(
  claims: readonly RateClaim[],
  switchName: string | undefined,
  exits: RatedPorts,
): readonly QueueMinimum[] {
  const portsOf = new Map(claims.map((claim) => [claim, claim.enforcedAt.get(switchName)]));
  const shares = new Map([...exits].map(([port, link]) => [port, sharesOf(claims, portsOf, port, link)]));
  return claims.flatMap((claim): readonly QueueMinimum[] => {
    const { rate } = claim;
    const keeps = (port: number): number => shares.get(port)?.get(claim) ?? rate;
    const ports = portsOf.get(claim);
    if (ports !== undefined) return ports.map((port) => ({ claim, port, minimum: keeps(port) }));
    const less = [...exits.keys()].filter((port) => keeps(port) < rate);
    return [{ claim, minimum: rate }, ...less.map((port) => ({ claim, port, minimum: keeps(port) }))];
  });
}

/** What each reservation gets of one port. */
function sharesOf(
  claims: readonly RateClaim[],
  portsOf: ReadonlyMap<RateClaim, readonly number[] | undefined>,
  port: number,
  { id, rate }: RatedLink,
): ReadonlyMap<RateClaim, number> {
  const here = claims.filter((claim) => portsOf.get(claim)?.includes(port) ?? true);
  const isCharged = ({ charged }: RateClaim): boolean => charged !== undefined && charged.links.includes(id);
  const shares = new Map(here.filter(isCharged).map((claim) => [claim, claim.rate]));
  let left = rate - [...shares.values()].reduce((sum, one) => sum + Math.max(one, LEAST_QUEUE), 0);
  for (const claim of here.filter((one) => !isCharged(one)).toSorted(byAcceptance)) {
    // No queue gives less than its least.
    const share = left < LEAST_QUEUE ? 0 : Math.min(claim.rate, left);
    shares.set(claim, share);
    left -= share === 0 ? 0 : Math.max(share, LEAST_QUEUE);
  }
  return shares;
}

const byAcceptance = (a: RateClaim, b: RateClaim): number =>
  (a.charged?.order ?? 0) - (b.charged?.order ?? 0) || byText(a.key, b.key);
