/**
 * The directory → the Spoof and Neighbour tables of one switch (NETWORK, "Spoof"). At an edge port whose hosts are
 * known, a frame with another source is dropped. An address that is bound to a port is dropped at all others. Ports
 * between switches are trusted: frames there were judged where they entered. Addresses of a family that a host does not
 * state are not checked.
 *
 * Claims about other fields are checked with the source: the address that an ARP frame or a message of neighbour
 * discovery claims, and the MAC that it gives for the address (RFC 826; RFC 4861, section 4.6.1). So no host can lead
 * the address of another to a wrong MAC, or make it seem taken.
 *
 * A host may send from other addresses only to get an address and to find its neighbours. It may send DHCP and ARP
 * probes from 0.0.0.0. From link-local IPv6 addresses, or from none, it may send what the table Neighbour passes. A
 * link-local address that is stated counts as any other stated address.
 */
import type { Ip } from "../../net/address.ts";
import type { Directory, Host } from "../../model/model.ts";
import type { FieldMatch, Match } from "../../table/entry.ts";
import { canonicalMatch, exact, matchKey } from "../../table/match.ts";

/** An entry of the spoof guard. */
export interface SpoofEntry {
  readonly stage: "Spoof" | "Neighbour";
  readonly priority: number;
  readonly match: Match;
  /** The identity that its cookie is made of. */
  readonly statement: string;
  /**
   * `next`: pass to the tables behind the guard; `trust`: skip what was judged already; `ask`: to the table Neighbour.
   */
  readonly does: "next" | "trust" | "drop" | "ask";
}

/** The priorities inside the table: more specific entries stand above. */
const TRUST = 60;
/** ARP and neighbour discovery in forms whose claims a switch cannot read. */
const UNREADABLE = 58;
/**
 * For packets that come back from a waypoint: they have the source of another port and are judged as if they entered
 * there.
 */
export const RETURNED = 55;
/** For a host that advertises an address to its neighbours: the advertised address is checked too. */
const ADVERTISES = 52;
const BOUND_SOURCE = 50;
const BOUND_ELSEWHERE = 40;
const NO_ADDRESS = 35;
/** For a probe of a bound address from another port. */
const ASKED_ELSEWHERE = 32;
const OTHER_ADDRESS = 30;
/** For ARP of a host without a known IPv4 address that gives its own MAC, and that gives another. */
const OWN_SENDER = 22;
const OTHER_SENDER = 21;
const BOUND_MAC = 20;
const OTHER_MAC = 10;
/** For ARP and neighbour discovery that give a bound MAC at another port. */
const SENDER_ELSEWHERE = 9;
/** Flows that waypoints and avoids hold go on from a port of a known host, and are dropped at all others. */
export const KNOWN_INGRESS = 6;
export const UNKNOWN_INGRESS = 5;
/** For packets that come back with a source at a port without known hosts: bound addresses are not of that port. */
export const RETURNED_UNKNOWN = 37;
/** For packets with a bound MAC from a host elsewhere without a known MAC, and for others of them from a waypoint. */
export const FOREIGN_OWNER = 53;
export const FOREIGN_MAC = 36;

const ARP = 0x0806;
const RARP = 0x8035;
const IPV4 = 0x0800;
const IPV6 = 0x86dd;

