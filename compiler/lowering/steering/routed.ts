/**
 * What a box forwards as a router. It shows the MAC of the box, which recognizes the box's own packets, and the address of
 * another host. Two places would take it for the box's own:
 * - the port where its own broadcasts are flooded back: ordinary forwarding takes it there by the address (`routedBy`);
 * - the box's own path, if the box is the last waypoint of its sender. Ordinary forwarding should take over behind it, and
 *   stands below: so these packets would go to another box again, and round until their hops are used up. They are dropped
 *   before they come there (`routedByLast`).
 */
import type { Cube } from "../../flowgroup/cube.ts";
import { possible } from "../../flowgroup/universe.ts";
import { printIp } from "../../net/address.ts";
import {
  portKey,
  samePort,
  type AttachedHost,
  type Flood,
  type Port,
  type SteeredHops,
  type Topology,
} from "../../paths/index.ts";
import { recognizedFrom, recognizedWithin } from "../encode/endpoints.ts";

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

/** Flows that a waypoint forwarded, where its own path sends them to another one. */
export interface RoutedByLast {
  readonly at: Port;
  readonly to: Port | undefined;
  readonly flows: Cube;
}

/** Such packets among some flows. `others`: see `recognizedWithin`. */
export function routedByLast(
  topology: Topology,
  flows: Cube,
  { hops, returns }: Pick<SteeredHops, "hops" | "returns">,
  { boxPorts, others }: { readonly boxPorts: ReadonlySet<string>; readonly others: boolean },
): readonly RoutedByLast[] {
  const backAt = Map.groupBy(returns, ({ at }) => portKey(at));
  const isToBox = ({ from, to, hop }: SteeredHop): boolean => {
    const next = { switch: hop.switch, port: hop.out };
    return boxPorts.has(portKey(next)) && !samePort(next, from) && !(to && samePort(next, to));
  };
  const ofBoxes = hops.filter(({ from }) => boxPorts.has(portKey(from)) && backAt.has(portKey(from)));
  const paths = Map.groupBy(ofBoxes, ({ from, to }) => `${portKey(from)} ${to && portKey(to)}`);
  const own = [...paths.values()].flatMap((path) => {
    const some = path.some(isToBox) ? inOrder(topology, path) : [];
    return some.slice(0, some.findLastIndex(isToBox) + 1);
  });
  if (own.length === 0) return [];
  const goesOn = new Set(hops.map(({ from, to, hop }) => bound(hop, from, to)));
  return own.flatMap(({ from: box, to, hop }): readonly RoutedByLast[] => {
    const back = new Map(backAt.get(portKey(box))!.map(({ from }) => [portKey(from), from]));
    const last = [...back.values()].filter((from) => !samePort(from, box) && !goesOn.has(bound(hop, from, to)));
    if (last.length === 0) return [];
    // What the MAC of the box recognizes as its own.
    const parts = recognizedWithin(flows, topology, box, undefined, others).filter(({ source }) => source);
    const routed = parts.flatMap((part) => recognizedFrom(part.flows, topology, last));
    const at = { switch: hop.switch, port: hop.in };
    return routed.flatMap((one) =>
      one.kind === "address" && possible(one.flows) ? [{ at, to, flows: one.flows }] : [],
    );
  });
}

/** The hops of one path in the order in which packets take them. */
function inOrder({ trunks }: Topology, path: readonly SteeredHop[]): readonly SteeredHop[] {
  const byPort = new Map(path.map((one) => [portKey({ switch: one.hop.switch, port: one.hop.in }), one]));
  const found = new Set<SteeredHop>();
  for (let next = byPort.get(portKey(path[0]!.from)); next !== undefined && !found.has(next);) {
    found.add(next);
    const { hop } = next;
    const link = trunks.get(hop.switch)?.find((one) => one.from.port === hop.out);
    // What goes to no other switch goes to a box, and comes back.
    next = byPort.get(portKey(link?.to ?? { switch: hop.switch, port: hop.out }));
  }
  return [...found];
}

type SteeredHop = SteeredHops["hops"][number];

const bound = (hop: SteeredHop["hop"], from: Port, to: Port | undefined): string =>
  `${hop.switch} ${hop.in} ${portKey(from)} ${to && portKey(to)}`;
