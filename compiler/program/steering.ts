/**
 * How accepted waypoints and avoids lead the flows of a reservation, and what is left of its promise once others have
 * come or gone (SEMANTICS, "waypoint / avoid"; NETWORK, "On the wire": the word is printed only when true).
 */
import type { Flowgroup } from "../flowgroup/cube.ts";
import { overlaps, subset } from "../flowgroup/index.ts";
import { endsOf, waysOf, weakest, type Promised, type Steers, type Way } from "../paths/index.ts";
import type { Charge, Led } from "../shares/bandwidth.ts";
import type { Piece } from "../shares/verdict.ts";
import type { Share } from "../shares/tree.ts";
import { met } from "./meeting.ts";
import { RANKS, type Accepted } from "./standing.ts";
import { meet } from "./timed-index.ts";
import type { Step } from "./steps.ts";
import type { World } from "./world.ts";

type Network = Pick<World, "standing" | "tree" | "topology" | "bandwidth" | "now" | "budget">;

/** All that a reservation would be charged to: shares, and the links of every way that its flows are led now. */
export function chargeOf(world: Network, share: Share, piece: Piece): Charge {
  const { bandwidth, now } = world;
  const ways = waysFor(world, piece);
  if (ways === undefined) return bandwidth.charge(share, piece.flows, now, { best: NOTHING });
  const [first, ...more] = ways.map((way) => bandwidth.charge(share, way.flows, now, ledBy(way)));
  return more.length === 0 ? first! : more.reduce(joined, first!);
}

/** Each place once. */
function joined(one: Charge, other: Charge): Charge {
  const all = new Map([...one.places, ...other.places].map((place) => [place.timeline, place]));
  const places = [...all.values()];
  const links = places.filter(({ kind }) => kind === "link").toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const ordered = [...places.filter(({ kind }) => kind === "share"), ...links];
  const promise = weakest(one.promise, other.promise);
  return { places: ordered, timelines: ordered.map(({ timeline }) => timeline), promise };
}

/** What may be promised of a reservation that is asked for. */
export function promiseFor(world: Network, share: Share, piece: Piece, rate: number): Promised {
  const charge = chargeOf(world, share, piece);
  return beside(world, charge.promise, { pieces: [piece], charge, rate });
}

/** What may be promised of a reservation that stands. */
export function promiseOf(world: Network, one: Accepted): Promised | undefined {
  const own = ownPromise(world, one);
  return own && beside(world, own, one);
}

/**
 * A flow's reservation is the largest that holds it (SEMANTICS, "reserve"): of flows that another one holds, which is no
 * smaller, no more may be promised than of that one, and nothing where that one is not charged to the same links.
 */
function beside(world: Network, promise: Promised, one: Pick<Accepted, "pieces" | "charge" | "rate">): Promised {
  if (promise === NOTHING) return promise;
  const larger = met(world, one.pieces, "reserve", RANKS).filter((other) => other !== one && other.rate! >= one.rate!);
  const links = linksOf(one.charge!);
  return larger.reduce((least, other): Promised => {
    const own = ownPromise(world, other)!;
    if (own === BEST) return least;
    const known = new Set(linksOf(other.charge!));
    return links.every((link) => known.has(link)) ? weakest(least, own) : NOTHING;
  }, promise);
}

/** What was promised, as long as its flows cross the links that it is charged to. */
function ownPromise(world: Network, { share, pieces, charge }: Accepted): Promised | undefined {
  if (charge === undefined) return undefined;
  if (charge.promise === NOTHING) return NOTHING;
  const parts = pieces.map((piece): Promised => {
    const now = chargeOf(world, share, piece);
    return linksOf(now).join() === linksOf(charge).join() ? now.promise : NOTHING;
  });
  return weakest(charge.promise, ...parts);
}

const linksOf = ({ places }: Charge): readonly string[] =>
  places.flatMap(({ kind, name }) => (kind === "link" ? name : []));

/** Whether one of the pieces of a request holds all of these flows all the time. */
export const holdsAll = (request: Accepted, asked: Piece, world: Network): boolean =>
  request.pieces.some((one) => lasts(one, asked, world) && subset(asked.flows, one.flows, world.budget) === true);

