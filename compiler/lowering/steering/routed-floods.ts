/**
 * What a box forwards as a router, at the port where its own broadcasts are flooded back. It shows the MAC of the box,
 * which recognizes these broadcasts, and the address of another host: so ordinary forwarding takes it by the address.
 */
import type { Cube } from "../../flowgroup/cube.ts";
import { printIp } from "../../net/address.ts";
import { portKey, samePort, type AttachedHost, type Flood, type Port, type Topology } from "../../paths/index.ts";
import { recognizedWithin } from "../encode/endpoints.ts";

/**
 * The flows with the addresses of other hosts, for entries at the port by which the flood of a box goes back. Left out are
 * the addresses for which the switch there has an entry of the same priority, as on the switch of a flood's source.
 */
export function routedBy(
  topology: Topology,
  flows: Cube,
  { at, from: box, goesBack }: Flood,
  floods: readonly Flood[],
  boxPorts: ReadonlySet<string>,
): readonly Cube[] {
  if (!goesBack || !boxPorts.has(portKey(box))) return [];
  const hosts = [...topology.hosts.values()];
  const isHome = (port: Port): boolean =>
    floods.some(({ comesHome, from }) => comesHome && from.switch === at.switch && samePort(from, port));
  const texts = ({ addresses }: AttachedHost): readonly string[] => addresses.map((one) => printIp(one));
  const taken = new Set(hosts.filter((host) => samePort(host.at, box) || isHome(host.at)).flatMap(texts));
  const others = Map.groupBy(hosts, (host) => portKey(host.at));
  return [...others.values()]
    .filter((here) => !here.flatMap(texts).some((text) => taken.has(text)))
    .flatMap(([host]) => recognizedWithin(flows, topology, host!.at, undefined, false))
    .flatMap((one) => (one.source ? [] : [one.flows]));
}
