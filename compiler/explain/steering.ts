/**
 * How a flow is led from where it enters, by the waypoints and avoids that hold it, and why it is dropped where they
 * leave it no way (SEMANTICS, "waypoint / avoid": it fails closed, and says so).
 */
import type { Cube, Flow, Flowgroup } from "../flowgroup/cube.ts";
import {
  addressSet,
  cube as cubeOf,
  cubeHolds,
  flowgroup,
  intersect,
  intersectCubes,
  NONE,
  names,
  overlaps,
  withConstraint,
} from "../flowgroup/index.ts";
import type { Ip } from "../net/index.ts";
import { holdsInstant } from "../net/interval.ts";
import { by } from "../net/order.ts";
import {
  closedOf,
  endsOf,
  portKey,
  route,
  samePort,
  steer,
  type Port,
  type Return,
  type Stationed,
  type Topology,
} from "../paths/index.ts";
import type { Admission } from "../admission/admission.ts";
import type { Accepted } from "../admission/state/accepted.ts";
import type { PathQuestion, AcceptedSteering } from "../certificates/refusal.ts";
import { steeringOf, missingPaths, type MissingPath } from "../certificates/missing-paths.ts";
import { askedText, gapText, noPathOf } from "../certificates/no-path.ts";
import type { Piece } from "../certificates/verdict.ts";
import type { Span } from "../source.ts";

/** A waypoint or an avoid that holds the flow. */
export interface SteeringStatement {
  readonly id: string;
  readonly kind: "waypoint" | "avoid";
  readonly share: string;
  readonly nodes: readonly string[];
  readonly span: Span;
}

export interface FlowSteering {
  readonly by: readonly SteeringStatement[];
  /** In the order in which they are passed. */
  readonly waypoints: readonly string[];
  readonly avoid: readonly string[];
  /** Why it is dropped, where it is. */
  readonly lost?: string;
}

/** How the flow is led; undefined: as all others, or by switches of which nobody knows. */
export function steeringOfFlow(admission: Admission, flow: Flow, instant: number): FlowSteering | undefined {
  const { topology } = admission.state;
  if (topology === undefined) return undefined;
  const members = statementsSteering(admission, flow, instant);
  if (members.length === 0) return undefined;
  const { waypoints, avoid } = steeringOf(members);
  const lost = lostAt(topology, flow, members);
  const steeredBy = members.map(({ id, kind, share, nodes, span }): SteeringStatement => ({
    id,
    kind,
    share,
    nodes,
    span,
  }));
  return { by: steeredBy, waypoints, avoid, ...(lost !== undefined && { lost }) };
}

/** The statements that hold the flow, in the order in which they lead it, each with the cube that does. */
function statementsSteering(
  { state }: Admission,
  flow: Flow,
  instant: number,
): readonly (SteeringStatement & { readonly cube: Cube })[] {
  const holding = (["waypoint", "avoid"] as const).flatMap((kind) =>
    [...state.accepted.ofKind(kind)].flatMap((one): (SteeringStatement & { readonly cube: Cube })[] => {
      const active = one.pieces.filter(({ interval }) => holdsInstant(interval, instant));
      const cube = active.flatMap(({ flows }) => flows.cubes).find((each) => cubeHolds(each, flow));
      const { id, share, nodes = [], span } = one;
      return cube ? [{ id, kind, share: share.name, nodes, span, cube }] : [];
    }),
  );
  return holding.toSorted(by(({ id }) => id));
}

/** What comes in at a waypoint's port, and the switches take for something that comes back from there. */
export interface ReturnedFlow {
  /** As it was where its source stands. */
  readonly flow: Flow;
  readonly source: string;
  readonly waypoint: string;
}

/** What a flow is taken for that comes in at the port of a waypoint; undefined: for nothing but itself. */
export function returnedFlow(admission: Admission, flow: Flow, instant: number): ReturnedFlow | undefined {
  const { topology } = admission.state;
  const at = topology && portOf(topology, flow.srcAP as string | undefined);
  if (topology === undefined || at === undefined) return undefined;
  const source = hostOf(topology, flow.srcHost as Ip | undefined, flow.srcEth as number);
  if (source === undefined || samePort(source.at, at)) return undefined;
  const { switch: on, port } = source.at;
  const first = { ...flow, srcAP: portKey(source.at), switch: on, inPort: port };
  const members = statementsSteering(admission, first, instant);
  const { waypoints, avoid } = steeringOf(members);
  const waypoint = waypoints.find((node) => topology.hosts.has(node) && samePort(topology.hosts.get(node)!.at, at));
  if (waypoint === undefined) return undefined;
  const { returns } = steer(topology, { cubes: [jointOf(members, source.at)] }, { waypoints, avoid });
  const to = destinationOf(topology, flow);
  const isIts = (one: Return): boolean =>
    samePort(one.at, at) &&
    samePort(one.from, source.at) &&
    (one.to === undefined || (to !== undefined && samePort(one.to, to)));
  return returns.some(isIts) ? { flow: first, source: source.name, waypoint } : undefined;
}

/** The flows that all of these hold and that enter at one port. */
function jointOf(members: readonly { readonly cube: Cube }[], from: Port): Cube {
  const joint = members.reduce<Cube | undefined>(
    (all, { cube }) => all && intersectCubes(all, cube),
    members[0]!.cube,
  )!;
  return withConstraint(joint, "srcAP", names(portKey(from)));
}

