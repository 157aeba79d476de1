/**
 * Paths through a network, naively: every trail that enters no switch twice at one port is walked until one does what
 * is asked (SEMANTICS, "waypoint / avoid"). It shares no code with the search in `paths/`, which it checks.
 */
import type { Cube, Flow, Flowgroup } from "../flowgroup/cube.ts";
import { constraint } from "../flowgroup/cubes.ts";
import type { Ip } from "../net/address.ts";
import type { Port, Topology } from "../paths/topology.ts";
import { isIn } from "./points.ts";

/** A statement that steers flows through nodes or around them. */
export interface Steerer {
  readonly id: string;
  readonly kind: string;
  readonly nodes: readonly string[];
  /** The flows as written: the cubes show where they enter and leave. */
  readonly flows: Flowgroup;
}

/** A path to look for: its ends, and the nodes that it must pass and avoid. */
export interface PathQuery {
  readonly from: Port;
  readonly to: Port | undefined;
  /** The waypoints of each statement, in its order. */
  readonly lists: readonly (readonly string[])[];
  readonly avoid: readonly string[];
}

/** All orders of the nodes that keep the order of each list. */
export function triedOrders(lists: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const nodes = [...new Set(lists.flat())];
  if (nodes.length === 0) return [[]];
  const first = nodes.filter((node) => lists.every((list) => !list.includes(node) || list[0] === node));
  return first.flatMap((node) =>
    triedOrders(lists.map((list) => list.filter((one) => one !== node))).map((rest) => [node, ...rest]),
  );
}

const key = ({ switch: name, port }: Port): string => `${name}:${port}`;

/** Whether there is such a path, in any order of waypoints. The destination keeps the packet, so it comes last. */
export function hasPath(topology: Topology, { lists, ...query }: PathQuery): boolean {
  const { from, to } = query;
  if (to && key(from) === key(to)) return true;
  const places = (order: readonly string[]): string[] =>
    order.flatMap((node) => (topology.hosts.has(node) ? key(topology.hosts.get(node)!.at) : node));
  const isLate = (order: readonly string[]): boolean =>
    !to || places(order).every((place, i, all) => place !== key(to) || all.slice(i).every((one) => one === place));
  return triedOrders(lists).some((waypoints) => isLate(waypoints) && hasTrail(topology, { ...query, waypoints }));
}

/**
 * Whether there is such a path whichever of the orders is taken that lead to most known hosts from there. Where hosts are among
 * waypoints in open order, one order leads from a port to all ends (SEMANTICS, "waypoint / avoid"); equal ones are left open.
 */
export function hasCommonPath(topology: Topology, query: PathQuery & { readonly to: Port }): boolean {
  const { from, to, lists } = query;
  const orders = triedOrders(lists);
  const hosts = [...topology.hosts.values()];
  const boxes = hosts.filter(({ name }) => orders[0]?.includes(name));
  const isOpen = orders.length > 1 && boxes.length > 0 && boxes.every(({ at }) => key(at) !== key(to));
  if (!isOpen) return hasPath(topology, query);
  const others = hosts.filter((one) => !boxes.includes(one) && key(one.at) !== key(from)).map(({ at }) => at);
  const ends = [...new Map(others.map((at) => [key(at), at])).values()];
  const reached = orders.map((order) => ends.filter((end) => hasPath(topology, { ...query, to: end, lists: [order] })));
  const most = Math.max(...reached.map(({ length }) => length));
  return reached.every((some) => some.length < most || some.some((end) => key(end) === key(to)));
}

interface Trail extends Omit<PathQuery, "lists"> {
  readonly waypoints: readonly string[];
}

function hasTrail({ trunks, hosts }: Topology, { from, to, waypoints, avoid }: Trail): boolean {
  if (waypoints.some((node) => avoid.includes(node))) return false;
  // A packet passes the host at the port where it starts or is sent out, and every switch that it enters.
  const passed = (done: number, isAt: (node: string) => boolean): number =>
    done < waypoints.length && isAt(waypoints[done]!) ? passed(done + 1, isAt) : done;
  const byHost = (done: number, at: Port): number =>
    passed(done, (node) => hosts.has(node) && key(hosts.get(node)!.at) === key(at));
  const bouncing = waypoints.flatMap((node) => hosts.get(node)?.at ?? []);
  const enter = (at: Port, before: ReadonlySet<string>, done: number): boolean => {
    if (before.has(key(at)) || (avoid.includes(at.switch) && !hosts.has(at.switch))) return false;
    const now = passed(done, (node) => !hosts.has(node) && node === at.switch);
    if (to === undefined && now === waypoints.length) return true;
    if (to?.switch === at.switch && byHost(now, to) === waypoints.length) return true;
    const entered = new Set([...before, key(at)]);
    const outs = [
      ...trunks.get(at.switch)!.map((link) => [link.from, link.to] as const),
      ...bouncing.filter((port) => port.switch === at.switch).map((port) => [port, port] as const),
    ];
    return outs.some(([out, next]) => enter(next, entered, byHost(now, out)));
  };
  return enter(from, new Set(), byHost(0, from));
}

