/** A steered flow → a sentence that says why it is dropped where it enters. */
import { ALWAYS } from "../net/interval.ts";
import type { Cube, Flow } from "../flowgroup/cube.ts";
import { intersectCubes, names, withConstraint, withoutHidden } from "../flowgroup/index.ts";
import {
  avoidedSwitches,
  differ,
  endPortsOf,
  goesFromAnywhere,
  portKey,
  route,
  samePort,
  steer,
  type InnerBox,
  type Port,
  type SteeredHops,
  type Topology,
} from "../paths/index.ts";
import { steeringOf, type MissingPath } from "../certificates/missing-paths.ts";
import { askedText, gapText, noPathOf } from "../certificates/no-path.ts";
import { namesEnds } from "../paths/end-ports.ts";
import { destinationOf, ingressOf } from "./endpoints.ts";
import type { HoldingStatement } from "./steering-statements.ts";

/** All steering is by accepted statements: each node is named with the one that asks for it. */
const NOTHING_ASKED = { id: "", kind: "", nodes: [], pieces: [] } as const;

/** Says that there is no path, from where to where, and where it breaks off. */
export function missingPathText(topology: Topology, found: MissingPath): string {
  const noPath = noPathOf({ topology, asked: NOTHING_ASKED, beside: [] }, found);
  return `there is no path ${noPath.between}${askedText(noPath)}: ${gapText(noPath)}`;
}

/**
 * The flows that all of these statements hold and that enter at one port. Users are left out: a packet may be of several,
 * and is then held by statements about each of them.
 */
export function commonFlows(members: readonly Pick<HoldingStatement, "cube">[], from: Port): Cube {
  const cubes = members.map(({ cube }) => withoutUsers(cube));
  // A fragment may be of one by what it hides, and of another that names it.
  const common = allOf(cubes) ?? allOf(cubes.map(withoutHidden))!;
  return withConstraint(common, "srcAP", names(portKey(from)));
}

const allOf = (cubes: readonly Cube[]): Cube | undefined =>
  cubes.reduce<Cube | undefined>((all, cube) => all && intersectCubes(all, cube), cubes[0]!);

/** A cube for any users. */
const withoutUsers = (cube: Cube): Cube =>
  (["user", "dstUser"] as const).reduce((rest, field) => withConstraint(rest, field, undefined), cube);

/** Why a flow is dropped; undefined: there is a path, or it is not known where the flow enters. */
export function whyDropped(topology: Topology, flow: Flow, members: readonly HoldingStatement[]): string | undefined {
  const from = ingressOf(topology, flow);
  if (from === undefined) return undefined;
  const isKnown = [...topology.hosts.values()].some(({ at }) => samePort(at, from));
  if (!isKnown) {
    const bar = members.find(
      ({ kind, nodes, cube }) =>
        endPortsOf(topology, { cubes: [cube] })[0]!.sources === undefined &&
        !goesFromAnywhere(topology, kind, nodes, from.switch),
    );
    return bar && `\`${bar.id}\` prescribes no way from ${portKey(from)}, where no host is known`;
  }
  const cube = commonFlows(members, from);
  const to = destinationOf(topology, flow);
  const steering = steeringOf(members);
  const steered = steer(topology, { cubes: [cube] }, steering, { isShared: differ(members) });
  const { hops, drops, dropsUnknownEnds } = steered;
  const isHere = (end: Port | undefined): boolean => end === undefined || (to !== undefined && samePort(end, to));
  const drop = drops.find((one) => samePort(one.from, from) && isHere(one.to));
  const tell = (end: Port | undefined): string =>
    missingPathText(topology, { cube, interval: ALWAYS, from, ...(end && { to: end }), members });
  if (drop !== undefined) return tell(drop.to);
  const closed = avoidedSwitches(topology, steering);
  // Around nodes a flow is forwarded by its MAC, as all others are.
  const mac = [...topology.hosts.values()].find(({ macs }) => macs.includes(flow.dstEth as number));
  if (steering.waypoints.length > 0) {
    const ended = endsBefore(steered, members, { from, to, framed: mac?.at });
    if (ended !== undefined) return endedText(topology, ended.box);
    // A destination with a path of its own is found by its address first.
    if (to !== undefined && hops.some((one) => samePort(one.from, from) && isAt(one.to, to))) return undefined;
    if (mac === undefined || samePort(mac.at, from)) {
      const isKnown =
        mac !== undefined || [...topology.hosts.values()].some(({ at, macs }) => isAt(to, at) && macs.length === 0);
      return closed.size > 0 || (dropsUnknownEnds && !isKnown) ? NOWHERE : undefined;
    }
    return drops.some((one) => samePort(one.from, from) && isAt(one.to, mac.at)) ? tell(mac.at) : undefined;
  }
  if (closed.size === 0 || mac === undefined || samePort(mac.at, from)) return undefined;
  return route(topology, { from, to: mac.at, ...steering }) === undefined ? tell(mac.at) : undefined;
}

/**
 * The waypoint that keeps a flow, as its address says, before another has had it: the flow is led to the host of its MAC, or its
 * statements know no end by an address.
 */
function endsBefore(
  { hops, drops, inner }: SteeredHops,
  members: readonly HoldingStatement[],
  { from, to, framed }: { readonly from: Port; readonly to: Port | undefined; readonly framed: Port | undefined },
): InnerBox | undefined {
  const isByMac = members.some(({ cube }) => namesEnds(cube));
  const hasPair = [...hops, ...drops].some((one) => samePort(one.from, from) && one.to && isAt(to, one.to));
  if (hasPair && !isByMac) return undefined;
  const isFramed = (end: Port | undefined): boolean => end === undefined || isAt(framed, end);
  return inner.find((one) => samePort(one.from, from) && isAt(to, one.box) && isFramed(one.to));
}

const endedText = ({ hosts }: Topology, box: Port): string => {
  const named = [...hosts.values()].filter(({ at }) => samePort(at, box)).map(({ name }) => `\`${name}\``);
  return `its address is that of ${named.join(" and ")}, which would keep it before it has passed all waypoints`;
};

const NOWHERE = "nobody knows where it is to go behind its last waypoint";
const isAt = (end: Port | undefined, at: Port): boolean => end !== undefined && samePort(end, at);
