/**
 * Flows that `waypoint` and `avoid` steer → their hops, port by port, from which tables are made. A packet that no hop
 * holds is forwarded ordinarily, or around the avoided switches (`forwarding-around.ts`). Flows without a path are
 * dropped: steering fails closed (SEMANTICS, "waypoint / avoid").
 *
 * No packet enters a switch twice at one port. So packets to no known host go on from the last waypoint only if a flood
 * from there meets no port of their path. Otherwise they are dropped (NETWORK, "Forward").
 */
import type { Flowgroup } from "../flowgroup/cube.ts";
import { by } from "../net/order.ts";
import { floodOf, type Flood } from "./flood.ts";
import { waypointPath, ownRoutes } from "./waypoint-path.ts";
import { comesInAt, endPortsOf, isOfUsersAt, leavesAt } from "./end-ports.ts";
import { avoidedSwitches, hopsOf, route, type Route } from "./route.ts";
import { CommonBudget, type Hop } from "./search.ts";
import { portKey, samePort, type Port, type Topology } from "./topology.ts";
import type { Steering } from "./links.ts";

/** The port where flows enter the network, and the one where they leave it, if it is known. */
export interface IngressEgress {
  readonly from: Port;
  /** Absent: they may leave anywhere. Entries of hops with a `to` stand above those of hops without. */
  readonly to?: Port;
}

/** One hop of a path: flows from `from` (to `to`) that come in at the hop's `in` go out at its `out`. */
export interface SteeredHop extends IngressEgress {
  readonly hop: Hop;
}

export interface SteeredHops {
  /** Two hops at one port hold the same packet only if exactly one of them has a `to`. */
  readonly hops: readonly SteeredHop[];
  /** Flows without a path, which are dropped where they enter. */
  readonly drops: readonly IngressEgress[];
  /** Flows that come back from waypoints, where source addresses of other ports are no spoof. */
  readonly returns: readonly WaypointReturn[];
  /** Whether packets to no known host are dropped behind the last waypoint, instead of flooded from there. */
  readonly dropsUnknownEnds: boolean;
  /** The ports whose flows are led to the last waypoint and may end anywhere. */
  readonly opens: readonly Port[];
  /** Where ordinary forwarding takes over: the ports where flows come in behind their last waypoint. */
  readonly ends: readonly Port[];
  /** Hosts that paths pass before their last waypoint. */
  readonly inner: readonly InnerBox[];
  /** The floods from last waypoints; none if `dropsUnknownEnds`. */
  readonly floods: readonly Flood[];
  /** Whether the search gave up on some flows before it found or excluded a path. These flows are in `drops`. */
  readonly isGivenUp: boolean;
  /** Whether there are more hops than was asked for. Those that are given are some of them. */
  readonly isOver: boolean;
}

/** Flows that come back into the network at a waypoint's port `at`. */
export interface WaypointReturn extends IngressEgress {
  readonly at: Port;
}

/** Flows that the host at the port `box` gets before another waypoint does. */
export interface InnerBox extends IngressEgress {
  readonly box: Port;
}

/**
 * The hops of a flowgroup. Flows with unknown sources may enter at every port of a known host. Flows with unknown
 * destinations have hops up to the last waypoint, and beyond it only to the hosts that need a route of their own.
 * `isShared`: several statements with different nodes hold the flows, so that behind the last waypoint the hops of one
 * of them alone would lead the flows elsewhere. `most`: the search ends with so many hops.
 */
export function steer(
  topology: Topology,
  flows: Flowgroup,
  steering: Steering,
  { isShared = false, most = Number.POSITIVE_INFINITY }: { readonly isShared?: boolean; readonly most?: number } = {},
): SteeredHops {
  const builder = new Builder(topology, steering, most);
  for (const [i, { sources, destinations }] of endPortsOf(topology, flows).entries()) {
    const cube = flows.cubes[i]!;
    const isSource = (port: Port): boolean => comesInAt(cube, port) && isOfUsersAt(topology, cube, port);
    for (const from of (sources ?? edge(topology)).filter(isSource)) {
      if (destinations === undefined) builder.anywhere(from, (to) => leavesAt(cube, to));
      else for (const to of destinations) builder.pair({ from, to });
    }
  }
  const { opens, avoidsSwitches, onlyAvoids } = builder;
  const meetsItself = builder.floods.some(({ meets }) => meets);
  const dropsUnknownEnds = opens.length > 0 && !onlyAvoids && (isShared || avoidsSwitches || meetsItself);
  const floods = dropsUnknownEnds ? [] : builder.floods;
  return {
    ...builder.finish(),
    opens,
    ends: builder.ends,
    dropsUnknownEnds,
    floods,
    isGivenUp: builder.budget.isSpent,
    isOver: builder.isOver,
  };
}

/** Whether statements steer by different nodes. */
export const differ = (statements: readonly { readonly nodes?: readonly string[] | undefined }[]): boolean =>
  new Set(statements.map(({ nodes = [] }) => nodes.join())).size > 1;

/**
 * Whether flows of a statement may come in at a switch where no host is known. A flow that enters at the only waypoint has
 * passed it, and to avoid hosts prescribes no way.
 */
export const goesFromAnywhere = (
  { hosts }: Topology,
  kind: string,
  nodes: readonly string[],
  switchName: string,
): boolean => nodes.every((node) => (kind === "waypoint" ? node === switchName : hosts.has(node)));

/** All ports of known hosts. */
const edge = ({ hosts }: Topology): readonly Port[] => [
  ...new Map([...hosts.values()].map(({ at }) => [portKey(at), at])).values(),
];

