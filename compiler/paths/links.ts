/**
 * A flowgroup → the links that its traffic crosses, which a reservation is charged to, and what may be promised for it
 * (NETWORK, "Promises").
 */
import type { Flowgroup } from "../flowgroup/cube.ts";
import { by } from "../net/order.ts";
import { endPortsOf, type EndPorts } from "./end-ports.ts";
import { waypointPath } from "./waypoint-path.ts";
import { locationOf, route, type Route } from "./route.ts";
import { CommonBudget } from "./search.ts";
import { ingressLink, egressLink, hostsAtPorts, samePort, type Link, type Port, type Topology } from "./topology.ts";
import { append, greatest } from "../net/lists.ts";

/**
 * What is promised for a reservation. *guaranteed*: every link on the path was charged. *guaranteed at the edge*: only
 * access links are known. *admitted, not guaranteed*: no link is known, or some have no stated rate.
 */
export type Promised = "guaranteed" | "guaranteed at the edge" | "admitted, not guaranteed";

/** The ports where a flow enters and leaves the network. */
export interface PortPair {
  readonly from: Port;
  readonly to: Port;
}

export interface CrossedLinks {
  /** The links that the reservation is charged to with its whole rate, each once, in order of their ids. */
  readonly links: readonly (Link & { readonly rate: number })[];
  readonly promise: Promised;
  /** Links on the paths without a stated rate, in order of their ids. Stating it would allow a better promise. */
  readonly unrated: readonly Link[];
  /** Pairs of ports that no path joins. */
  readonly unreachable: readonly PortPair[];
  /** Whether the search gave up on some pairs before it found or excluded a path. These pairs are in `unreachable`. */
  readonly isGivenUp: boolean;
}

/** How flows are steered, by names of nodes. */
export interface Steering {
  readonly waypoints?: readonly string[] | undefined;
  readonly avoid?: readonly string[] | undefined;
  /**
   * The waypoints of each statement, if there are several; `waypoints` is then one order that keeps the order of each.
   */
  readonly lists?: readonly (readonly string[])[] | undefined;
}

/** The most pairs of ends whose paths are computed. Beyond that only access links are charged. */
export const MOST_PAIRS = 1024;

/** All promises, the best first. */
export const PROMISES: readonly Promised[] = ["guaranteed", "guaranteed at the edge", "admitted, not guaranteed"];

/** The weakest of some promises. */
export const weakest = (...promises: readonly Promised[]): Promised =>
  PROMISES[greatest(promises.map((one) => PROMISES.indexOf(one)))]!;

const byId = by(({ id }: Link) => id);

/** The links that the traffic of a flowgroup crosses: the union over its cubes, with the weakest of their promises. */
export function linksOf(topology: Topology, flows: Flowgroup, steering: Steering = {}): CrossedLinks {
  const links = new Map<string, Link>();
  const unreachable: PortPair[] = [];
  let promise: Promised = "guaranteed";
  const budget = new CommonBudget();
  for (const ends of endPortsOf(topology, flows)) {
    const one = crossed(topology, ends, steering, budget);
    for (const link of one.links) links.set(link.id, link);
    append(unreachable, one.unreachable);
    promise = weakest(promise, one.promise);
  }
  const sorted = [...links.values()].toSorted(byId);
  return {
    links: sorted.filter(isRated),
    promise: links.size === 0 ? "admitted, not guaranteed" : promise,
    unrated: sorted.filter((link) => !isRated(link)),
    unreachable,
    isGivenUp: budget.isSpent,
  };
}

interface Part {
  readonly links: readonly Link[];
  readonly promise: Promised;
  readonly unreachable: readonly PortPair[];
}

function crossed(
  topology: Topology,
  { sources = [], destinations = [] }: Partial<EndPorts>,
  steering: Steering,
  budget: CommonBudget,
): Part {
  // Traffic of a host to itself crosses no link. Two hosts at one port may need their access link.
  const isAlone = (at: Port): boolean => hostsAtPorts(topology, [at]).length === 1;
  const meets = (at: Port, others: readonly Port[]): boolean =>
    others.length === 0 || others.some((other) => !samePort(at, other)) || !isAlone(at);
  const access = [
    ...sources.filter((at) => meets(at, destinations)).map((at) => ingressLink(topology, at)),
    ...destinations.filter((at) => meets(at, sources)).map((at) => egressLink(topology, at)),
  ];
  const atTheEdge = access.length > 0 && access.every(isRated) ? "guaranteed at the edge" : "admitted, not guaranteed";
  const edge: Part = { links: access, promise: atTheEdge, unreachable: [] };
  const pairs = sources.length * destinations.length;
  if (sources.length === 0 || pairs > MOST_PAIRS) return edge;
  const links = new Map(access.map((link) => [link.id, link]));
  const unreachable: PortPair[] = [];
  if (destinations.length === 0) {
    for (const from of sources) {
      const found = budget.ask((own) => waypointPath(topology, { from, ...steering }, own));
      if (found) for (const link of linksOn(topology, found)) links.set(link.id, link);
      else if (isSteered(steering) || !isUnwired(topology)) {
        unreachable.push({ from, to: lastPort(topology, steering) ?? from });
      }
    }
    return { links: [...links.values()], promise: atTheEdge, unreachable };
  }
  for (const from of sources) {
    for (const to of destinations) {
      if (samePort(from, to)) continue; // Both ends share a port: their traffic never crosses this network.
      // If no link is known, the path exists but cannot be computed.
      if (from.switch !== to.switch && !isSteered(steering) && isUnwired(topology)) return edge;
      const found = budget.ask((own) => route(topology, { from, to, ...steering }, own));
      if (found === undefined) unreachable.push({ from, to });
      else for (const link of linksOn(topology, found)) links.set(link.id, link);
    }
  }
  const charged = [...links.values()];
  const promise = unreachable.length === 0 && charged.every(isRated) ? "guaranteed" : atTheEdge;
  return { links: charged, promise, unreachable };
}

/** The port of the last waypoint that is a host; undefined if there is none. */
function lastPort(topology: Topology, { waypoints = [] }: Steering): Port | undefined {
  const stops = waypoints.map((node) => locationOf(topology, node));
  return stops.findLast((stop) => stop !== undefined && "port" in stop);
}

/** The links of a route: into its first switch, between switches, to waypoints and back, and out at its end. */
export function linksOn(topology: Topology, { legs }: Pick<Route, "legs">): readonly Link[] {
  return legs.flatMap((leg) => {
    const first = leg[0]!;
    return [
      ingressLink(topology, { switch: first.switch, port: first.in }),
      ...leg.map((hop) => {
        const from = { switch: hop.switch, port: hop.out };
        return topology.trunks.get(hop.switch)!.find((link) => samePort(link.from, from)) ?? egressLink(topology, from);
      }),
    ];
  });
}

const isRated = (link: Link): link is Link & { readonly rate: number } => link.rate !== undefined;

/** Whether statements prescribe nodes of the path. A path that is unknown then counts as missing. */
const isSteered = ({ waypoints = [], avoid = [] }: Steering): boolean => waypoints.length + avoid.length > 0;

/** Whether no link between switches is known. */
const isUnwired = ({ trunks }: Topology): boolean => [...trunks.values()].every((links) => links.length === 0);
