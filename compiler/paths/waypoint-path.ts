/**
 * Steered flows that may go anywhere (`waypoint(user=guest) = ids`) → their path up to the last waypoint. From there
 * ordinary forwarding, or forwarding around avoided switches (`forwarding-around.ts`), leads on. A host that it would
 * not reach as asked gets a route of its own.
 */
import { by } from "../net/order.ts";
import { closerLinks, distances } from "./distance.ts";
import { avoidedSwitches, ordersFrom, route, sameStop, stopsOf, type RouteQuery, type Route } from "./route.ts";
import { CommonBudget, firstFound, search, SearchBudget, type Hop } from "./search.ts";
import {
  hostsAtPorts,
  hostsBySwitch,
  portKey,
  samePort,
  type Port,
  type AttachedHost,
  type Topology,
} from "./topology.ts";

/** A query for flows whose destination is not known. */
export type OpenRouteQuery = Omit<RouteQuery, "to">;

export interface WaypointPath {
  /** The last leg ends at the last waypoint: out of its port, or into it if it is a switch. */
  readonly legs: readonly (readonly Hop[])[];
  /** The port where the packet comes in after the last waypoint; without waypoints, where it entered. */
  readonly at: Port;
  /** The waypoints in the order in which the path passes them. */
  readonly waypoints: readonly string[];
}

/** A host that needs a route of its own; without one, packets to it must be dropped. */
export interface OwnRoute {
  readonly host: AttachedHost;
  readonly route: Route | undefined;
}

/** The path through the waypoints in order; undefined if there is none or the budget runs out. */
export function waypointPath(
  topology: Topology,
  query: OpenRouteQuery,
  budget: SearchBudget = new SearchBudget(),
): WaypointPath | undefined {
  const closed = avoidedSwitches(topology, query);
  return firstFound(ordersFrom(topology, query), budget, (waypoints, own): WaypointPath | undefined => {
    const stops = stopsOf(topology, { ...query, waypoints });
    if (stops?.some((stop) => sameStop(stop, query.from)) !== false) return undefined;
    const found = search(topology, { from: query.from, stops, closed, goesOn: true }, own);
    return found && { legs: found.legs.filter((leg) => leg.length > 0), at: found.at, waypoints };
  });
}

/**
 * The hosts that need a route of their own, in order of their names. Ordinary forwarding takes over at the end of the
 * waypoint path. A host needs a route if ordinary forwarding does not reach it; if it enters a port of the path, so
 * that the packet would follow the path again; if it would leave by the port where it came in, which a switch does only
 * by an explicit entry; or if the host is a waypoint before the last.
 */
export function ownRoutes(
  topology: Topology,
  query: OpenRouteQuery,
  { legs, at, waypoints }: WaypointPath,
  common: CommonBudget = new CommonBudget(),
): readonly OwnRoute[] {
  const closed = avoidedSwitches(topology, query);
  const been = new Set([...legs.flat().map((hop) => portKey({ switch: hop.switch, port: hop.in })), portKey(at)]);
  const isReached = (end: string): boolean =>
    entrances(topology, at, end, closed)?.every((port) => !been.has(portKey(port))) === true;
  // A packet that was sent to the last waypoint's host has reached it. One that only crossed its switch has not.
  const wasThere = topology.hosts.has(waypoints.at(-1) ?? "");
  const isSentBack = (host: AttachedHost): boolean => samePort(host.at, at) && !wasThere;
  // A waypoint that is the destination must come last.
  const inner = waypoints.slice(0, -1).flatMap((node) => topology.hosts.get(node)?.at ?? []);
  const innerKeys = new Set(inner.map(portKey));
  const isInner = (host: AttachedHost): boolean => innerKeys.has(portKey(host.at));
  // Of a switch that is reached only the hosts at few ports may need one, so most hosts need no look.
  const beyond = [...hostsBySwitch(topology)].flatMap(([name, here]) => (isReached(name) ? [] : here));
  const some = hostsAtPorts(topology, [...inner, at]).filter((host) => isInner(host) || isSentBack(host));
  return [...new Set([...some, ...beyond])].toSorted(by(({ name }) => name)).map((host) => ({
    host,
    // What a host sends to its own port is delivered nowhere, so it needs no route but must not circle.
    route: samePort(host.at, query.from)
      ? undefined
      : common.ask((own) => route(topology, { ...query, to: host.at }, own)),
  }));
}

/** The ports by which forwarding enters switches on its path to one; undefined if it does not get there. */
function entrances(
  topology: Topology,
  from: Port,
  to: string,
  closed: ReadonlySet<string>,
): readonly Port[] | undefined {
  const toEnd = distances(topology, to, closed);
  if (!toEnd.has(from.switch)) return undefined;
  const ports: Port[] = [];
  for (let at = from.switch; at !== to;) {
    const [link] = closerLinks(topology, at, toEnd);
    if (link === undefined || samePort(link.from, from)) return undefined;
    ports.push(link.to);
    at = link.to.switch;
  }
  return ports;
}
