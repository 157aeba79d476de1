/**
 * Why a waypoint or an avoid leaves flows without a path, for its certificate: from where to where, which nodes they
 * would have to pass and to avoid by which statements, and where the path breaks off.
 */
import type { Cube, FieldSet } from "../flowgroup/cube.ts";
import {
  addressSet,
  constraint,
  nameSet,
  numberSet,
  possible,
  setIntersect,
  witness,
  withConstraint,
  type Field,
} from "../flowgroup/index.ts";
import { distances } from "../paths/distance.ts";
import {
  boxFault,
  locationOf,
  portKey,
  route,
  samePort,
  statedPort,
  waypointOrders,
  type Port,
  type Topology,
} from "../paths/index.ts";
import {
  culprits,
  firstMissingPath,
  hasNoPath,
  isGivenUp,
  steeringOf,
  missingPaths,
  type MissingPath,
} from "./missing-paths.ts";
import type { PathQuestion, OtherRequest } from "./refusal.ts";
import type { NoPath, Piece, Witness } from "./verdict.ts";
import { list } from "./text.ts";

/** All that a certificate says of flows without a path. */
export interface NoPathReport {
  readonly blockers: readonly OtherRequest[];
  readonly noPath: NoPath;
  readonly witness: Witness | undefined;
}

/**
 * Why a request is refused for want of a path; undefined: it is not. `inFriendliest`: the same question in the friendliest
 * network, if it is refused there (SEMANTICS, "What the network takes away").
 */
export function noPathReport(actual: PathQuestion, inFriendliest?: PathQuestion): NoPathReport | undefined {
  const at = inFriendliest ?? actual;
  const blockers = culprits(at, actual);
  const found = firstMissingPath(at, blockers);
  if (found === undefined) return undefined;
  const { topology } = actual;
  const from = statedPort(topology, found.from) ?? found.from;
  const to = found.to && (statedPort(topology, found.to) ?? found.to);
  const flow = witness({ cubes: [flowsBetween(topology, { ...found, from, ...(to && { to }) })] });
  return {
    blockers,
    noPath: noPathOf(at, found, topology),
    witness: flow && { flow, instant: found.interval.start },
  };
}

/** The flows that have no path, with the time in which they have none; `most`: no more pieces than that. */
export function piecesWithoutPath(at: PathQuestion | undefined, most = Infinity): readonly Piece[] {
  const pieces: Piece[] = [];
  for (const one of at === undefined ? [] : missingPaths(at)) {
    if (pieces.length >= most) break;
    pieces.push({ flows: { cubes: [flowsBetween(at!.topology, one)] }, interval: one.interval });
  }
  return pieces;
}

/** From where to where there is no path, and why; `actual`: the network whose places are named. */
export function noPathOf({ topology, asked }: PathQuestion, found: MissingPath, actual = topology): NoPath {
  const { from, to } = found;
  // Flows that have no path even without steering are not cut off by what is asked.
  const members = hasNoPath(topology, { ...found, members: [] }) ? [] : found.members;
  const { waypoints, lists, avoid } = steeringOf(members);
  const named = (kind: string, nodes: readonly string[]): NoPath["passes"] =>
    nodes.map((node) => {
      const own = members.includes(asked) && asked.kind === kind && asked.nodes.includes(node);
      const other = members.find((one) => one.kind === kind && one.nodes.includes(node))!;
      return own ? { node } : { node, by: other.id };
    });
  const nowhere = waypoints.filter((node) => locationOf(topology, node) === undefined);
  const unfit = waypoints.filter((node) => boxFault(topology, node) !== undefined);
  const gap = nowhere.length + unfit.length > 0 ? undefined : gapOf(topology, from, to, waypoints, avoid);
  const isWay = (order: readonly string[]): boolean =>
    to !== undefined && route(topology, { from, to, waypoints: order, avoid }) !== undefined;
  const inOrder = gap ? undefined : waypointOrders({ lists, waypoints }).find(isWay);
  const key = (port: Port): string => {
    const stated = statedPort(actual, port);
    return stated === undefined ? hostsAt(topology, port).join() : portKey(stated);
  };
  const place = (port: Port): string => {
    const here = hostsAt(topology, port);
    if (here.length === 0) return key(port);
    return statedPort(actual, port) === undefined ? list(here, 3) : `${list(here, 3)} at ${key(port)}`;
  };
  return {
    from: key(from),
    ...(to && { to: key(to) }),
    between: `from ${place(from)}${to ? ` to ${place(to)}` : ""}`,
    passes: named("waypoint", waypoints),
    avoids: named("avoid", avoid),
    ...(gap && { gap: { ...gap, ...shownGap(gap, actual) } }),
    ...(nowhere.length > 0 && { nowhere }),
    ...(unfit.length > 0 && { unfit }),
    ...(inOrder && { inOrder }),
    ...(!gap && !inOrder && isGivenUp(topology, { ...found, members }) && { isGivenUp: true }),
  };
}

