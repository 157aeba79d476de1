/** Flows × ports → the part of the flows that the hosts at one port send, or that is for the hosts at another. */
import type { Cube, FieldSet } from "../../flowgroup/cube.ts";
import { bitOf, constraint, withConstraint } from "../../flowgroup/cubes.ts";
import { possible } from "../../flowgroup/universe.ts";
import { addressSet, numberSet, setHolds, setIntersect, type AddressRange } from "../../flowgroup/sets.ts";
import type { Host } from "../../model/model.ts";
import type { Prefix } from "../../net/address.ts";
import { hostsAtPorts, type Port, type Topology } from "../../paths/index.ts";
import { beyondAddresses } from "./seats.ts";
import { UNKNOWN } from "./whereabouts.ts";

/** Some flows, and whether the source or the destination is recognized by its MAC because it has no address. */
export interface Recognized {
  readonly flows: Cube;
  readonly source: boolean;
  readonly destination: boolean;
}

/**
 * The part of the flows between the hosts at these ports, by the fields that recognize them. `others`: whether frames
 * that are neither IP nor ARP are recognized too. The MAC of their source recognizes them, and all other frames with
 * that MAC.
 *
 * IP from no stated address is recognized by the MAC, too: packets of a family that no fact states for the host, and
 * what it sends to get an address.
 */
export function recognizedWithin(
  flows: Cube,
  topology: Topology,
  from: Port | undefined,
  to: Port | undefined,
  others: boolean,
): readonly Recognized[] {
  const sent =
    from === undefined ? [{ flows, byMac: false }] : recognized(flows, topology, [from], "srcHost", "srcEth", others);
  return sent.flatMap((one): readonly Recognized[] =>
    to === undefined
      ? [{ flows: one.flows, source: one.byMac, destination: false }]
      : recognized(one.flows, topology, [to], "dstHost", "dstEth").map((other): Recognized => ({
          flows: other.flows,
          source: one.byMac,
          destination: other.byMac,
        })),
  );
}

/** The part of the flows between the hosts at these ports. A port without known hosts does not constrain. */
export function within(flows: Cube, topology: Topology, from: Port | undefined, to: Port | undefined): readonly Cube[] {
  return sentFrom(flows, topology, from && [from]).flatMap((cube) =>
    to === undefined ? [cube] : ofHostsAt(cube, topology, [to], "dstHost", "dstEth"),
  );
}

/** The part of the flows to one host, as forwarding knows it: by its MACs, else by its addresses. */
export function sentTo(flows: Cube, { addresses, macs }: Host): Cube | undefined {
  const eth = numberSet(
    "dstEth",
    macs.map((mac) => [mac, mac] as const),
  );
  if (eth !== undefined) return narrow(flows, "dstEth", eth);
  const ip = addressSet(addresses);
  return ip && narrow(flows, "dstHost", ip);
}

/** The part of the flows with a MAC of the hosts at some of these ports. */
export const framedBy = (flows: Cube, topology: Topology, ports: readonly Port[]): Cube | undefined =>
  framed(flows, topology, ports, "srcEth");

/** The part of the flows to a MAC of the hosts at this port. */
export const framedTo = (flows: Cube, topology: Topology, port: Port): Cube | undefined =>
  framed(flows, topology, [port], "dstEth");

function framed(flows: Cube, topology: Topology, ports: readonly Port[], eth: "srcEth" | "dstEth"): Cube | undefined {
  const here = hostsAtPorts(topology, ports);
  const macs = numberSet(
    eth,
    here.flatMap((host) => host.macs.map((mac) => [mac, mac] as const)),
  );
  return macs && narrow(flows, eth, macs);
}

/** The part of the flows from the hosts at some of these ports. */
const sentFrom = (flows: Cube, topology: Topology, ports: readonly Port[] | undefined): readonly Cube[] =>
  ports === undefined ? [flows] : ofHostsAt(flows, topology, ports, "srcHost", "srcEth");

/** The part of the flows from the hosts at some of these ports, by what recognizes it: an address, a MAC, or MAC and ARP. */
export function recognizedFrom(
  flows: Cube,
  topology: Topology,
  ports: readonly Port[],
): readonly { readonly flows: Cube; readonly kind: "address" | "mac" | "arp" }[] {
  const here = hostsAtPorts(topology, ports);
  if (here.length === 0) return [{ flows, kind: "arp" }];
  return recognized(flows, topology, ports, "srcHost", "srcEth");
}

function ofHostsAt(...args: Parameters<typeof recognized>): readonly Cube[] {
  return recognized(...args).map(({ flows }) => flows);
}

function recognized(
  flows: Cube,
  topology: Topology,
  ports: readonly Port[],
  ip: "srcHost" | "dstHost",
  eth: "srcEth" | "dstEth",
  others = false,
): readonly { readonly flows: Cube; readonly byMac: boolean; readonly kind: "address" | "mac" | "arp" }[] {
  const here = hostsAtPorts(topology, ports);
  if (here.length === 0) return [{ flows, byMac: false, kind: "address" }];
  const addresses = addressSet(here.flatMap((host) => host.addresses));
  const macs = here.flatMap((host) => (host.addresses.length === 0 ? host.macs : []));
  const bare = numberSet(
    eth,
    macs.map((mac) => [mac, mac] as const),
  );
  const byAddress = addresses && narrow(flows, ip, addresses);
  const byMac = bare && narrow(flows, eth, bare);
  const asking = eth === "srcEth" ? notOfIp(flows, topology, here, others) : undefined;
  // What holds all frames with the MAC holds these, too.
  const unbound = eth === "srcEth" && !(others && asking) ? fromNoStated(flows, here) : undefined;
  return [
    ...(byAddress ? [{ flows: byAddress, byMac: false, kind: "address" as const }] : []),
    ...(byMac ? [{ flows: byMac, byMac: true, kind: "mac" as const }] : []),
    ...(asking ? [{ flows: asking, byMac: true, kind: "arp" as const }] : []),
    ...(unbound ? [{ flows: unbound, byMac: true, kind: "mac" as const }] : []),
  ];
}