/** The entries of one switch (undefined: the only, unnamed one); none if nothing is known about any port. */
export function spoofEntries(directory: Directory, switchName: string | undefined): readonly SpoofEntry[] {
  const entries: SpoofEntry[] = [];
  const add = (priority: number, statement: string, does: SpoofEntry["does"], ...match: FieldMatch[]): void => {
    entries.push({ stage: "Spoof", priority, statement, does, match: canonicalMatch(match) });
  };
  for (const port of linkPorts(directory, switchName)) {
    add(TRUST, `link:${switchName}:${port}`, "trust", exact("in_port", port));
  }
  // A host whose place facts dispute is bound to no port: what comes from it is dropped at all.
  const bound = [...directory.hosts.values()].filter(({ at, disputed }) => at !== undefined || disputed !== undefined);
  for (const host of bound) {
    const identity = `host:${host.name}`;
    for (const ip of host.addresses) {
      for (const match of sourceIs(ip)) add(BOUND_ELSEWHERE, identity, "drop", ...match);
      if (ip.family === 6) add(BOUND_ELSEWHERE, identity, "drop", ...ADVERTISEMENT, target(ip.value));
      add(ASKED_ELSEWHERE, identity, "drop", ...isTaken(ip));
    }
    for (const mac of host.macs) {
      add(OTHER_MAC, identity, "drop", exact("eth_src", mac));
      add(SENDER_ELSEWHERE, identity, "drop", exact("eth_type", ARP), exact("arp_sha", mac));
      add(SENDER_ELSEWHERE, identity, "drop", ...SOLICITATION, exact("ipv6_nd_sll", mac));
      add(SENDER_ELSEWHERE, identity, "drop", ...ADVERTISEMENT, exact("ipv6_nd_tll", mac));
    }
  }
  if (bound.length > 0) {
    // A switch reads only ARP of Ethernet and IPv4, but hosts also believe other hardware types (RFC 1390).
    add(UNREADABLE, "table:Spoof", "drop", exact("eth_type", ARP), exact("arp_op", 0));
    // A switch reads neither target nor options of neighbour discovery that has an option twice.
    for (const says of [ADVERTISEMENT, SOLICITATION]) add(UNREADABLE, "table:Spoof", "drop", ...says, target(0n));
  }
  const here = bound.filter(({ at }) => at !== undefined && at.switch === switchName);
  const isMacBound = bound.some(({ macs }) => macs.length > 0);
  for (const host of here) hostEntries(host, isMacBound ? "ask" : "next", add);
  const disputed = bound.flatMap((host) => (host.disputed ?? []).filter((at) => at.switch === switchName));
  const hostsAt = byPort(here);
  for (const port of new Set([...hostsAt.keys(), ...disputed.map((at) => at.port)])) {
    const identity = `port:${switchName}:${port}`;
    const hosts = hostsAt.get(port) ?? [];
    if (hosts.every(({ macs }) => macs.length > 0)) add(OTHER_MAC, identity, "drop", exact("in_port", port));
  }
  const addNeighbour: Add = (priority, statement, does, ...match) => {
    entries.push({ stage: "Neighbour", priority, statement, does, match: canonicalMatch(match) });
  };
  if (isMacBound && here.some((host) => host.macs.length === 0 && states(host, 4))) senderEntries(bound, addNeighbour);
  if (here.some((host) => states(host, 6))) neighbourEntries(bound, here, addNeighbour);
  return unique(entries);
}

type Add = (priority: number, statement: string, does: SpoofEntry["does"], ...match: FieldMatch[]) => void;

/** Adds what one host may send from its port. `unchecked`: where its ARP goes if the MAC to compare is unknown. */
function hostEntries(host: Host, unchecked: "ask" | "next", add: Add): void {
  const identity = `host:${host.name}`;
  for (const { from, mac } of placesOf(host)) {
    // ARP must give the host's own MAC.
    const sender = mac === undefined ? [] : [exact("arp_sha", mac)];
    const arp = mac === undefined ? unchecked : "next";
    for (const ip of host.addresses) {
      const [packet, question] = sourceIs(ip);
      add(BOUND_SOURCE, identity, "next", ...from, ...packet!);
      if (question !== undefined) add(BOUND_SOURCE, identity, arp, ...from, ...question, ...sender);
    }
    if (states(host, 4)) {
      // A host has no address while it requests or probes one (RFC 2131, section 2; RFC 5227, section 2.1.1).
      add(NO_ADDRESS, identity, "next", ...from, ...DHCP);
      for (const ip of host.addresses) {
        if (ip.family === 4) add(NO_ADDRESS, identity, arp, ...from, ...isTaken(ip), exact("arp_op", 1), ...sender);
      }
      // A host whose address is known has no need of RARP.
      for (const type of [IPV4, ARP, RARP]) add(OTHER_ADDRESS, identity, "drop", ...from, exact("eth_type", type));
    } else if (mac !== undefined) {
      add(OWN_SENDER, identity, "next", ...from, exact("eth_type", ARP), ...sender);
      add(OTHER_SENDER, identity, "drop", ...from, exact("eth_type", ARP));
    }
    const own = host.addresses.filter(({ family }) => family === 6);
    if (own.length > 0) {
      for (const ip of own) {
        const [packet] = sourceIs(ip);
        for (const says of mac === undefined ? [ADVERTISEMENT] : [ADVERTISEMENT, SOLICITATION])
          add(ADVERTISES, identity, "ask", ...from, ...says, ...packet!.slice(1));
      }
      // If its MAC is unknown, other advertisements come below what a waypoint gives back of others (`FOREIGN_MAC`).
      const targets = mac === undefined ? own.map(({ value }) => [target(BigInt(value))]) : [[]];
      for (const of of targets) add(ADVERTISES, identity, "ask", ...from, ...ADVERTISEMENT, LINK_LOCAL, ...of);
      add(NO_ADDRESS, identity, "ask", ...from, exact("eth_type", IPV6), exact("ipv6_src", 0n));
      add(NO_ADDRESS, identity, "ask", ...from, exact("eth_type", IPV6), LINK_LOCAL);
      add(OTHER_ADDRESS, identity, "drop", ...from, exact("eth_type", IPV6));
    }
    if (host.macs.length > 0) add(BOUND_MAC, identity, "next", ...from);
  }
}

