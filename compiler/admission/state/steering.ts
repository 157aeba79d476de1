/**
 * A reservation × the accepted waypoints and avoids → the links that it is charged to, and the promise that its path
 * allows (SEMANTICS, "waypoint / avoid"; NETWORK, "Promises").
 */
import type { Flowgroup } from "../../flowgroup/cube.ts";
import { overlaps, subset } from "../../flowgroup/index.ts";
import { by } from "../../net/order.ts";
import { overlap } from "../../net/interval.ts";
import {
  endPortsOf,
  steeredPartsOf,
  weakest,
  type Promised,
  type SteeringStatement,
  type SteeredPart,
} from "../../paths/index.ts";
import type { Charge, SteeredCharge } from "../../shares/bandwidth.ts";
import type { Piece } from "../../certificates/verdict.ts";
import type { Share } from "../../shares/tree.ts";
import { overlapping, rivalShares } from "./overlaps.ts";
import { RANKS, type Accepted } from "./accepted.ts";
import type { World } from "./world.ts";

/** The part of the world on which the path of flows depends. */
export type PathWorld = Pick<World, "accepted" | "tree" | "topology" | "bandwidth" | "now" | "budget">;

/**
 * All that a reservation would be charged to now: its shares up to the root, and the links of every path of its flows.
 */
export function chargeOf(world: PathWorld, share: Share, piece: Piece): Charge {
  const { bandwidth, now } = world;
  const ways = waysFor(world, piece);
  if (ways === undefined) return bandwidth.charge(share, piece.flows, now, { best: NOT_GUARANTEED });
  const [first, ...more] = ways.map((way) => bandwidth.charge(share, way.flows, now, steeringOf(way)));
  return more.length === 0 ? first! : more.reduce(joined, first!);
}

/** The charge of a reservation that is suspended: to its shares, and to no link. It is not guaranteed. */
export function withoutLinks({ places }: Charge): Charge {
  const shares = places.filter(({ kind }) => kind === "share");
  return {
    places: shares,
    timelines: shares.map(({ timeline }) => timeline),
    promise: NOT_GUARANTEED,
    isSuspended: true,
  };
}

/** Two charges as one; each place once. */
function joined(one: Charge, other: Charge): Charge {
  const all = new Map([...one.places, ...other.places].map((place) => [place.timeline, place]));
  const places = [...all.values()];
  const links = places.filter(({ kind }) => kind === "link").toSorted(by(({ name }) => name));
  const ordered = [...places.filter(({ kind }) => kind === "share"), ...links];
  const promise = weakest(one.promise, other.promise);
  return { places: ordered, timelines: ordered.map(({ timeline }) => timeline), promise };
}

/** The promise for a reservation, as long as its flows cross the links that it is charged to. */
export function ownPromise(world: PathWorld, one: Accepted): Promised | undefined {
  const { pieces, charge } = one;
  if (charge === undefined) return undefined;
  if (charge.promise === NOT_GUARANTEED) return NOT_GUARANTEED;
  if (STEERS.some((kind) => rivalShares(world, pieces, kind).length > 0)) return promiseNow(world, one, charge);
  const known = unsteered.get(one);
  if (known?.bandwidth === world.bandwidth) return known.promise;
  const promise = promiseNow(world, one, charge);
  unsteered.set(one, { bandwidth: world.bandwidth, promise });
  return promise;
}

/** What is promised where nothing could steer the flows: while that is so it does not change. */
const unsteered = new WeakMap<Accepted, Pick<PathWorld, "bandwidth"> & { readonly promise: Promised }>();

function promiseNow(world: PathWorld, { share, pieces }: Accepted, charge: Charge): Promised {
  const parts = pieces.map((piece): Promised => {
    const now = chargeOf(world, share, piece);
    return linksOf(now).join() === linksOf(charge).join() ? now.promise : NOT_GUARANTEED;
  });
  return parts.reduce((least, one) => weakest(least, one), charge.promise);
}

const linksOf = ({ places }: Charge): readonly string[] =>
  places.flatMap(({ kind, name }) => (kind === "link" ? name : []));

/** Whether one of the pieces of a request holds all of these flows all the time. */
export const holdsAll = (request: Accepted, asked: Piece, world: PathWorld): boolean =>
  request.pieces.some((one) => lasts(one, asked, world) && subset(asked.flows, one.flows, world.budget) === true);

/** Whether a piece holds for all of the time, from now on, that another asks for. */
const lasts = (one: Piece, { interval }: Piece, { now }: PathWorld): boolean =>
  one.interval.start <= Math.max(now, interval.start) && interval.end <= one.interval.end;

/** The statements for which the paths of flows are not known, and whether that is because they lead them for a time only. */
export function unknownWays(
  world: PathWorld,
  piece: Piece,
): { readonly by: readonly Accepted[]; readonly isPassing: boolean } | undefined {
  if (waysFor(world, piece) !== undefined) return undefined;
  const steering = STEERS.flatMap((kind) => overlapping(world, [piece], kind, RANKS));
  const passing = steering.filter(({ pieces }) => pieces.some((one) => !lasts(one, piece, world)));
  return { by: passing.length > 0 ? passing : steering, isPassing: passing.length > 0 };
}

/** The paths of flows; undefined: not known, because they change over the time, or are too many. */
function waysFor(world: PathWorld, piece: Piece): readonly SteeredPart[] | undefined {
  if (world.topology === undefined) return [plain(piece.flows)];
  const steering = STEERS.flatMap((kind) => overlapping(world, [piece], kind, RANKS));
  if (steering.length === 0) return [plain(piece.flows)];
  const passing = steering.flatMap(({ pieces }) => pieces.filter((one) => !lasts(one, piece, world)));
  if (passing.some((one) => overlap(one.interval, piece.interval) && overlaps(one.flows, piece.flows)))
    return undefined;
  return steeredPartsOf(
    piece.flows,
    steering.map((one) => steersOf(world, one, piece)),
    world.budget,
  );
}

const plain = (flows: Flowgroup): SteeredPart => ({
  flows,
  waypoints: [],
  lists: [],
  avoid: [],
  isSteered: false,
  isExitKnown: false,
});

/**
 * How a part is steered. Ordinary forwarding leads flows without a known exit on from the last waypoint: only the edge
 * is certain.
 */
const steeringOf = ({ waypoints, lists, avoid, isSteered, isExitKnown }: SteeredPart): SteeredCharge | undefined =>
  isSteered ? { waypoints, lists, avoid, best: isExitKnown ? BEST : "guaranteed at the edge" } : undefined;

/** A waypoint or an avoid with the flows that it holds for all of the time. */
function steersOf(world: PathWorld, { id, kind, nodes, pieces }: Accepted, asked: Piece): SteeringStatement {
  const flows = { cubes: pieces.filter((piece) => lasts(piece, asked, world)).flatMap((piece) => piece.flows.cubes) };
  const isExitKnown = pieces.every((piece) => bound(world, piece.flows));
  return { id, kind: kind as SteeringStatement["kind"], nodes: nodes!, flows, isExitKnown };
}

/** Whether it is known where the flows leave the network. */
const bound = ({ topology }: PathWorld, flows: Flowgroup): boolean =>
  endPortsOf(topology!, flows).every(({ destinations }) => destinations !== undefined);

/** The kinds of statements that steer flows. */
export const STEERS = ["waypoint", "avoid"] as const;
const BEST = "guaranteed";
export const NOT_GUARANTEED = "admitted, not guaranteed";
