/**
 * Two ports and what steers a packet → its route: the shortest path that passes the waypoints in order and crosses no
 * avoided switch (SEMANTICS, "waypoint / avoid"). A packet is sent out at the port of a waypoint that is a host, and
 * goes on when it comes back in there. So a route is a list of legs between access ports.
 */
import { boxFault } from "./boxes.ts";
import { leavesOut, ordersOf } from "./waypoint-order.ts";
import { firstFound, search, SearchBudget, type Hop, type Stop } from "./search.ts";
import { portKey, samePort, type Port, type Topology } from "./topology.ts";

/**
 * A route. The first leg begins where the packet enters, and each further one at the waypoint that ended the one
 * before.
 */
export interface Route {
  readonly legs: readonly (readonly Hop[])[];
  /** The waypoints in the order in which it passes them. */
  readonly waypoints: readonly string[];
}

export interface RouteQuery {
  readonly from: Port;
  readonly to: Port;
  /** Hosts and switches to pass in this order. */
  readonly waypoints?: readonly string[] | undefined;
  /**
   * Instead of `waypoints`: the lists of several statements, to pass in any order that keeps the order of each list.
   */
  readonly lists?: readonly (readonly string[])[] | undefined;
  /** Switches not to enter. A packet crosses a host only as a waypoint, so avoiding a host forbids only that. */
  readonly avoid?: readonly string[] | undefined;
}

/**
 * The route, or undefined if there is none. Of several shortest ones it is the one that leaves by the lowest ports. A
 * switch distinguishes two passes of one packet only by the ingress port, so no route enters a switch twice at one
 * port.
 */
export function route(
  topology: Topology,
  query: RouteQuery,
  budget: SearchBudget = new SearchBudget(),
): Route | undefined {
  return firstFound(ordersFrom(topology, query), budget, (order, own) => inOrder(topology, query, order, own));
}

/** The route that passes the waypoints in this order. */
function inOrder(
  topology: Topology,
  query: RouteQuery,
  waypoints: readonly string[],
  budget: SearchBudget,
): Route | undefined {
  const { from, to } = query;
  const stops = stopsOf(topology, { ...query, waypoints }, to);
  // The destination keeps the packet, so it can be the last waypoint only. The source has passed itself, and what comes
  // back to it would come in there twice.
  if (stops?.slice(0, -1).some((stop) => sameStop(stop, to) || sameStop(stop, from)) !== false) return undefined;
  const closed = avoidedSwitches(topology, query);
  const found = search(topology, { from, stops: stops.length === 0 ? [to] : stops, closed, goesOn: false }, budget);
  return found && { legs: found.legs, waypoints };
}

/**
 * The orders in which waypoints may be passed from a port; the first one with a path is taken. Where some are hosts, one order
 * leads to all ends: that with paths to most known hosts. Else what such a router sends to another end than it was led to would not
 * have passed all that stands before the router on the way there. Only what ends at a waypoint has it last, in any order.
 */
export function ordersFrom(topology: Topology, query: OpenQuery & { readonly to?: Port }): readonly Order[] {
  const orders = waypointOrders(query);
  const nodes = (orders[0] ?? []).flatMap((name) => topology.hosts.get(name) ?? []);
  const { to } = query;
  if (orders.length < 2 || nodes.length === 0 || nodes.some(({ at }) => to && samePort(at, to))) return orders;
  const known = preferred.get(topology) ?? new Map<string, readonly Order[]>();
  preferred.set(topology, known);
  const key = JSON.stringify([portKey(query.from), query.lists, query.avoid ?? []]);
  let found = known.get(key);
  if (found === undefined) known.set(key, (found = commonOrders(topology, query, orders)));
  return found;
}

type Order = readonly string[];
type OpenQuery = Omit<RouteQuery, "to">;

const preferred = new WeakMap<Topology, Map<string, readonly Order[]>>();

/** The order that reaches most, and others in which no box passes on what has not passed all that it has in these. */
function commonOrders(topology: Topology, query: OpenQuery, orders: readonly Order[]): readonly Order[] {
  const isBox = (node: string): boolean => topology.hosts.has(node);
  const found: Order[] = [];
  for (const order of [mostReaching(topology, query, orders), ...orders])
    if (found.every((one) => !leavesOut(one, order, isBox) && !leavesOut(order, one, isBox))) found.push(order);
  return found;
}

function mostReaching(topology: Topology, query: OpenQuery, orders: readonly Order[]): Order {
  const others = [...topology.hosts.values()].filter(
    ({ name, at }) => !orders[0]!.includes(name) && !samePort(at, query.from),
  );
  let ends = [...new Map(others.map(({ at }) => [portKey(at), at])).values()];
  let best = orders[0]!;
  let fewest = Number.POSITIVE_INFINITY;
  // An order without a path takes many hops to say so, and must leave those of the others.
  const part = Math.ceil(new SearchBudget().left / orders.length);
  for (const order of orders) {
    const budget = new SearchBudget(part);
    const missed: Port[] = [];
    for (const to of ends) {
      if (inOrder(topology, { ...query, to }, order, budget) === undefined) missed.push(to);
      if (missed.length >= fewest) break;
    }
    if (missed.length < fewest) {
      best = order;
      fewest = missed.length;
      // What one order misses another may miss, too: asked first, it saves the rest.
      ends = [...missed, ...ends.filter((one) => !missed.includes(one))];
    }
    if (fewest === 0) break;
  }
  return best;
}

/** The orders that keep the order of each list. */
export const waypointOrders = ({
  lists,
  waypoints = [],
}: Pick<RouteQuery, "lists" | "waypoints">): readonly (readonly string[])[] => (lists ? ordersOf(lists) : [waypoints]);

/** The hops of a route in order, its legs joined. */
export const hopsOf = ({ legs }: Route): readonly Hop[] => legs.flat();

/**
 * The location of a waypoint or an avoided node: a switch, or the port of a host. A name that is both means the host.
 */
export function locationOf({ hosts, trunks }: Topology, node: string): Stop | undefined {
  return hosts.get(node)?.at ?? (trunks.has(node) ? { switch: node } : undefined);
}

/**
 * Where a waypoint gets packets and gives them back; undefined: it is no place of the network, or a host that switches
 * cannot tell from others (`boxFault`).
 */
const waypointAt = (topology: Topology, node: string): Stop | undefined =>
  boxFault(topology, node) === undefined ? locationOf(topology, node) : undefined;

/** The switches that must not be entered. */
export const avoidedSwitches = ({ hosts }: Topology, { avoid = [] }: Pick<RouteQuery, "avoid">): ReadonlySet<string> =>
  new Set(avoid.filter((node) => !hosts.has(node)));

/**
 * The stops in order, with `to` last; undefined if a node is unknown, or both waypoint and avoided. Equal stops in a
 * row are one: a packet that enters or leaves at a waypoint's port has passed it.
 */
export function stopsOf(
  topology: Topology,
  { from, waypoints = [], avoid = [] }: Omit<RouteQuery, "to">,
  ...to: readonly Port[]
): readonly Stop[] | undefined {
  if (waypoints.some((node) => avoid.includes(node))) return undefined;
  const places = waypoints.map((node) => waypointAt(topology, node));
  if (!places.every((place) => place !== undefined)) return undefined;
  const all: readonly Stop[] = [from, ...places, ...to];
  return all.slice(1).filter((stop, i) => !sameStop(all[i]!, stop));
}

export const sameStop = (a: Stop, b: Stop): boolean =>
  "port" in a ? "port" in b && samePort(a, b) : !("port" in b) && a.switch === b.switch;
