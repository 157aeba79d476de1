/**
 * Hosts at the port of a waypoint. No switch sees whether the box stands between them and the port, and none can lead
 * their packets through it: what they send there and get there counts as passed (SEMANTICS, "waypoint / avoid").
 */
import type { DerivedRule } from "../../derived/rule.ts";
import type { Cube } from "../../flowgroup/cube.ts";
import { constraint } from "../../flowgroup/cubes.ts";
import { addressSet, numberSet, setHolds } from "../../flowgroup/sets.ts";
import { printIp } from "../../net/address.ts";
import {
  endPortsOf,
  hostsAtPorts,
  portKey,
  samePort,
  type AttachedHost,
  type IngressEgress,
  type SteeredHops,
  type Topology,
} from "../../paths/index.ts";
import { narrow } from "../encode/endpoints.ts";

/** The names of the hosts whose flows a waypoint holds, and that stand at the port of one of its boxes; sorted. */
export function besideItsBoxes({ effect, nodes = [], cube }: DerivedRule, topology: Topology): readonly string[] {
  const { hosts } = topology;
  if (effect !== "waypoint") return [];
  const boxes = nodes.flatMap((name) => hosts.get(name) ?? []);
  const beside = [...hosts.values()].filter((host) =>
    boxes.some((box) => samePort(box.at, host.at) && !isOneMachine(box, host)),
  );
  if (beside.length === 0) return [];
  const ends = endPortsOf(topology, { cubes: [cube] });
  const isAt = (ports: (typeof ends)[number]["sources"], host: AttachedHost): boolean =>
    ports === undefined || ports.some((one) => samePort(one, host.at));
  const sends = (host: AttachedHost): boolean =>
    ends.some(({ sources }) => isAt(sources, host)) &&
    mayBe(cube, "user", host, topology) &&
    isOf(cube, host, "srcHost", "srcEth");
  const gets = (host: AttachedHost): boolean =>
    ends.some(({ destinations }) => isAt(destinations, host)) &&
    mayBe(cube, "dstUser", host, topology) &&
    isOf(cube, host, "dstHost", "dstEth");
  return beside.flatMap((host) => (sends(host) || gets(host) ? [host.name] : [])).sort();
}

/**
 * The ends of paths to the ports of boxes where other hosts stand. What is for one of these has arrived there, and a box that
 * gives it back sends it nowhere: other entries for flows of its source might lead it on, and round.
 */
export const arrivedAtBoxes = (
  topology: Topology,
  hops: SteeredHops["hops"],
  boxPorts: ReadonlySet<string>,
): readonly Required<IngressEgress>[] =>
  hops.flatMap(({ hop, from, to }) => {
    const ends = to !== undefined && samePort(to, { switch: hop.switch, port: hop.out }) && boxPorts.has(portKey(to));
    return ends && hostsAtPorts(topology, [to]).length > 1 ? [{ from, to }] : [];
  });

/** Whether two names at one port share an address or a MAC, and so are of one machine. */
const isOneMachine = (one: AttachedHost, other: AttachedHost): boolean =>
  one.name === other.name ||
  one.macs.some((mac) => other.macs.includes(mac)) ||
  one.addresses.some((a) => other.addresses.some((b) => printIp(a) === printIp(b)));

/** Whether some of the flows have the addresses and the MACs of a host at this end. */
function isOf(
  cube: Cube,
  { addresses, macs }: AttachedHost,
  ip: "srcHost" | "dstHost",
  eth: "srcEth" | "dstEth",
): boolean {
  const own = addressSet(addresses);
  const frames = numberSet(
    eth,
    macs.map((mac) => [mac, mac] as const),
  );
  const framed = frames === undefined ? cube : narrow(cube, eth, frames);
  if (framed === undefined || constraint(cube, ip) === undefined) return framed !== undefined;
  return own !== undefined && narrow(framed, ip, own) !== undefined;
}

/** Whether the flows may be of the user of a host. A host without users has the user `unknown`. */
function mayBe(cube: Cube, side: "user" | "dstUser", { name }: AttachedHost, { userHosts }: Topology): boolean {
  const users = constraint(cube, side);
  if (users === undefined) return true;
  const here = userHosts.flatMap(({ host, user }) => (host === name ? [user] : []));
  return (here.length === 0 ? ["unknown"] : here).some((user) => setHolds(users, user));
}
