/**
 * The obviously right twin of `route`. It takes every walk that enters no port twice, shortest first, and of equally
 * long ones the one with the lowest ports first. The best is the first that does what is asked.
 */
import { locationOf, type RouteQuery } from "../route.ts";
import type { Hop } from "../search.ts";
import { samePort, type Port, type Topology } from "../topology.ts";

/** A walk as its hops, those back from waypoints' ports among them. */
export type Walk = readonly Hop[];

/** The best walk; undefined if there is none. */
export function bestWalk(topology: Topology, journey: RouteQuery): Walk | undefined {
  const good = [...walks(topology, journey)].filter((walk) => satisfies(topology, journey, walk));
  return good.toSorted((a, b) => a.length - b.length || byPorts(a, b))[0];
}

const byPorts = (a: Walk, b: Walk): number => {
  const at = a.findIndex((hop, i) => hop.out !== b[i]!.out);
  return at < 0 ? 0 : a[at]!.out - b[at]!.out;
};

/** All walks from `from` that leave at `to`. Packets come back from the ports of waypoints. */
function* walks(topology: Topology, { from, to, waypoints = [] }: RouteQuery): Generator<Walk> {
  // The destination keeps the packet.
  const returning = waypoints.flatMap((node) => topology.hosts.get(node)?.at ?? []).filter((at) => !samePort(at, to));
  function* go(port: Port, before: Walk): Generator<Walk> {
    if (before.some((hop) => hop.switch === port.switch && hop.in === port.port)) return;
    const leave = (out: number): Walk => [...before, { switch: port.switch, in: port.port, out }];
    if (to.switch === port.switch) yield leave(to.port);
    for (const link of topology.trunks.get(port.switch) ?? []) yield* go(link.to, leave(link.from.port));
    for (const back of returning) if (back.switch === port.switch) yield* go(back, leave(back.port));
  }
  yield* go(from, []);
}

/** Whether a walk passes the waypoints in order and no avoided switch. The port that it enters by counts as passed. */
export function satisfies(topology: Topology, { from, waypoints = [], avoid = [] }: RouteQuery, walk: Walk): boolean {
  if (waypoints.some((node) => avoid.includes(node))) return false;
  if (walk.some((hop) => avoid.includes(hop.switch))) return false;
  const left = waypoints.map((node) => locationOf(topology, node));
  const pass = (here: (place: ReturnType<typeof locationOf>) => boolean): void => {
    while (left.length > 0 && here(left[0])) left.shift();
  };
  const at = (port: Port) => (place: ReturnType<typeof locationOf>) =>
    place !== undefined && "port" in place && samePort(place, port);
  pass(at(from));
  for (const hop of walk) {
    pass((place) => place !== undefined && !("port" in place) && place.switch === hop.switch);
    pass(at({ switch: hop.switch, port: hop.out }));
  }
  return left.length === 0;
}