class Builder {
  readonly topology: Topology;
  readonly steering: Steering;
  readonly hops = new Map<string, SteeredHop>();
  readonly drops = new Map<string, IngressEgress>();
  readonly returns = new Map<string, WaypointReturn>();
  readonly inner = new Map<string, InnerBox>();
  readonly budget = new CommonBudget();
  /** Whether the flows must avoid switches. */
  readonly avoidsSwitches: boolean;
  /** Whether the flows must avoid switches and have no waypoints. */
  readonly onlyAvoids: boolean;
  /** The ports whose flows are led to the last waypoint and may end anywhere. */
  readonly opens: Port[] = [];
  /** The floods from last waypoints. */
  readonly floods: Flood[] = [];
  readonly ends: Port[] = [];

  readonly #most: number;

  constructor(topology: Topology, steering: Steering, most: number) {
    this.#most = most;
    this.topology = topology;
    this.steering = steering;
    this.avoidsSwitches = avoidedSwitches(topology, steering).size > 0;
    this.onlyAvoids = this.avoidsSwitches && (steering.waypoints ?? []).length === 0;
  }

  get isOver(): boolean {
    return this.hops.size > this.#most;
  }

  /** What a host sends to its own port has no path: it is delivered nowhere, and led to no router. */
  pair(ends: Required<IngressEgress>): void {
    if (this.isOver) return;
    if (samePort(ends.from, ends.to)) this.add(ends, undefined);
    else
      this.add(
        ends,
        this.budget.ask((own) => route(this.topology, { ...ends, ...this.steering }, own)),
      );
  }

  /** `isMeant`: whether the flows are also for hosts at a port. */
  anywhere(from: Port, isMeant: (to: Port) => boolean): void {
    if (this.isOver) return;
    const query = { from, ...this.steering };
    const found = this.budget.ask((own) => waypointPath(this.topology, query, own));
    if (found === undefined) {
      this.drops.set(keyOf({ from }), { from });
      return;
    }
    this.add({ from }, found);
    this.addInner({ from }, found.waypoints);
    this.opens.push(from);
    this.ends.push(found.at);
    const flood = this.avoidsSwitches ? undefined : floodOf(this.topology, found);
    if (flood) this.floods.push(flood);
    // The last leg ends at the last waypoint. If that is a host, the packet comes back in at its port.
    const last = found.legs.at(-1)?.at(-1);
    if (last && samePort(found.at, { switch: last.switch, port: last.out })) this.addReturn({ from }, found.at);
    // Behind the last waypoint ordinary forwarding would avoid nothing, so each host gets a route of its own.
    if (this.avoidsSwitches && !this.onlyAvoids) {
      for (const { at: to } of this.topology.hosts.values())
        if (!samePort(from, to) && isMeant(to)) this.pair({ from, to });
      return;
    }
    for (const { host, route: own } of ownRoutes(this.topology, query, found, this.budget))
      if (isMeant(host.at)) this.add({ from, to: host.at }, own);
  }

  add(ends: IngressEgress, path: Route | undefined): void {
    if (path === undefined) {
      this.drops.set(keyOf(ends), ends);
      return;
    }
    // `forwardingAround` leads all of them, wherever they enter.
    if (this.onlyAvoids) return;
    for (const hop of hopsOf(path)) this.hops.set(`${keyOf(ends)} ${hop.switch}:${hop.in}`, { ...ends, hop });
    for (const [first] of path.legs.slice(1)) {
      this.addReturn(ends, { switch: first!.switch, port: first!.in });
    }
    if (ends.to !== undefined) this.addInner(ends, path.waypoints);
  }

  /** A return without a `to` also holds those from the same source with one, which are left out. */
  addReturn(ends: IngressEgress, at: Port): void {
    const whole = `${portKey(at)} ${keyOf({ from: ends.from })}`;
    if (!this.returns.has(whole)) this.returns.set(`${portKey(at)} ${keyOf(ends)}`, { ...ends, at });
  }

  /** Where the order of two is open, one counts as passed by what shows its MAC. */
  addInner(ends: IngressEgress, nodes: readonly string[]): void {
    const { hosts } = this.topology;
    const [last, ...before] = nodes.toReversed();
    const { at: end } = (last !== undefined && hosts.get(last)) || {};
    const isLast = end !== undefined && ends.to !== undefined && samePort(end, ends.to);
    for (const [i, node] of before.entries()) {
      const box = hosts.get(node)?.at;
      const isOpen = i === 0 && isLast && !this.#areListed(node, last!);
      if (box !== undefined && !isOpen && !samePort(box, ends.from))
        this.inner.set(`${portKey(box)} ${keyOf(ends)}`, { ...ends, box });
    }
  }

  #areListed(one: string, other: string): boolean {
    const { lists = [this.steering.waypoints ?? []] } = this.steering;
    return lists.some((list) => list.includes(one) && list.includes(other));
  }

  finish(): Pick<SteeredHops, "hops" | "drops" | "returns" | "inner"> {
    return {
      hops: byKey(this.hops),
      drops: byKey(this.drops),
      returns: byKey(this.returns),
      inner: byKey(this.inner),
    };
  }
}

const keyOf = ({ from, to }: IngressEgress): string => `${portKey(from)} ${to ? portKey(to) : ""}`;

const byKey = <T>(found: ReadonlyMap<string, T>): readonly T[] =>
  [...found].toSorted(by(([key]) => key)).map(([, one]) => one);