/** Whether links join two switches, directly or through others. */
export function areJoined({ trunks }: Topology, one: string, other: string): boolean {
  const found = new Set([one]);
  for (const at of found) for (const { to } of trunks.get(at)!) found.add(to.switch);
  return found.has(other);
}

/** The port of the host with an address; undefined if there is none. */
export const portOf = ({ hosts }: Topology, ip: Flow["srcHost"]): Port | undefined =>
  [...hosts.values()].find(({ addresses }) =>
    addresses.some(({ family, value }) => family === (ip as Ip | undefined)?.family && value === (ip as Ip).value),
  )?.at;

/** The paths that a flow needs by all statements together: one query for each choice of cubes that hold it. */
export function queriesOf(topology: Topology, steerers: readonly Steerer[], flow: Flow): PathQuery[] {
  const sorted = steerers.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const nodes = (kind: string) => sorted.flatMap((one) => (one.kind === kind ? [one.nodes] : []));
  // For each choice of one cube a statement: whether it lists the source, and whether it lists the destination.
  const listed = steerers
    .map(({ flows }) => flows.cubes.filter((cube) => isIn({ cubes: [cube] }, flow)))
    .reduce<(readonly [boolean, boolean])[]>(
      (all, cubes) =>
        all.flatMap(([src, dst]) =>
          cubes.map((cube) => [src || listsHosts(cube, "srcHost"), dst || listsHosts(cube, "dstHost")] as const),
        ),
      [[false, false]],
    );
  return listed.flatMap(([src, dst]) => {
    const from = src ? portOf(topology, flow.srcHost) : undefined;
    const to = dst ? portOf(topology, flow.dstHost) : undefined;
    return from ? [{ from, to, lists: nodes("waypoint"), avoid: nodes("avoid").flat() }] : [];
  });
}

/** Whether a cube lists hosts. A set that excludes some could be anywhere. */
function listsHosts(cube: Cube, field: "srcHost" | "dstHost"): boolean {
  const set = constraint(cube, field);
  if (set?.kind !== "ip" || set.absent || set.v6.length > 0) return false;
  return set.v4.every((end, i) => i % 2 === 0 || end - set.v4[i - 1]! < 1024);
}

/** The paths of a network. Answers are memoized, as the network does not change. */
export class ReferencePaths {
  readonly topology: Topology;
  readonly #known = new Map<string, boolean>();

  constructor(topology: Topology) {
    this.topology = topology;
  }

  isKnown(node: string): boolean {
    return this.topology.hosts.has(node) || this.topology.trunks.has(node);
  }

  /** Whether a node can be a waypoint: a switch, or a host with a MAC whose neighbours at its port have the same MACs. */
  canBeWaypoint(node: string): boolean {
    const host = this.topology.hosts.get(node);
    if (host === undefined) return this.topology.trunks.has(node);
    const macs = (one: { readonly macs: readonly number[] }): string => one.macs.toSorted((a, b) => a - b).join();
    const near = [...this.topology.hosts.values()].filter(({ at }) => key(at) === key(host.at));
    return macs(host) !== "" && near.every((one) => macs(one) === macs(host));
  }

  has(query: PathQuery): boolean {
    const text = JSON.stringify(query);
    const known =
      this.#known.get(text) ??
      (query.lists.flat().every((node) => this.canBeWaypoint(node)) && hasPath(this.topology, query));
    this.#known.set(text, known);
    return known;
  }

  /** Whether a flow has no path for `asked`, alone or together with any of the others; all of them hold the flow. */
  isWithoutPath(asked: Steerer, others: readonly Steerer[], flow: Flow): boolean {
    // All subsets are tried: one more statement mostly excludes paths, but may also fix the destination.
    let subsets: Steerer[][] = [[asked]];
    for (const one of others) subsets = subsets.flatMap((some) => [some, [...some, one]]);
    return subsets.some((some) => queriesOf(this.topology, some, flow).some((query) => !this.has(query)));
  }
}
