/** A topology → what of packets tells its hosts, where several have one address or one MAC. */
import { constraint } from "../../flowgroup/cubes.ts";
import type { DerivedRule } from "../../derived/rule.ts";
import type { Ip } from "../../net/address.ts";
import { portKey, restoredMacs, type AttachedHost, type Topology } from "../../paths/index.ts";
import { addressKey } from "./whereabouts.ts";

/**
 * The hosts as what shows of packets tells them. An address or a MAC that facts state for hosts at several ports tells nobody, and
 * so does one of hosts of different users, where rules that steer tell users apart (`steering/untold.ts`).
 */
export interface TellingHosts {
  /** No steered packet shows one of them (`steering/untold.ts`), so no host has it here. */
  readonly topology: Topology;
  /** The MACs that tell nobody, and these hosts. */
  readonly macs: readonly SharedMark<number>[];
  /** The addresses that tell nobody, and these hosts. */
  readonly addresses: readonly SharedMark<Ip>[];
}

/** An address or a MAC, and the hosts that have it. */
export interface SharedMark<T = Ip | number> {
  readonly value: T;
  readonly hosts: readonly AttachedHost[];
}

const byPorts = new WeakMap<Topology, TellingHosts>();
const byUsers = new WeakMap<Topology, TellingHosts>();

/**
 * What tells the hosts of a topology; the topology itself where all tells. Memoized, as a topology never changes. `steering`: the
 * rules in force that steer; without them ports alone make hosts different.
 */
export function tellingHosts(topology: Topology, steering: readonly DerivedRule[] = []): TellingHosts {
  const isByUser = steering.some(({ cube }) => USERS.some((field) => constraint(cube, field) !== undefined));
  const telling = isByUser ? byUsers : byPorts;
  let known = telling.get(topology);
  if (known === undefined) telling.set(topology, (known = told(topology, isByUser)));
  return known;
}

const USERS = ["user", "dstUser"] as const;

function told(topology: Topology, isByUser: boolean): TellingHosts {
  const all = [...topology.hosts.values()];
  const users = Map.groupBy(isByUser ? topology.userHosts : [], ({ host }) => host);
  const placeOf = ({ name, at }: AttachedHost): string =>
    JSON.stringify([portKey(at), (users.get(name) ?? []).map(({ user }) => user).toSorted()]);
  const places = new Map(all.map((host) => [host.name, placeOf(host)]));
  const shared = <T>(
    of: (host: AttachedHost) => readonly T[],
    keyOf: (value: T) => unknown,
  ): readonly SharedMark<T>[] => {
    const each = all.flatMap((host) => of(host).map((value) => ({ value, host })));
    return [...Map.groupBy(each, ({ value }) => keyOf(value)).values()].flatMap((alike) => {
      const hosts = alike.map(({ host }) => host);
      const isOne = new Set(hosts.map(({ name }) => places.get(name))).size === 1;
      return isOne ? [] : [{ value: alike[0]!.value, hosts }];
    });
  };
  const macs = shared(
    (host) => host.macs,
    (mac) => mac,
  );
  const addresses = shared((host) => host.addresses, addressKey);
  if (macs.length + addresses.length === 0) return { topology, macs, addresses };
  const [goneMacs, goneAddresses] = [
    new Set(macs.map(({ value }) => value)),
    new Set(addresses.map(({ value }) => addressKey(value))),
  ];
  const nobodys = restoredMacs(topology);
  const standIns = new Set<number>();
  // Any MAC will do for a host without one, and this host is none.
  const macsOf = ({ name, macs: own }: AttachedHost): readonly number[] => {
    const left = own.filter((mac) => !goneMacs.has(mac));
    if (left.length > 0 || own.length === 0) return left;
    const standIn = nobodys({ name, macs: [] });
    standIns.add(standIn);
    return [standIn];
  };
  const left = all.map((host): [string, AttachedHost] => [
    host.name,
    {
      ...host,
      macs: macsOf(host),
      addresses: host.addresses.filter((one) => !goneAddresses.has(addressKey(one))),
    },
  ]);
  return { topology: { ...topology, hosts: new Map(left), standIns }, macs, addresses };
}
