/**
 * Steered flows from a port of which no fact says who stands there → the paths that the table can lead them (NETWORK,
 * "Forward"). The first switch tells them by their port. No later one can tell whose they are, so there the port where
 * they come in and the host that they are for have to show the way: either ordinary forwarding leads that way, or it
 * brings nothing for that host to that port.
 */
import { blindForwarding } from "./blind-forwarding.ts";
import { comesInAt, endPortsOf } from "./end-ports.ts";
import { floodOf } from "./flood.ts";
import { forwarding } from "./forwarding.ts";
import { forwardingAround } from "./forwarding-around.ts";
import type { Steering } from "./links.ts";
import { avoidedSwitches, hopsOf, route, type Route } from "./route.ts";
import { CommonBudget, type Hop } from "./search.ts";
import { hostsAtPorts, portKey, samePort, type AttachedHost, type Port, type Topology } from "./topology.ts";
import { waypointPath } from "./waypoint-path.ts";
import type { Cube } from "../flowgroup/cube.ts";

/** The flows from one such port. */
export interface FromUnnamed {
  readonly from: Port;
  /** The hosts at known ports, and their paths. `isTold`: later switches can tell the flows there by their port. */
  readonly toHosts: readonly {
    readonly host: AttachedHost;
    readonly path: Route | undefined;
    readonly isTold: boolean;
  }[];
  /** Where the first switch sends what is for no known host; none: it is dropped. */
  readonly others: readonly (number | "ALL")[];
  /** Whether what is for no known host is flooded, and misses some host. */
  readonly missesHosts: boolean;
}

/** The ports where a cube says that its flows come in. */
export interface NamedSources {
  readonly known: readonly Port[];
  /** Those of which no fact says who stands there. */
  readonly unnamed: readonly Port[];
  /** Those of links between switches. Nothing enters the network there. */
  readonly links: readonly Port[];
}

/** The ports where a cube says that its flows come in; undefined if it does not say any. */
export function namedSources(topology: Topology, cube: Cube): NamedSources | undefined {
  const [{ sources } = {}] = endPortsOf(topology, { cubes: [cube] });
  if (sources === undefined) return undefined;
  const found: { readonly [kind in keyof NamedSources]: Port[] } = { known: [], unnamed: [], links: [] };
  for (const port of sources.filter((one) => comesInAt(cube, one))) {
    const isLink = trunkAt(topology, port) !== undefined;
    found[isLink ? "links" : isUnnamed(topology, port) ? "unnamed" : "known"].push(port);
  }
  return found;
}

/**
 * The paths of the flows of a cube from its ports without known hosts. `ends`: where ordinary forwarding takes over what others
 * lead, so that all comes in that is for anybody.
 */
export function fromUnnamed(
  topology: Topology,
  cube: Cube,
  steering: Steering,
  ends: readonly Port[],
): { readonly ports: readonly FromUnnamed[]; readonly isGivenUp: boolean } {
  const budget = new CommonBudget();
  const [{ destinations } = {}] = endPortsOf(topology, { cubes: [cube] });
  const hosts = [...topology.hosts.values()].filter(
    ({ at }) => destinations === undefined || destinations.some((to) => samePort(to, at)),
  );
  const ports = (namedSources(topology, cube)?.unnamed ?? []).map((from): FromUnnamed => {
    const paths = new Map<string, Route | undefined>();
    const pathTo = (to: Port): Route | undefined => {
      const key = portKey(to);
      if (!paths.has(key))
        paths.set(
          key,
          budget.ask((own) => route(topology, { from, to, ...steering }, own)),
        );
      return paths.get(key);
    };
    const toHosts = hosts.map((host) => {
      const path = pathTo(host.at);
      return { host, path, isTold: path !== undefined && isTold(topology, host, hopsOf(path), ends) };
    });
    // Where nobody is known, the last hop has to be the only one.
    const nowhere = (destinations ?? []).filter((to) => isUnnamed(topology, to) && !samePort(to, from));
    const direct = nowhere.flatMap((to) => {
      const hops = hopsOf(pathTo(to) ?? { legs: [] });
      return hops.length === 1 ? [hops[0]!.out] : [];
    });
    return destinations === undefined
      ? { from, toHosts, ...flooded(topology, from, steering, budget) }
      : { from, toHosts, others: direct.toSorted((a, b) => a - b), missesHosts: direct.length < nowhere.length };
  });
  return { ports, isGivenUp: budget.isSpent };
}

/** Where the first switch sends what is for no known host. From there on it is flooded as all is. */
function flooded(
  topology: Topology,
  from: Port,
  steering: Steering,
  budget: CommonBudget,
): Pick<FromUnnamed, "others" | "missesHosts"> {
  const nothing = { others: [], missesHosts: true };
  const closed = avoidedSwitches(topology, steering);
  const found = budget.ask((own) => waypointPath(topology, { from, ...steering }, own));
  if (found === undefined) return nothing;
  const hops = found.legs.flat();
  if (closed.size > 0) {
    const around = forwardingAround(topology, closed).find((one) => one.switch === from.switch);
    if (around === undefined || hops.length > 0) return nothing;
    const { flood, isWhole } = blindForwarding(topology, closed, around);
    return { others: flood, missesHosts: !isWhole };
  }
  if (hops.length === 0) return { others: ["ALL"], missesHosts: false };
  // A second switch would flood to hosts before the last waypoint, and what a box gives back shows nothing of its source.
  const flood = floodOf(topology, found);
  if (hops.length > 1 || flood === undefined || flood.meets) return nothing;
  if (trunkAt(topology, { switch: from.switch, port: hops[0]!.out }) === undefined) return nothing;
  return { others: [hops[0]!.out], missesHosts: !flood.missed.isEmpty || flood.goesBack };
}

/** Whether each switch behind the first can tell by its port what is for a host on this path. */
const isTold = (topology: Topology, host: AttachedHost, hops: readonly Hop[], ends: readonly Port[]): boolean =>
  hops.slice(1).every((hop) => {
    const isOrdinary = hop.in !== hop.out && outTo(topology, hop.switch, host) === hop.out;
    // An address alone shows less than forwarding asks for: a MAC that is known leads first.
    const isEnd = ends.some((one) => samePort(one, { switch: hop.switch, port: hop.in }));
    return isOrdinary || (host.macs.length > 0 && !isEnd && !comesOrdinarily(topology, host, hop));
  });

/** Whether what is for a host may come in at the port of a hop, where no statement leads it. */
function comesOrdinarily(topology: Topology, host: AttachedHost, hop: Hop): boolean {
  const link = trunkAt(topology, { switch: hop.switch, port: hop.in });
  return link === undefined || outTo(topology, link.to.switch, host) === link.to.port;
}

const outTo = (topology: Topology, switchName: string, host: AttachedHost): number | undefined =>
  forwarding(topology)
    .get(switchName)!
    .towards.find((one) => one.host.name === host.name)?.port;

/** Whether no fact says who stands at a port that is no link's. */
const isUnnamed = (topology: Topology, port: Port): boolean =>
  hostsAtPorts(topology, [port]).length === 0 && trunkAt(topology, port) === undefined;

const trunkAt = ({ trunks }: Pick<Topology, "trunks">, port: Port): { readonly to: Port } | undefined =>
  trunks.get(port.switch)?.find(({ from }) => samePort(from, port));