/** The switches of a gap by the names that facts know. */
function shownGap(
  { from, to, reached }: NonNullable<NoPath["gap"]>,
  actual: Topology,
): Omit<NonNullable<NoPath["gap"]>, "connected"> {
  const shown = (name: string): string => statedPort(actual, { switch: name, port: 1 })?.switch ?? "";
  return { from: shown(from), to: shown(to), reached: reached.filter((name) => actual.trunks.has(name)) };
}

/** The first leg that does not exist; undefined: each does, but not one after the other. */
function gapOf(
  topology: Topology,
  from: Port,
  to: Port | undefined,
  waypoints: readonly string[],
  avoid: readonly string[],
): NoPath["gap"] {
  const closed = new Set(avoid.filter((node) => !topology.hosts.has(node)));
  const stops = waypoints.map((node) => locationOf(topology, node)!.switch);
  const legs = [from.switch, ...stops, ...(to ? [to.switch] : [])];
  for (const [i, start] of legs.entries()) {
    const end = legs[i + 1] ?? start;
    if (!closed.has(start) && distances(topology, end, closed).has(start)) continue;
    const reached = [...distances(topology, start, new Set()).keys()].toSorted();
    return { from: start, to: end, connected: reached.includes(end), reached };
  }
  return undefined;
}

/**
 * ` that avoids `s4` and avoids `s2` as `north` asks`: each node with the statement that asks for it, its own first.
 */
export function askedText({ passes, avoids }: NoPath): string {
  const say = (verb: string, nodes: NoPath["passes"], own: boolean): string[] =>
    [...Map.groupBy(nodes, ({ by }) => by)]
      .filter(([by]) => (by === undefined) === own)
      .map(([by, some]) => `${verb} ${list(some.map(({ node }) => node))}${own ? "" : ` as \`${by}\` asks`}`);
  const all = [true, false].flatMap((own) => [...say("passes", passes, own), ...say("avoids", avoids, own)]);
  return all.length === 0 ? "" : ` that ${all.join(" and ")}`;
}

/** Where the path breaks off. */
export function gapText({ gap, avoids, nowhere, unfit, inOrder, isGivenUp: stopped }: NoPath): string {
  if (nowhere !== undefined) return `it is not known where ${list(nowhere)} stands`;
  if (unfit !== undefined) return `${list(unfit)} can be no waypoint, as \`host_mac\` and \`host_at\` stand`;
  if (inOrder !== undefined)
    return `only in the order ${inOrder.map((node) => `\`${node}\``).join(", ")}, which statements leave open, and other hosts are led from there in another: one statement that names them sets it`;
  if (stopped === true) return "the search was given up, since so many ways and orders of waypoints had to be tried";
  if (gap === undefined) return "that would come into a switch twice by one port";
  const { from, to, connected, reached } = gap;
  if (!connected)
    return `switches \`${from}\` and \`${to}\` are not connected: from \`${from}\` one gets to ${list(reached)}`;
  const shut = avoids.map(({ node }) => node);
  if (shut.includes(from)) return `it would have to cross \`${from}\``;
  if (shut.includes(to)) return `it would have to cross \`${to}\``;
  return `every way from \`${from}\` to \`${to}\` crosses ${list(shut)}`;
}

const hostsAt = ({ hosts }: Topology, port: Port): readonly string[] =>
  [...hosts.values()].filter(({ at }) => samePort(at, port)).map(({ name }) => name);

/** The part of a cube between the two ports. */
function flowsBetween(topology: Topology, { cube, from, to }: MissingPath): Cube {
  const source = within(topology, cube, from, { user: "user", ip: "srcHost", mac: "srcEth", ap: "srcAP" });
  const entering = [
    ["switch", nameSet([from.switch])],
    ["inPort", numberSet("inPort", [from.port])],
  ] as const;
  const entered = entering.reduce((rest, [field, set]) => narrowed(rest, field, set), source);
  return to === undefined
    ? entered
    : within(topology, entered, to, { user: "dstUser", ip: "dstHost", mac: "dstEth", ap: "dstAP" });
}

interface Side {
  readonly user: Field;
  readonly ip: Field;
  readonly mac: Field;
  readonly ap: Field;
}

function within({ hosts, userHosts }: Topology, cube: Cube, port: Port, { user, ip, mac, ap }: Side): Cube {
  const here = [...hosts.values()].filter(({ at }) => samePort(at, port));
  const users = userHosts.filter(({ host }) => here.some(({ name }) => name === host)).map((one) => one.user);
  const sets = [
    [ap, nameSet([portKey(port)])],
    [user, nameSet(users)],
    [ip, addressSet(here.flatMap(({ addresses }) => addresses))],
    [
      mac,
      numberSet(
        mac,
        here.flatMap(({ macs }) => macs),
      ),
    ],
  ] as const;
  return sets.reduce((rest, [field, set]) => narrowed(rest, field, set), cube);
}

/**
 * A cube with a constraint that it has made narrower. A field that it does not constrain stays free, and so does one that
 * would leave no flow: a host sends IPv4 from its port where facts state IPv6 addresses alone.
 */
function narrowed(cube: Cube, field: Field, to: FieldSet | undefined): Cube {
  const had = constraint(cube, field);
  const both = had && to && setIntersect(had, to);
  const narrower = both && withConstraint(cube, field, both);
  return narrower && possible(narrower) ? narrower : cube;
}
