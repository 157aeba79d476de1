/**
 * What may be promised of a reservation beside all else that stands (NETWORK, "On the wire": the word is printed only
 * when true). Its flows may be served in the queue of a larger one, and pass the meters of limits: what holds flows of
 * others too keeps nothing for these.
 */
import { subset } from "../flowgroup/index.ts";
import { overlap } from "../net/interval.ts";
import { weakest, type Promised } from "../paths/index.ts";
import type { Share } from "../shares/tree.ts";
import type { Piece } from "../certificates/verdict.ts";
import { overlapping } from "./state/overlaps.ts";
import { RANKS, type Accepted } from "./state/accepted.ts";
import { NOTHING, chargeOf, holdsAll, ownPromise, type Network } from "./state/steering.ts";
import type { StateChange } from "./state/state-changes.ts";

/** A reservation that is asked for, or stands. */
type Reservation = Pick<Accepted, "pieces" | "rate">;

/** What may be promised of a reservation that is asked for. */
export const promiseFor = (world: Network, share: Share, piece: Piece, rate: number): Promised =>
  beside(world, chargeOf(world, share, piece).promise, { pieces: [piece], rate });

/** What may be promised of a reservation that stands. */
export function promiseOf(world: Network, one: Accepted): Promised | undefined {
  const own = ownPromise(world, one);
  return own && beside(world, own, one);
}

function beside(world: Network, promise: Promised, one: Reservation): Promised {
  if (promise === NOTHING || sharedLimits(world, one).length > 0) return NOTHING;
  return larger(world, one).reduce((least, other): Promised => {
    if (least === NOTHING || !isWithin(world, other, one)) return NOTHING;
    return weakest(least, ownPromise(world, other)!);
  }, promise);
}

/**
 * Limits whose meter its flows pass together with others': those may fill it. One that holds nothing else lets all of
 * the reservation through, since admission knows no reservation above a limit.
 */
export const sharedLimits = (world: Network, one: Reservation): readonly Accepted[] =>
  overlapping(world, one.pieces, "limit", RANKS).filter((limit) => !isWithin(world, limit, one));

/** A flow's reservation is the largest that holds it: those in whose queue flows of this one wait together with others. */
export const sharedQueues = (world: Network, one: Reservation): readonly Accepted[] =>
  larger(world, one).filter((other) => !isWithin(world, other, one));

const larger = (world: Network, one: Reservation): readonly Accepted[] =>
  overlapping(world, one.pieces, "reserve", RANKS).filter((other) => other !== one && other.rate! >= one.rate!);

/** Whether a request holds no flows but those of another, as long as both stand. */
const isWithin = ({ budget }: Network, { pieces }: Accepted, one: Reservation): boolean =>
  pieces.every(({ flows, interval }) =>
    one.pieces.every(
      (piece) =>
        !overlap(interval, piece.interval) || flows === piece.flows || subset(flows, piece.flows, budget) === true,
    ),
  );

/** Reservations of whose flows these changes say something, and of which something is promised before. */
export function promised(world: Network, changes: readonly StateChange[]): ReadonlyMap<Accepted, Promised> {
  const told = new Map<Accepted, Promised>();
  // Where no link is known nothing is promised.
  if (world.topology === undefined || world.topology.trunks.size === 0) return told;
  for (const change of changes) {
    if (change.kind !== "request") continue;
    const { kind, pieces, rate } = change.request;
    const steers = kind === "waypoint" || kind === "avoid";
    if (!steers && !(change.present && (kind === "reserve" || kind === "limit"))) continue;
    for (const one of overlapping(world, pieces, "reserve")) {
      if (one.charge!.promise === NOTHING || (kind === "reserve" && one.rate! > rate!)) continue;
      const promise = promiseOf(world, one)!;
      if (promise !== NOTHING) told.set(one, promise);
    }
  }
  return told;
}

/** The requests that stand and of which less is promised now than was before. */
export const weakened = (world: Network, before: ReadonlyMap<Accepted, Promised>): readonly Accepted[] =>
  [...before].flatMap(([one, promise]) =>
    world.accepted.get(one.id) === one && weakest(promise, promiseOf(world, one)!) !== promise ? [one] : [],
  );

/** A reservation that holds all that one asks for, and no less of it, all the time: the first that was accepted. */
export const covering = (world: Network, piece: Piece, rate: number): Accepted | undefined =>
  overlapping(world, [piece], "reserve", RANKS)
    .filter((one) => one.rate! >= rate && holdsAll(one, piece, world))
    .toSorted((a, b) => a.order - b.order)[0];
