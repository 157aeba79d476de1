/**
 * A reservation beside all other accepted requests → its promise (NETWORK, "Promises"). Its flows may wait in the queue
 * of a larger reservation and pass the meters of limits. A queue or a meter that also holds other flows guarantees
 * nothing to these.
 */
import { constraint, intersect, setEqual, subset, type Cube, type FieldSet } from "../flowgroup/index.ts";
import { overlap } from "../net/interval.ts";
import { ingressSwitchesOf, weakest, type Promised } from "../paths/index.ts";
import type { Share } from "../shares/tree.ts";
import type { Piece } from "../certificates/verdict.ts";
import { overlapping, someAround } from "./state/overlaps.ts";
import { RANKS, type Accepted } from "./state/accepted.ts";
import { NOT_GUARANTEED, chargeOf, holdsAll, ownPromise, type PathWorld } from "./state/steering.ts";
import type { StateChange } from "./state/state-changes.ts";

/** A reservation that is asked for, or accepted. */
type Reservation = Pick<Accepted, "pieces" | "rate">;

/** The promise for a reservation that is requested. */
export const promiseFor = (world: PathWorld, share: Share, piece: Piece, rate: number): Promised =>
  beside(world, chargeOf(world, share, piece).promise, { pieces: [piece], rate });

/** The promise for an accepted reservation now. */
export function promiseOf(world: PathWorld, one: Accepted): Promised | undefined {
  const own = ownPromise(world, one);
  return own && beside(world, own, one);
}

function beside(world: PathWorld, promise: Promised, one: Reservation): Promised {
  if (promise === NOT_GUARANTEED || sharesQueue(world, one) || isHeldBack(world, one)) return NOT_GUARANTEED;
  let least: Promised = promise;
  for (const other of overlapping(world, one.pieces, "reserve", RANKS)) {
    if (other === one || other.rate! < one.rate!) continue;
    // Whether they meet at all is asked last: it costs most, and most are within it or not as good.
    const isInside = isWithin(world, other, one);
    const together: Promised = isInside ? weakest(least, ownPromise(world, other)!) : NOT_GUARANTEED;
    if (together === least || !meets(one, other)) continue;
    if (!isInside) spoilers.set(one, other);
    if (together === NOT_GUARANTEED) return NOT_GUARANTEED;
    least = together;
  }
  return least;
}

/**
 * Reservation → a larger one in whose queue its flows wait with flows of others, which was found last: so long as both stand that
 * is so. Else each of n reservations within each other would be compared with all others at each new one.
 */
const spoilers = new WeakMap<Reservation, Accepted>();

function sharesQueue({ accepted }: PathWorld, one: Reservation): boolean {
  const spoiler = spoilers.get(one);
  return spoiler !== undefined && accepted.get(spoiler.id) === spoiler;
}

/** Whether its flows pass a meter with flows of others, or one that keeps only a part of its limit. */
const isHeldBack = (world: PathWorld, one: Reservation): boolean =>
  meeting(world, one, "limit").some((limit) => !isWithin(world, limit, one) || isDivided(world, limit));

/** Whether flows of a limit enter at several switches, which divide it. */
const isDivided = ({ topology }: PathWorld, { pieces }: Accepted): boolean =>
  topology !== undefined &&
  ingressSwitchesOf(topology, { cubes: pieces.flatMap(({ flows }) => flows.cubes) }).length > 1;

/**
 * Limits whose meter its flows pass together with flows of others, which may fill it. A limit that holds no other flows
 * lets all of the reservation through, since admission accepts no reservation above a limit.
 */
export const sharedLimits = (world: PathWorld, one: Reservation): readonly Accepted[] =>
  meeting(world, one, "limit").filter((limit) => !isWithin(world, limit, one));

/** Larger reservations in whose queue flows of this one wait together with flows of others. */
export const sharedQueues = (world: PathWorld, one: Reservation): readonly Accepted[] =>
  larger(world, one).filter((other) => !isWithin(world, other, one));