const states = ({ addresses }: Host, family: 4 | 6): boolean => addresses.some((ip) => ip.family === family);

/** DHCP of a client without an IPv4 address. */
const DHCP: readonly FieldMatch[] = [
  exact("eth_type", IPV4),
  exact("ip_proto", 17),
  exact("ipv4_src", 0),
  exact("udp_src", 68),
  exact("udp_dst", 67),
];

const icmpv6 = (type: number): readonly FieldMatch[] => [
  exact("eth_type", IPV6),
  exact("ip_proto", 58),
  exact("icmpv6_type", type),
];
const ADVERTISEMENT = [...icmpv6(136), exact("icmpv6_code", 0)];
const SOLICITATION = [...icmpv6(135), exact("icmpv6_code", 0)];
const target = (address: bigint): FieldMatch => exact("ipv6_nd_target", address);

/** A probe whether an address is taken, sent from no address (RFC 5227, section 2.1.1; RFC 4862, section 5.4). */
const isTaken = (ip: Ip): readonly FieldMatch[] =>
  ip.family === 4
    ? [exact("eth_type", ARP), exact("arp_spa", 0), exact("arp_tpa", ip.value)]
    : [...SOLICITATION, exact("ipv6_src", 0n), target(ip.value)];

const LINK_LOCAL: FieldMatch = { field: "ipv6_src", value: 0xfe80n << 112n, mask: 0xffc0n << 112n };

/** The priorities inside the table Neighbour. */
const OWN_TARGET = 50;
const TARGET_ELSEWHERE = 45;
const LINK_LOCAL_TARGET = 40;
const OTHER_TARGET = 30;
/** For a solicitation that gives the sender's own MAC or none, and for any other solicitation. */
const OWN_LINK = 25;
const OTHER_LINK = 22;
const NEEDED = 20;

/** ICMPv6 types by which hosts find routers and neighbours, and join groups (RFC 4861, RFC 2710, RFC 3810). */
const DISCOVERY = [130, 131, 132, 133, 134, 135, 137, 143] as const;
/** Source and destination ports of DHCPv6 (RFC 8415, section 7.2): client, server, relay. */
const DHCPV6 = [
  [546, 547],
  [547, 546],
  [547, 547],
] as const;

/** Adds the entries for ARP of hosts without a known MAC. It may give any MAC that is not bound. */
function senderEntries(bound: readonly Host[], add: Add): void {
  const arp = exact("eth_type", ARP);
  for (const { name, macs } of bound)
    for (const mac of macs) add(TARGET_ELSEWHERE, `host:${name}`, "drop", arp, exact("arp_sha", mac));
  add(NEEDED, "table:Neighbour", "next", arp);
}

/**
 * Adds the entries for what a host may send from a link-local address or from none, and for the addresses that it may
 * advertise as its own or probe (RFC 4862, section 5.4). Its port and its MAC were compared before. The rest is
 * dropped.
 */
