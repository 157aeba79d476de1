/**
 * Ways through a network, naively: every trail that comes into no switch twice by one port is walked until one does
 * what is asked. Shares no code with the search that finds paths, which it is there to check.
 */
import type { Cube, Flow, Flowgroup } from "../flowgroup/cube.ts";
import { constraint } from "../flowgroup/cubes.ts";
import type { Ip } from "../net/address.ts";
import type { Port, Topology } from "../paths/topology.ts";
import { isIn } from "./points.ts";

/** Who leads flows by nodes or around them. */
export interface Leader {
  readonly id: string;
  readonly kind: string;
  readonly nodes: readonly string[];
  /** As it was written: its cubes say where the flows enter and leave. */
  readonly flows: Flowgroup;
}

/** From where to where, by which nodes and around which. */
export interface Trip {
  readonly from: Port;
  readonly to: Port | undefined;
  readonly waypoints: readonly string[];
  readonly avoid: readonly string[];
}

const key = ({ switch: name, port }: Port): string => `${name}:${port}`;

/** Whether there is a way. */
export function hasWay({ trunks, hosts }: Topology, { from, to, waypoints, avoid }: Trip): boolean {
  if (to && key(from) === key(to)) return true;
  if (waypoints.some((node) => avoid.includes(node))) return false;
  // A waypoint is passed where the packet is: a host where it begins or goes out to, a switch where it comes in.
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

/** Whether switches are joined at all. */
export function areJoined({ trunks }: Topology, one: string, other: string): boolean {
  const found = new Set([one]);
  for (const at of found) for (const { to } of trunks.get(at)!) found.add(to.switch);
  return found.has(other);
}

/** Where the host with an address stands. */
export const standsAt = ({ hosts }: Topology, ip: Flow["srcHost"]): Port | undefined =>
  [...hosts.values()].find(({ addresses }) =>
    addresses.some(({ family, value }) => family === (ip as Ip | undefined)?.family && value === (ip as Ip).value),
  )?.at;

/** What is asked of a flow by those that lead it, all at once; one trip for each way in which their cubes hold it. */
export function tripsOf(topology: Topology, leaders: readonly Leader[], flow: Flow): Trip[] {
  const sorted = leaders.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const nodes = (kind: string): string[] => passes(sorted.flatMap((one) => (one.kind === kind ? [one.nodes] : [])));
  // Whether the source and the destination are said, by one cube of each.
  const said = leaders
    .map(({ flows }) => flows.cubes.filter((cube) => isIn({ cubes: [cube] }, flow)))
    .reduce<(readonly [boolean, boolean])[]>(
      (all, cubes) =>
        all.flatMap(([src, dst]) =>
          cubes.map((cube) => [src || isSaid(cube, "srcHost"), dst || isSaid(cube, "dstHost")] as const),
        ),
      [[false, false]],
    );
  return said.flatMap(([src, dst]) => {
    const from = src ? standsAt(topology, flow.srcHost) : undefined;
    const to = dst ? standsAt(topology, flow.dstHost) : undefined;
    return from ? [{ from, to, waypoints: nodes("waypoint"), avoid: nodes("avoid") }] : [];
  });
}

/** All nodes, each once and behind those that any list has before it; of several, as they are first named. */
export function passes(lists: readonly (readonly string[])[]): string[] {
  const named = [...new Set(lists.flat())];
  const found: string[] = [];
  while (found.length < named.length) {
    const isNext = (node: string): boolean =>
      !found.includes(node) &&
      lists.every((list) => list.slice(0, Math.max(0, list.indexOf(node))).every((one) => found.includes(one)));
    found.push(named.find(isNext) ?? named.find((node) => !found.includes(node))!);
  }
  return found;
}

/** Whether a cube lists hosts; what leaves some out could be anywhere. */
function isSaid(cube: Cube, field: "srcHost" | "dstHost"): boolean {
  const set = constraint(cube, field);
  if (set?.kind !== "ip" || set.absent || set.v6.length > 0) return false;
  return set.v4.every((end, i) => i % 2 === 0 || end - set.v4[i - 1]! < 1024);
}

/** A network's ways; trips are remembered, as networks do not change. */
export class Roads {
  readonly topology: Topology;
  readonly #known = new Map<string, boolean>();

  constructor(topology: Topology) {
    this.topology = topology;
  }

  stands(node: string): boolean {
    return this.topology.hosts.has(node) || this.topology.trunks.has(node);
  }

  has(trip: Trip): boolean {
    const text = JSON.stringify(trip);
    const known = this.#known.get(text) ?? hasWay(this.topology, trip);
    this.#known.set(text, known);
    return known;
  }

  /** Whether a flow that all of these hold has no way: by whom asks, alone or beside any of the others. */
  isWayless(asked: Leader, others: readonly Leader[], flow: Flow): boolean {
    // More of them only take ways away, but where they tell that the flow goes nowhere.
    let companies: Leader[][] = [[asked]];
    for (const one of others) companies = companies.flatMap((some) => [some, [...some, one]]);
    return companies.some((some) => tripsOf(this.topology, some, flow).some((trip) => !this.has(trip)));
  }
}