const larger = (world: PathWorld, one: Reservation): readonly Accepted[] =>
  meeting(world, one, "reserve").filter((other) => other !== one && other.rate! >= one.rate!);

/**
 * The limits or reservations of which packets wait with those of a reservation. What a host sends to itself never comes to a
 * switch, and that is all that `reserve(srcHost=pc)` and `reserve(dstHost=pc)` have in common.
 */
const meeting = (world: PathWorld, one: Reservation, kind: "limit" | "reserve"): readonly Accepted[] =>
  overlapping(world, one.pieces, kind, RANKS).filter((other) => meets(one, other));

const meets = (one: Reservation, other: Accepted): boolean => !one.pieces.every((piece) => isApart(piece, other));

/** Beyond so many pairs of cubes flows count as common to both. */
const MOST_PAIRS = 64;

const isApart = ({ flows }: Piece, { pieces }: Accepted): boolean =>
  pieces.every(
    (other) =>
      flows.cubes.length * other.flows.cubes.length <= MOST_PAIRS &&
      intersect(flows, other.flows).cubes.every(isToItself),
  );

/** Whether all packets of a cube are from one address to the same. */
function isToItself(of: Cube): boolean {
  const [from, to] = [constraint(of, "srcHost"), constraint(of, "dstHost")];
  return from !== undefined && to !== undefined && isOneAddress(from) && setEqual(from, to);
}

function isOneAddress(set: FieldSet): boolean {
  if (set.kind !== "ip" || set.absent) return false;
  const bounds: readonly (number | bigint)[] = [...set.v4, ...set.v6];
  return bounds.length === 2 && bounds[0] === bounds[1];
}

/** Whether, while both stand, every flow of the request belongs to the reservation. */
const isWithin = ({ budget }: PathWorld, { pieces }: Accepted, one: Reservation): boolean =>
  pieces.every(({ flows, interval }) =>
    one.pieces.every(
      (piece) =>
        !overlap(interval, piece.interval) || flows === piece.flows || subset(flows, piece.flows, budget) === true,
    ),
  );

const NONE: ReadonlyMap<Accepted, Promised> = new Map();

/** The reservations that changes may weaken, with what is promised of each before. */
export function promised(world: PathWorld, changes: readonly StateChange[]): ReadonlyMap<Accepted, Promised> {
  // Where no link is known nothing is promised.
  if (world.topology === undefined || world.topology.trunks.size === 0) return NONE;
  const promises = new Map<Accepted, Promised>();
  for (const change of changes) {
    if (change.kind !== "request") continue;
    const { kind, pieces, rate } = change.request;
    const steers = kind === "waypoint" || kind === "avoid";
    if (!steers && !(change.present && (kind === "reserve" || kind === "limit"))) continue;
    for (const one of overlapping(world, pieces, "reserve")) {
      if (one.charge!.promise === NOT_GUARANTEED || (kind === "reserve" && one.rate! > rate!)) continue;
      const promise = promiseOf(world, one)!;
      if (promise !== NOT_GUARANTEED) promises.set(one, promise);
    }
  }
  return promises;
}

/** The accepted requests of which less is promised now than before. */
export const weakened = (world: PathWorld, before: ReadonlyMap<Accepted, Promised>): readonly Accepted[] =>
  [...before].flatMap(([one, promise]) =>
    world.accepted.get(one.id) === one && weakest(promise, promiseOf(world, one)!) !== promise ? [one] : [],
  );

/** So many reservations around one piece are compared with it in each share. */
const MOST_AROUND = 1_000;

/**
 * The first accepted reservation that holds all of a piece, all of its time, at no lower a rate (bit/s): of the first that
 * are found around it, so that n reservations within each other are no n² comparisons.
 */
export const covering = (world: PathWorld, piece: Piece, rate: number): Accepted | undefined =>
  someAround(world, MOST_AROUND, piece, "reserve")
    .filter((one) => one.rate! >= rate && holdsAll(one, piece, world))
    .toSorted((a, b) => a.order - b.order)[0];