/** Whether a piece stands for all of the time that another asks for. */
const lasts = (one: Piece, { interval }: Piece, { now }: Network): boolean =>
  one.interval.start <= Math.max(now, interval.start) && interval.end <= one.interval.end;

/** The ways of flows; undefined: not known, because they are led so for some of the time, or are too many parts. */
function waysFor(world: Network, piece: Piece): readonly Way[] | undefined {
  if (world.topology === undefined) return [plain(piece.flows)];
  const steering = STEERS.flatMap((kind) => met(world, [piece], kind, RANKS));
  if (steering.length === 0) return [plain(piece.flows)];
  const passing = steering.flatMap(({ pieces }) => pieces.filter((one) => !lasts(one, piece, world)));
  if (passing.some((one) => meet(one.interval, piece.interval) && overlaps(one.flows, piece.flows))) return undefined;
  return waysOf(
    piece.flows,
    steering.map((one) => steersOf(world, one, piece)),
    world.budget,
  );
}

const plain = (flows: Flowgroup): Way => ({ flows, waypoints: [], avoid: [], isLed: false, isBound: false });

/** Steered wherever they go, flows go on from the last waypoint by ordinary forwarding: only the edge is certain. */
const ledBy = ({ waypoints, avoid, isLed, isBound }: Way): Led | undefined =>
  isLed ? { waypoints, avoid, best: isBound ? BEST : "guaranteed at the edge" } : undefined;

/** A waypoint or an avoid by what it holds all of the time. */
function steersOf(world: Network, { id, kind, nodes, pieces }: Accepted, asked: Piece): Steers {
  const flows = { cubes: pieces.filter((piece) => lasts(piece, asked, world)).flatMap((piece) => piece.flows.cubes) };
  const isBound = pieces.every((piece) => bound(world, piece.flows));
  return { id, kind: kind as Steers["kind"], nodes: nodes!, flows, isBound };
}

/** Whether it is known where flows leave the network. */
const bound = ({ topology }: Network, flows: Flowgroup): boolean =>
  endsOf(topology!, flows).every(({ destinations }) => destinations !== undefined);

/** Reservations of whose flows these steps say something, and of which something is promised before. */
export function promised(world: Network, steps: readonly Step[]): ReadonlyMap<Accepted, Promised> {
  const told = new Map<Accepted, Promised>();
  for (const step of steps) {
    if (step.kind !== "request") continue;
    const { kind, pieces, charge, rate } = step.request;
    const steers = kind === "waypoint" || kind === "avoid";
    // One that keeps all that it promises takes nothing from a smaller one.
    if (!steers && !(step.present && charge !== undefined && charge.promise !== BEST && isMapped(world))) continue;
    for (const one of met(world, pieces, "reserve")) {
      if (one.charge!.promise === NOTHING || (!steers && one.rate! > rate!)) continue;
      const promise = promiseOf(world, one)!;
      if (promise !== NOTHING) told.set(one, promise);
    }
  }
  return told;
}

const isMapped = ({ topology }: Network): boolean => topology !== undefined && topology.trunks.size > 0;

/** The requests that stand and of which less is promised now than was before. */
export const weakened = (world: Network, before: ReadonlyMap<Accepted, Promised>): readonly Accepted[] =>
  [...before].flatMap(([one, promise]) =>
    world.standing.get(one.id) === one && weakest(promise, promiseOf(world, one)!) !== promise ? [one] : [],
  );

/** A reservation that holds all that one asks for, and no less of it, all the time: the first that was accepted. */
export const covering = (world: Network, piece: Piece, rate: number): Accepted | undefined =>
  met(world, [piece], "reserve", RANKS)
    .filter((one) => one.rate! >= rate && holdsAll(one, piece, world))
    .toSorted((a, b) => a.order - b.order)[0];

const STEERS = ["waypoint", "avoid"] as const;
const BEST = "guaranteed";
const NOTHING = "admitted, not guaranteed";
