/**
 * Directory → topology: switches, the links between them in both directions, and the ports of hosts. It never fails:
 * facts that make no sense were reported before (`model/directory.ts`) and are left out.
 */
import type { Directory, Host } from "../model/model.ts";
import { by } from "../net/order.ts";

/** A port of a switch. */
export interface Port {
  readonly switch: string;
  readonly port: number;
}

/**
 * One direction of a link. Reservations are charged to links. Without `from` a host sends into the network here;
 * without `to` a host receives.
 */
export interface Link {
  /** `s1:1>s2:2` between switches; `>s1:3` into an access port and `s1:3>` out of it. */
  readonly id: string;
  readonly from?: Port;
  readonly to?: Port;
  /** In bit/s, never 0; absent if no fact states it. */
  readonly rate?: number;
}

/** A link whose rate is known. */
export type RatedLink = Link & { readonly rate: number };

/** A link between two switches. */
export type Trunk = RatedLink & { readonly from: Port; readonly to: Port };

/** A host whose port is known. */
export type AttachedHost = Host & { readonly at: Port };

export interface Topology {
  /** Switch → the links that leave it, in order of ports. Every switch has a list; switches are in order of name. */
  readonly trunks: ReadonlyMap<string, readonly Trunk[]>;
  /** Name → host with a known port, in order of name. */
  readonly hosts: ReadonlyMap<string, AttachedHost>;
  /** `portKey` → the stated rate of the port in bit/s. */
  readonly rates: ReadonlyMap<string, number>;
  /** The users on each host, for flowgroups that name users. */
  readonly userHosts: Directory["userHosts"];
  /** MACs that nobody has, each instead of those that a host shares with others, where these tell nobody. */
  readonly standIns?: ReadonlySet<number>;
}

/** `s1:3`: an access point as the language writes it. */
export const portKey = ({ switch: name, port }: Port): string => `${name}:${port}`;

/** Whether two ports are the same. */
export const samePort = (a: Port, b: Port): boolean => a.switch === b.switch && a.port === b.port;

const byPort = new WeakMap<Topology, ReadonlyMap<string, readonly AttachedHost[]>>();

/** The hosts at some ports, in order of name. Memoized, as a topology never changes. */
export function hostsAtPorts(topology: Topology, ports: readonly Port[]): readonly AttachedHost[] {
  let known = byPort.get(topology);
  if (known === undefined)
    byPort.set(topology, (known = Map.groupBy(topology.hosts.values(), ({ at }) => portKey(at))));
  const [only] = ports;
  if (ports.length === 1) return known.get(portKey(only!)) ?? [];
  const found = [...new Set(ports.map(portKey))].flatMap((key) => known.get(key) ?? []);
  return found.toSorted(by(({ name }) => name));
}

const shared = new WeakMap<Topology, ReadonlySet<number>>();

/** The MACs that facts state for hosts at several ports. They tell nobody. Memoized, as a topology never changes. */
export function sharedMacs(topology: Topology): ReadonlySet<number> {
  let known = shared.get(topology);
  if (known === undefined) {
    const first = new Map<number, Port>();
    const found = new Set<number>(topology.standIns);
    for (const { macs, at } of topology.hosts.values())
      for (const mac of macs) {
        if (samePort(first.get(mac) ?? at, at)) first.set(mac, at);
        else found.add(mac);
      }
    shared.set(topology, (known = found));
  }
  return known;
}

const bySwitch = new WeakMap<Topology, ReadonlyMap<string, readonly AttachedHost[]>>();

/** Switch → its hosts, in order of name; switches without hosts are absent. Memoized, as a topology never changes. */
export function hostsBySwitch(topology: Topology): ReadonlyMap<string, readonly AttachedHost[]> {
  let known = bySwitch.get(topology);
  if (known === undefined)
    bySwitch.set(topology, (known = Map.groupBy(topology.hosts.values(), ({ at }) => at.switch)));
  return known;
}

/** Builds the topology. It does not depend on the order of the directory's facts. */
export function topology(directory: Directory): Topology {
  const switches = [...directory.switches.keys()].toSorted();
  const rates = new Map(directory.portRates.filter(({ rate }) => rate > 0).map((r) => [portKey(r), r.rate]));
  const trunks = new Map<string, Trunk[]>(switches.map((name) => [name, []]));
  const taken = new Set<string>();
  for (const { from, fromPort, to, toPort, rate } of directory.links) {
    const [one, other] = [
      { switch: from, port: fromPort },
      { switch: to, port: toPort },
    ];
    const [near, far] = [trunks.get(from), trunks.get(to)];
    if (near === undefined || far === undefined || from === to || rate <= 0) continue;
    if (taken.has(portKey(one)) || taken.has(portKey(other))) continue; // stated from both ends
    taken.add(portKey(one)).add(portKey(other));
    // A link has the slowest rate that is stated for it.
    const slowest = Math.min(rate, rates.get(portKey(one)) ?? rate, rates.get(portKey(other)) ?? rate);
    near.push(trunk(one, other, slowest));
    far.push(trunk(other, one, slowest));
  }
  for (const list of trunks.values()) list.sort((a, b) => a.from.port - b.from.port);
  const placed = [...directory.hosts].filter((entry): entry is [string, AttachedHost] => isStationed(entry[1], trunks));
  const hosts = new Map(placed.toSorted(by(([name]) => name)));
  return { trunks, hosts, rates, userHosts: directory.userHosts };
}

/** The access link by which the hosts at a port send into the network. */
export const ingressLink = ({ rates }: Topology, to: Port): Link => rated({ id: `>${portKey(to)}`, to }, rates, to);

/** The access link by which the hosts at a port receive. */
export const egressLink = ({ rates }: Topology, from: Port): Link =>
  rated({ id: `${portKey(from)}>`, from }, rates, from);

/** The links out of those ports of a switch whose rates are known, by port, in order. */
export function ratedEgressLinks({ trunks, rates }: Topology, switchName: string): ReadonlyMap<number, RatedLink> {
  const exits = new Map((trunks.get(switchName) ?? []).map((link): [number, RatedLink] => [link.from.port, link]));
  for (const [key, rate] of rates) {
    const [name, port] = [key.slice(0, key.lastIndexOf(":")), Number(key.slice(key.lastIndexOf(":") + 1))];
    if (name === switchName && !exits.has(port))
      exits.set(port, { id: `${key}>`, from: { switch: switchName, port }, rate });
  }
  return new Map([...exits].toSorted(([a], [b]) => a - b));
}

/** All links whose rates are known, by identity. */
export function ratedLinks({ trunks, rates }: Topology): ReadonlyMap<string, RatedLink> {
  const access = Array.from(rates, ([port, rate]) => [`>${port}`, `${port}>`].map((id) => ({ id, rate }))).flat();
  return new Map([...access, ...[...trunks.values()].flat()].map((link) => [link.id, link]));
}

const trunk = (from: Port, to: Port, rate: number): Trunk => ({
  id: `${portKey(from)}>${portKey(to)}`,
  from,
  to,
  rate,
});

function rated(link: Link, rates: Topology["rates"], port: Port): Link {
  const rate = rates.get(portKey(port));
  return rate === undefined ? link : { ...link, rate };
}

const isStationed = (host: Host, trunks: ReadonlyMap<string, unknown>): host is AttachedHost =>
  host.at !== undefined && trunks.has(host.at.switch);