function neighbourEntries(bound: readonly Host[], here: readonly Host[], add: Add): void {
  const identity = "table:Neighbour";
  const isAsked = [...SOLICITATION, exact("ipv6_src", 0n)];
  for (const { name, addresses } of bound) {
    for (const { family, value } of addresses) {
      if (family === 4) continue;
      for (const asks of [ADVERTISEMENT, isAsked])
        add(TARGET_ELSEWHERE, `host:${name}`, "drop", ...asks, target(value));
    }
  }
  for (const host of here) {
    const own = host.addresses.flatMap(({ family, value }) => (family === 6 ? [target(value)] : []));
    if (own.length === 0) continue;
    const who = `host:${host.name}`;
    for (const { from, mac } of placesOf(host)) {
      for (const address of own) {
        add(OWN_TARGET, who, "next", ...from, ...isAsked, address);
        for (const link of linkIs("ipv6_nd_tll", mac))
          add(OWN_TARGET, who, "next", ...from, ...ADVERTISEMENT, address, ...link);
      }
      if (mac === undefined) continue;
      for (const link of linkIs("ipv6_nd_sll", mac)) add(OWN_LINK, who, "next", ...from, ...SOLICITATION, ...link);
      add(OTHER_LINK, who, "drop", ...from, ...SOLICITATION);
    }
  }
  for (const asks of [ADVERTISEMENT, isAsked]) {
    add(LINK_LOCAL_TARGET, identity, "next", ...asks, { ...LINK_LOCAL, field: "ipv6_nd_target" });
  }
  add(OTHER_TARGET, identity, "drop", ...isAsked.filter(({ field }) => field !== "icmpv6_code"));
  for (const type of DISCOVERY) add(NEEDED, identity, "next", ...icmpv6(type));
  for (const [from, to] of DHCPV6) {
    add(
      NEEDED,
      identity,
      "next",
      exact("eth_type", IPV6),
      exact("ip_proto", 17),
      exact("udp_src", from),
      exact("udp_dst", to),
    );
  }
}

/** The matches of a message that gives this MAC or none, which reads as 0. A MAC that is unknown matches any. */
const linkIs = (field: "ipv6_nd_sll" | "ipv6_nd_tll", mac: number | undefined): readonly (readonly FieldMatch[])[] =>
  mac === undefined ? [[]] : [[exact(field, mac)], [exact(field, 0)]];

/** The matches of frames from a host: its port, with each of its MACs if they are known. */
function placesOf({ at, macs }: Host): readonly { readonly from: readonly FieldMatch[]; readonly mac?: number }[] {
  const port = exact("in_port", at!.port);
  return macs.length === 0 ? [{ from: [port] }] : macs.map((mac) => ({ from: [port, exact("eth_src", mac)], mac }));
}

/** The matches of frames from an address: by IP and, for IPv4, by ARP. */
function sourceIs(ip: Ip): readonly FieldMatch[][] {
  return ip.family === 4
    ? [
        [exact("eth_type", IPV4), exact("ipv4_src", ip.value)],
        [exact("eth_type", ARP), exact("arp_spa", ip.value)],
      ]
    : [[exact("eth_type", IPV6), exact("ipv6_src", ip.value)]];
}

function linkPorts(directory: Directory, switchName: string | undefined): readonly number[] {
  const ports = new Set<number>();
  for (const { from, fromPort, to, toPort } of directory.links) {
    if (from === switchName) ports.add(fromPort);
    if (to === switchName) ports.add(toPort);
  }
  return [...ports].sort((a, b) => a - b);
}

function byPort(hosts: readonly Host[]): ReadonlyMap<number, readonly Host[]> {
  return Map.groupBy(hosts, ({ at }) => at!.port);
}

/**
 * Entries without doubles: two hosts at one port may have the same match. Passing wins over dropping, then the first
 * identity.
 */
function unique(entries: readonly SpoofEntry[]): readonly SpoofEntry[] {
  const chosen = new Map<string, SpoofEntry>();
  for (const entry of entries) {
    const key = `${entry.stage}|${entry.priority}|${matchKey(entry.match)}`;
    const other = chosen.get(key);
    if (other === undefined || better(entry, other)) chosen.set(key, entry);
  }
  return [...chosen.values()];
}

function better(a: SpoofEntry, b: SpoofEntry): boolean {
  if (a.does !== b.does) return a.does !== "drop";
  return a.statement < b.statement;
}