/** The waypoints and avoids that lead some of these flows, and why some of them are dropped between known hosts. */
export function steeringAmong(
  { state }: Admission,
  flows: Flowgroup,
  instant: number,
): Pick<FlowSteering, "by"> & DroppedFlows {
  const { topology, accepted } = state;
  const moment = { start: instant, end: instant + 1 };
  const isActive = ({ interval }: Piece): boolean => holdsInstant(interval, instant);
  const leads = (one: Accepted): one is Accepted & AcceptedSteering =>
    one.pieces.some((piece) => isActive(piece) && overlaps(piece.flows, flows));
  const found = (["waypoint", "avoid"] as const).flatMap((kind) => [...accepted.ofKind(kind)].filter(leads));
  const steeredBy = found.map(({ id, kind, share, nodes, span }): SteeringStatement => ({
    id,
    kind: kind as SteeringStatement["kind"],
    share: share.name,
    nodes,
    span,
  }));
  if (topology === undefined || found.length === 0) return { by: steeredBy, lost: [] };
  const here = addressSet([...topology.hosts.values()].flatMap(({ addresses }) => addresses));
  const known = here ? intersect(flows, flowgroup([cubeOf({ srcHost: here, dstHost: here })])) : NONE;
  const asked = { ...NOBODY, pieces: [{ flows: known, interval: moment }] };
  const lost = new Set<string>();
  for (const one of missingPaths({
    topology,
    asked,
    beside: found.map((other) => ({ ...other, pieces: other.pieces.filter(isActive) })),
  })) {
    // Who is not led at all is not dropped by anybody.
    if (one.members.length > 1) lost.add(lostText({ topology, asked, beside: [] }, one));
  }
  return { by: steeredBy, lost: [...lost] };
}

interface DroppedFlows {
  /** One sentence for each pair of places. */
  readonly lost: readonly string[];
}

function lostText(at: PathQuestion, found: MissingPath): string {
  const noPath = noPathOf(at, found);
  return `there is no path ${noPath.between}${askedText(noPath)}: ${gapText(noPath)}`;
}

/** Why nothing leads on from where it enters; undefined: there is a way, or nobody knows where it enters. */
function lostAt(
  topology: Topology,
  flow: Flow,
  members: readonly (SteeringStatement & { readonly cube: Cube })[],
): string | undefined {
  const from = portOf(topology, flow.srcAP as string | undefined);
  if (from === undefined) return undefined;
  const isKnown = [...topology.hosts.values()].some(({ at }) => samePort(at, from));
  if (!isKnown) {
    const bar = members.find(
      ({ kind, nodes, cube }) =>
        endsOf(topology, { cubes: [cube] })[0]!.sources === undefined &&
        // Whoever enters at the only waypoint has passed it.
        !(kind === "waypoint" && nodes.every((node) => node === from.switch)),
    );
    return bar && `\`${bar.id}\` prescribes no way from ${portKey(from)}, where no host is known`;
  }
  const cube = jointOf(members, from);
  const to = destinationOf(topology, flow);
  const steering = steeringOf(members);
  const { steps, drops } = steer(topology, { cubes: [cube] }, steering);
  const isHere = (end: Port | undefined): boolean => end === undefined || (to !== undefined && samePort(end, to));
  const drop = drops.find((one) => samePort(one.from, from) && isHere(one.to));
  const tell = (end: Port | undefined): string =>
    lostText(
      { topology, asked: NOBODY, beside: [] },
      { cube, interval: ALWAYS, from, ...(end && { to: end }), members },
    );
  if (drop !== undefined) return tell(drop.to);
  const closed = closedOf(topology, steering);
  // Around nodes it is forwarded by its MAC, as everything is.
  const mac = [...topology.hosts.values()].find(({ macs }) => macs.includes(flow.dstEth as number));
  if (steering.waypoints.length > 0) {
    // Who has a way of his own is known by his address first.
    if (to !== undefined && steps.some((one) => samePort(one.from, from) && isAt(one.to, to))) return undefined;
    if (mac === undefined || samePort(mac.at, from)) return closed.size > 0 ? NOWHERE : undefined;
    return drops.some((one) => samePort(one.from, from) && isAt(one.to, mac.at)) ? tell(mac.at) : undefined;
  }
  if (closed.size === 0 || mac === undefined || samePort(mac.at, from)) return undefined;
  return route(topology, { from, to: mac.at, ...steering }) === undefined ? tell(mac.at) : undefined;
}

const NOWHERE = "nobody knows where it is to go by its waypoints and around what it avoids";
const isAt = (end: Port | undefined, at: Port): boolean => end !== undefined && samePort(end, at);

/** Everything is said to be asked by others. */
const NOBODY = { id: "", kind: "", nodes: [], pieces: [] } as const;
const ALWAYS = { start: -Infinity, end: Infinity } as const;

/** `s1:3`. */
function portOf({ trunks }: Topology, place: string | undefined): Port | undefined {
  const [, on, port] = /^(.*):(\d+)$/.exec(place ?? "") ?? [];
  return on !== undefined && trunks.has(on) ? { switch: on, port: Number(port) } : undefined;
}

/** Where the host stands to which it goes. */
const destinationOf = (topology: Topology, { dstHost, dstEth }: Flow): Port | undefined =>
  hostOf(topology, dstHost as Ip | undefined, dstEth as number)?.at;

/** Whose an address is, or a MAC of one who has no address. */
function hostOf({ hosts }: Topology, ip: Ip | undefined, mac: number): Stationed | undefined {
  const isIts = (host: { readonly addresses: readonly Ip[]; readonly macs: readonly number[] }): boolean =>
    host.addresses.some(({ family, value }) => family === ip?.family && value === ip.value) ||
    (host.addresses.length === 0 && host.macs.includes(mac));
  return [...hosts.values()].find(isIts);
}
