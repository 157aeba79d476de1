/**
 * The reservations of a switch → the minimum rate of each queue on each port (NETWORK, "Promises"). If a port's rate is
 * known, the sum of the minima never exceeds it. Reservations that are charged to the link out of the port come first,
 * since admission found room for them. The others get what is left, in order of acceptance.
 */
import { byText } from "../../net/order.ts";
import type { RatedLink } from "../../paths/index.ts";
import type { RateClaim } from "./claim.ts";
import { LEAST_QUEUE } from "../../table/units.ts";

/** The minimum rate of a reservation's queue on a port; without a port: on every port that is not listed itself. */
export interface QueueMinimum {
  readonly claim: RateClaim;
  readonly port?: number;
  /** In bit/s, at most the reservation's rate; 0: it has no queue on this port. */
  readonly minimum: number;
}

/** Port → the link out of it, for ports of known rates. */
export type RatedPorts = ReadonlyMap<number, RatedLink>;

/** The minima of all reservations, in the order given. The queue on every port is before those on single ports. */
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

/** Claim → its part of one port's rate, in bit/s. */
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
    // A queue cannot have a smaller minimum than `LEAST_QUEUE`.
    const share = left < LEAST_QUEUE ? 0 : Math.min(claim.rate, left);
    shares.set(claim, share);
    left -= share === 0 ? 0 : Math.max(share, LEAST_QUEUE);
  }
  return shares;
}

const byAcceptance = (a: RateClaim, b: RateClaim): number =>
  (a.charged?.order ?? 0) - (b.charged?.order ?? 0) || byText(a.key, b.key);
