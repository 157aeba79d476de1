/**
 * Whether the paths that `waypoint` and `avoid` ask for exist (SEMANTICS, "waypoint / avoid"). Effective are all
 * waypoints, in an order that keeps that of each statement, and the union of what is avoided. So a request is tried
 * alone and beside all that share a flow and an instant with it: where three overlap, beside both others at once.
 */
import type { Cube } from "../flowgroup/cube.ts";
import { intersect, isEmpty, subset } from "../flowgroup/index.ts";
import { contains, intersection, type Interval } from "../net/interval.ts";
import { by } from "../net/order.ts";
import {
  boxFault,
  endPortsOf,
  isFriendliest,
  linksOf,
  locationOf,
  maySendAt,
  nodesTogether,
  samePort,
  type BoxFault,
  type PortPair,
  type Steering,
  type Topology,
} from "../paths/index.ts";
import type { PathQuestion, SteeringDemand, AcceptedSteering } from "./refusal.ts";
import type { Piece } from "./verdict.ts";

/** Flows that would have no path from one port to another, or to anywhere. */
export interface MissingPath {
  readonly cube: Cube;
  readonly interval: Interval;
  readonly from: PortPair["from"];
  /** Absent: wherever they go. */
  readonly to?: PortPair["to"];
  /** The statements that steer them. */
  readonly members: readonly SteeringDemand[];
}

/** Whether the place of a node is known: a switch, or a host at a known port. */
export const isPlaced = (topology: Topology | undefined, node: string): boolean =>
  topology !== undefined && locationOf(topology, node) !== undefined;

/** Why a host can be no waypoint although its place is known; undefined: it can, or the node is a switch. */
export const boxFaultOf = (topology: Topology | undefined, node: string): BoxFault | undefined =>
  topology && boxFault(topology, node);

/** All flows that would have no path; first those that have none by the request alone. */
export function* missingPaths({ topology, asked, beside }: PathQuestion): Generator<MissingPath> {
  for (const piece of asked.pieces) {
    for (const { flows, interval, members } of regionsOf(asked, piece, beside)) {
      for (const cube of flows.cubes) {
        for (const { from, to } of unreached(topology, cube, members)) {
          yield { cube, interval, from, ...(isBound(topology, cube) && { to }), members };
        }
      }
    }
  }
}

/** Whether some flows would have no path. */
export function missesPath(at: PathQuestion): boolean {
  for (const _ of missingPaths(at)) return true;
  return false;
}

/**
 * The accepted requests without which all flows would have a path: an inclusion-minimal set, the latest blamed first;
 * empty where the request leaves some without one even alone. `actual`: the network as it is, if `at` asks of another; what has
 * all its paths in either is not refused.
 */
export function culprits(at: PathQuestion, actual: PathQuestion = at): readonly AcceptedSteering[] {
  const questions = at === actual ? [at] : [actual, at];
  const isFree = (beside: readonly AcceptedSteering[]): boolean =>
    questions.some((one) => !missesPath({ ...one, beside }));
  if (!isFree([])) return [];
  const kept: AcceptedSteering[] = [];
  let blamed: AcceptedSteering[] = [];
  for (const one of at.beside.toSorted((a, b) => a.order - b.order)) {
    (isFree([...kept, one]) ? kept : blamed).push(one);
  }
  // A node that two requests name is passed where the first names it: leaving one out may move it, so look again.
  for (let i = 0; i < blamed.length;) {
    const fewer = blamed.toSpliced(i, 1);
    if (isFree(at.beside.filter((one) => !fewer.includes(one)))) [blamed, i] = [fewer, 0];
    else i++;
  }
  return blamed;
}

/** The first flows without a path, with no more statements than it takes; where requests are blamed, one of them. */
export function firstMissingPath(at: PathQuestion, blamed: readonly AcceptedSteering[]): MissingPath | undefined {
  const kept = at.beside.filter((one) => !blamed.includes(one));
  const [first] = blamed;
  const beside = first === undefined ? [] : [...kept, first];
  for (const found of missingPaths({ ...at, beside })) {
    let { members } = found;
    // A blamed request may only say where the flows come from; it is left out last.
    for (const one of [...kept, at.asked, ...blamed]) {
      const fewer = members.filter((member) => member !== one);
      if (hasNoPath(at.topology, { ...found, members: fewer })) members = fewer;
    }
    return { ...found, members };
  }
  return undefined;
}

/** Whether these statements together leave no path. */
export const hasNoPath = (topology: Topology, { cube, from, to, members }: MissingPath): boolean =>
  unreached(topology, cube, members).some(
    (pair) => samePort(pair.from, from) && (to === undefined || samePort(pair.to, to)),
  );

/** Whether the search was given up before it was known that there is no path. */
export const isGivenUp = (topology: Topology, { cube, members }: MissingPath): boolean =>
  linksOf(topology, { cubes: [cube] }, steeringOf(members)).isGivenUp;

type Steered = Readonly<Required<{ [K in keyof Steering]: NonNullable<Steering[K]> }>>;

/** How statements that hold the same flows steer them together. */
export function steeringOf(members: readonly SteeringDemand[]): Steered {
  const sorted = members.toSorted(by(({ id }) => id));
  const nodes = (kind: string): readonly (readonly string[])[] =>
    sorted.flatMap((one) => (one.kind === kind ? [one.nodes] : []));
  return nodesTogether(nodes("waypoint"), nodes("avoid"));
}

/** The ends that no path joins. Flows that the facts let come in nowhere lack none. */
const unreached = (topology: Topology, cube: Cube, members: readonly SteeringDemand[]): readonly PortPair[] =>
  linksOf(topology, { cubes: [cube] }, steeringOf(members)).unreachable.filter(
    ({ from }) => isFriendliest(topology) || maySendAt(topology, cube, from),
  );

const isBound = (topology: Topology, cube: Cube): boolean =>
  endPortsOf(topology, { cubes: [cube] })[0]!.destinations !== undefined;

interface Region extends Piece {
  readonly members: SteeringDemand[];
}

/**
 * The search looks at no more regions than this. Beyond, the table is refused or drops flows without a path: it fails
 * closed.
 */
const MOST_REGIONS = 4096;

/**
 * A piece, and its parts that other requests steer too. More requests only take paths away, so no part need be cut out
 * of another.
 */
function regionsOf(asked: SteeringDemand, piece: Piece, beside: readonly AcceptedSteering[]): readonly Region[] {
  const regions: Region[] = [{ flows: piece.flows, interval: piece.interval, members: [asked] }];
  for (const other of beside) {
    for (const taken of other.pieces) {
      for (const region of regions) {
        // Regions that this adds are visited too, and hold `other` already.
        if (region.members.includes(other)) continue;
        const both = common(region, taken);
        if (both === undefined) continue;
        if (isAll(region, taken)) region.members.push(other);
        else if (regions.push({ ...both, members: [...region.members, other] }) > MOST_REGIONS) return regions;
      }
    }
  }
  return regions;
}

/** What two pieces share. */
function common(a: Piece, b: Piece): Piece | undefined {
  const interval = intersection(a.interval, b.interval);
  if (interval === undefined) return undefined;
  const flows = intersect(a.flows, b.flows);
  return isEmpty(flows) ? undefined : { flows, interval };
}

const isAll = (inner: Piece, outer: Piece): boolean =>
  contains(outer.interval, inner.interval) && subset(inner.flows, outer.flows) === true;
