/**
 * Flows that are steered and may go anywhere (`waypoint(user=guest) = ids`): the legs up to the last waypoint, from
 * where ordinary forwarding, or that around what is avoided (`around.ts`), leads on; and the hosts for which that would not do, each with a route of its own.
 */
import { closer, distances } from "./distance.ts";
import { closedOf, route, stopsOf, type Journey, type Route } from "./route.ts";
import { search, type Hop } from "./search.ts";
import { portKey, samePort, type Port, type Stationed, type Topology } from "./topology.ts";

/** A journey whose end is open. */
export type Steered = Omit<Journey, "to">;

export interface Detour {
  /** The last one ends out of the last waypoint's port, or into the switch that is the last waypoint. */
  readonly legs: readonly (readonly Hop[])[];
  /** Where the packet comes in with all waypoints behind it. Without waypoints that is where it entered. */
  readonly at: Port;
}

/** A host that needs a route of its own; without one, what is sent to it must be dropped. */
export interface Exception {
  readonly host: Stationed;
  readonly route: Route | undefined;
}

/** The way by the waypoints; undefined where there is none. */
export function detour(topology: Topology, journey: Steered): Detour | undefined {
  const stops = stopsOf(topology, journey);
  if (stops === undefined) return undefined;
  const closed = closedOf(topology, journey);
  const found = search(topology, { from: journey.from, stops, closed, goesOn: true });
  return found && { legs: found.legs.filter((leg) => leg.length > 0), at: found.at };
}

/**
 * The hosts that ordinary forwarding, taking over where the detour ends, would not reach, or by a port where the detour has been (there the packet would be led round once more), or back out where it has just come in, which
 * no switch does unless it is told to. In order of their names.
 */
export function exceptions(topology: Topology, journey: Steered, { legs, at }: Detour): readonly Exception[] {
  const closed = closedOf(topology, journey);
  const been = new Set([...legs.flat().map((hop) => portKey({ switch: hop.switch, port: hop.in })), portKey(at)]);
  const verdicts = new Map<string, boolean>();
  const isLedOn = ({ at: { switch: end } }: Stationed): boolean => {
    let verdict = verdicts.get(end);
    if (verdict === undefined) {
      const entered = entrances(topology, at, end, closed);
      verdict = entered?.every((port) => !been.has(portKey(port))) === true;
      verdicts.set(end, verdict);
    }
    return verdict;
  };
  // Who has been at the last waypoint has got there; who has only crossed it is to be sent back.
  const wasThere = topology.hosts.has(journey.waypoints?.at(-1) ?? "");
  const isSentBack = (host: Stationed): boolean => samePort(host.at, at) && !wasThere;
  return [...topology.hosts.values()]
    .filter((host) => !samePort(host.at, journey.from) && (isSentBack(host) || !isLedOn(host)))
    .map((host) => ({ host, route: route(topology, { ...journey, to: host.at }) }));
}

/** The ports by which forwarding enters switches on the way to one; undefined where it does not get there. */
function entrances(
  topology: Topology,
  from: Port,
  to: string,
  closed: ReadonlySet<string>,
): readonly Port[] | undefined {
  const way = distances(topology, to, closed);
  if (!way.has(from.switch)) return undefined;
  const ports: Port[] = [];
  for (let at = from.switch; at !== to;) {
    const [link] = closer(topology, at, way);
    if (link === undefined || samePort(link.from, from)) return undefined;
    ports.push(link.to);
    at = link.to.switch;
  }
  return ports;
}
