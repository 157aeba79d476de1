/**
 * One packet's way through the network: the shortest that passes the waypoints in order and crosses no avoided switch
 * (SEMANTICS, "waypoint / avoid"). A waypoint that is a host hangs off a port: the packet is sent out there, and what
 * comes back in at that port goes on; so a route is a list of legs between access ports.
 */
import { search, type Hop, type Stop } from "./search.ts";
import { samePort, type Port, type Topology } from "./topology.ts";

/** The first leg begins where the packet enters, each further one at the waypoint where the one before ended. */
export interface Route {
  readonly legs: readonly (readonly Hop[])[];
}

export interface Journey {
  readonly from: Port;
  readonly to: Port;
  /** Hosts and switches, to be passed in this order. */
  readonly waypoints?: readonly string[] | undefined;
  /** Switches never to be entered. A host is never crossed but as a waypoint, so avoiding it forbids only that. */
  readonly avoid?: readonly string[] | undefined;
}

/**
 * The route, or undefined where there is none. Of several shortest ones it is the one that leaves by the lowest ports.
 * No switch is entered twice at one port: that is all by which it can tell two passes of one packet apart.
 */
export function route(topology: Topology, journey: Journey): Route | undefined {
  const { from, to } = journey;
  const stops = stopsOf(topology, journey, to);
  if (stops === undefined) return undefined;
  const closed = closedOf(topology, journey);
  const found = search(topology, { from, stops: stops.length === 0 ? [to] : stops, closed, goesOn: false });
  return found && { legs: found.legs };
}

/** The hops of a route in order, its legs joined. */
export const hopsOf = ({ legs }: Route): readonly Hop[] => legs.flat();

/** Where a waypoint or an avoided node is: a switch, or the port of a host. A name that is both is the host. */
export function placeOf({ hosts, trunks }: Topology, node: string): Stop | undefined {
  return hosts.get(node)?.at ?? (trunks.has(node) ? { switch: node } : undefined);
}

/** The switches that are not to be entered. */
export const closedOf = ({ hosts }: Topology, { avoid = [] }: Pick<Journey, "avoid">): ReadonlySet<string> =>
  new Set(avoid.filter((node) => !hosts.has(node)));

/**
 * Where to go in turn, `to` last; undefined where a node is unknown, or to be passed and avoided. What enters at a
 * waypoint's port has been there, what ends there gets there, and of neighbours at one port one visit is enough.
 */
export function stopsOf(
  topology: Topology,
  { from, waypoints = [], avoid = [] }: Omit<Journey, "to">,
  ...to: readonly Port[]
): readonly Stop[] | undefined {
  if (waypoints.some((node) => avoid.includes(node))) return undefined;
  const places = waypoints.map((node) => placeOf(topology, node));
  if (!places.every((place) => place !== undefined)) return undefined;
  const all: readonly Stop[] = [from, ...places, ...to];
  return all.slice(1).filter((stop, i) => !sameStop(all[i]!, stop));
}

const sameStop = (a: Stop, b: Stop): boolean =>
  "port" in a ? "port" in b && samePort(a, b) : !("port" in b) && a.switch === b.switch;