/** The IP packets with a MAC of these hosts, and a source that the spoof guard does not compare with their addresses. */
function fromNoStated(flows: Cube, here: readonly Host[]): Cube | undefined {
  const some = here.filter(({ addresses, macs }) => addresses.length > 0 && macs.length > 0);
  const own = numberSet(
    "srcEth",
    some.flatMap(({ macs }) => macs.map((mac) => [mac, mac] as const)),
  );
  const sent = own && narrow(flows, "srcEth", own);
  const from = sent && narrow(sent, "srcHost", addressSet(uncheckedSources(some))!);
  return from && beyondAddresses(from, lackedBy(some));
}

/** The families of which some of these hosts state no address. */
export const lackedBy = (here: readonly Host[]): readonly (4 | 6)[] =>
  ([4, 6] as const).filter((family) =>
    here.some(({ addresses }) => !addresses.some((address) => address.family === family)),
  );

/**
 * The sources that the spoof guard does not compare with the addresses of these hosts: a whole family of which one of
 * them states none, else what a host sends from while it has no address.
 */
export function uncheckedSources(here: readonly Host[]): readonly AddressRange[] {
  const lacked = lackedBy(here);
  return [
    ...EVERY_SOURCE.filter(({ address }) => lacked.includes(address.family)),
    ...NO_SOURCE.filter(({ address }) => !lacked.includes(address.family)),
  ];
}

const NO_V4 = { family: 4, value: 0 } as const;
const NO_V6 = { family: 6, value: 0n } as const;
const LINK_LOCAL = { family: 6, value: 0xfe80n << 112n } as const;
/** All addresses of each family. */
export const EVERY_SOURCE: readonly Prefix[] = [
  { address: NO_V4, length: 0 },
  { address: NO_V6, length: 0 },
];
/** What a host sends from while it has no address. */
export const NO_SOURCE: readonly Prefix[] = [
  { address: NO_V4, length: 32 },
  { address: NO_V6, length: 128 },
  { address: LINK_LOCAL, length: 10 },
];

/**
 * The frames that are not IP, of hosts that are recognized by addresses. MACs recognize these frames, ARP among them.
 */
function notOfIp(flows: Cube, topology: Topology, here: readonly Host[], others: boolean): Cube | undefined {
  if (flows.mask & IP_ONLY || isToAddresses(flows, topology)) return undefined;
  const macs = here.flatMap((host) => (host.addresses.length > 0 ? host.macs : []));
  const own = numberSet(
    "srcEth",
    macs.map((mac) => [mac, mac] as const),
  );
  if (others) return own && narrow(flows, "srcEth", own);
  const had = constraint(flows, "ethType");
  const arp = had === undefined ? ARP : setIntersect(had, ARP);
  return own && arp && narrow(withConstraint(flows, "ethType", arp), "srcEth", own);
}

/** The ARP among some flows; undefined: there is none. */
export function arpOf(flows: Cube): Cube | undefined {
  const had = constraint(flows, "ethType");
  const arp = had === undefined ? ARP : setIntersect(had, ARP);
  const found = arp && withConstraint(flows, "ethType", arp);
  return found && possible(found) ? found : undefined;
}

const ARP = numberSet("ethType", [[0x0806, 0x0806]])!;
const IP_FIELDS = ["srcHost", "dstHost", "transport", "dscp", "srcPort", "dstPort"] as const;
const IP_ONLY = IP_FIELDS.reduce((mask, field) => mask | bitOf(field), 0);

/**
 * Whether it is an address that shows the `dstUser` of these flows, so that all are IP. The MAC of a host without an
 * address shows it of all frames. What is left beside a `dstUser` holds frames that show none, too.
 */
export function isToAddresses(flows: Cube, { hosts, userHosts }: Topology): boolean {
  const users = constraint(flows, "dstUser");
  const isBare = (name: string): boolean => {
    // A host of unknown place may be known by its MAC alone.
    const found = hosts.get(name);
    return found === undefined || (found.addresses.length === 0 && found.macs.length > 0);
  };
  if (users === undefined || users.absent) return false;
  const owned = new Set(userHosts.map(({ host }) => host));
  const isNobodys = ({ name, addresses, macs }: Host): boolean =>
    addresses.length === 0 && macs.length > 0 && !owned.has(name);
  if (setHolds(users, UNKNOWN) && [...hosts.values()].some(isNobodys)) return false;
  return !userHosts.some(({ user, host }) => setHolds(users, user) && isBare(host));
}

/** The part of the flows with a field in a set; undefined if it is empty. */
export function narrow(
  flows: Cube,
  field: "inPort" | "srcHost" | "dstHost" | "srcEth" | "dstEth",
  to: FieldSet,
): Cube | undefined {
  const had = constraint(flows, field);
  const both = had === undefined ? to : setIntersect(had, to);
  return both === undefined ? undefined : withConstraint(flows, field, both);
}
