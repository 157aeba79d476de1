/** A topology → what of packets tells its hosts, where several have one address or one MAC. */
import type { Ip } from "../../net/address.ts";
import { samePort, sharedMacs, type AttachedHost, type Topology } from "../../paths/index.ts";
import { addressKey } from "./whereabouts.ts";

/**
 * The hosts as what shows of packets tells them. Of an address or a MAC that facts state for hosts at several ports it does not show
 * whose it is.
 */
export interface TellingHosts {
  /** No steered packet shows a MAC of `twins` or an address of `untold` (`steering/untold.ts`), so no host has it here. */
  readonly topology: Topology;
  /** The same where hosts whose addresses others have, too, are told by their MACs alone. */
  readonly byMac: Topology;
  /** The MACs of hosts at several ports, and these hosts. */
  readonly twins: readonly Shared<number>[];
  /** The addresses of hosts at several ports of which one has no stated MAC of its own, and these hosts. */
  readonly untold: readonly Shared[];
  /** The addresses of hosts at several ports that all have a MAC of their own, and these hosts. */
  readonly toldByMac: readonly Shared[];
}

interface Shared<T = Ip> {
  readonly value: T;
  readonly hosts: readonly AttachedHost[];
}

const telling = new WeakMap<Topology, TellingHosts>();

/** What tells the hosts of a topology; the topology itself where no such address is. Memoized, as a topology never changes. */
export function tellingHosts(topology: Topology): TellingHosts {
  const known = telling.get(topology);
  if (known !== undefined) return known;
  const shared = sharedMacs(topology);
  const withMacs = [...topology.hosts.values()].flatMap((host) => host.macs.map((value) => ({ value, host })));
  const ofShared = withMacs.filter(({ value }) => shared.has(value));
  const twins = [...Map.groupBy(ofShared, ({ value }) => value)].map(([value, some]): Shared<number> => ({
    value,
    hosts: some.map(({ host }) => host),
  }));
  const ofOwn = withHosts(topology, twins, ({ macs, ...host }) => ({
    ...host,
    macs: macs.filter((mac) => !shared.has(mac)),
  }));
  const each = [...ofOwn.hosts.values()].flatMap((host) => host.addresses.map((value) => ({ value, host })));
  const some = [...Map.groupBy(each, ({ value }) => addressKey(value)).values()]
    .map((alike): Shared => ({ value: alike[0]!.value, hosts: alike.map(({ host }) => host) }))
    .filter(({ hosts }) => hosts.some(({ at }) => !samePort(at, hosts[0]!.at)));
  const isBare = ({ hosts }: Shared): boolean => hosts.some(({ macs }) => macs.length === 0);
  const [untold, toldByMac] = [some.filter(isBare), some.filter((one) => !isBare(one))];
  const keys = new Set(untold.map(({ value }) => addressKey(value)));
  const told = withHosts(ofOwn, untold, ({ addresses, ...host }) => ({
    ...host,
    addresses: addresses.filter((one) => !keys.has(addressKey(one))),
  }));
  const byMac = withHosts(told, toldByMac, (host) => ({ ...host, addresses: [] }));
  const found = { topology: told, byMac, twins, untold, toldByMac };
  telling.set(topology, found);
  return found;
}

/** The same topology where the hosts that share something are others. */
function withHosts(
  topology: Topology,
  some: readonly Shared<unknown>[],
  of: (host: AttachedHost) => AttachedHost,
): Topology {
  const names = new Set(some.flatMap(({ hosts }) => hosts.map(({ name }) => name)));
  if (names.size === 0) return topology;
  const hosts = [...topology.hosts].map(([name, host]) => [name, names.has(name) ? of(host) : host] as const);
  return { ...topology, hosts: new Map(hosts) };
}
