/**
 * The directory → the Spoof, Sender and Neighbour tables of one switch (NETWORK, "Spoof"). At an edge port whose hosts are
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
import { IPV4, IPV6 } from "../../flowgroup/prerequisites.ts";
import {
  type SpoofEntry,
  type Add,
  ARP,
  RARP,
  states,
  DHCP,
  ADVERTISEMENT,
  SOLICITATION,
  isTaken,
  linkIs,
  LINK_LOCAL,
  placesOf,
  byPort,
  besideOf,
  targetIs,
} from "./claims.ts";
import { neighbourEntries } from "./neighbour-entries.ts";
import { senderEntries } from "./sender-entries.ts";

/** The priorities inside the table: more specific entries stand above. */
const DISPUTED = 61;
const TRUST = 60;
/**
 * For what shows the address of a host without a stated MAC and the MAC of another, where a statement names its port by `dstAP`; and
 * for what shows an address that tells nobody.
 */
export const FOREIGN_END = 59;
/** ARP and neighbour discovery in forms whose claims a switch cannot read. */
const UNREADABLE = 58;
/** For what comes from a waypoint with a MAC that facts state for hosts at other ports, too. */
export const SHARED_OF_BOXES = 56;
/**
 * For packets that come back from a waypoint: they have the source of another port and are judged as if they entered
 * there.
 */
export const RETURNED = 55;
/** The same for what the table Sender compares with bound MACs. */
export const RETURNED_CHECKED = 54;
/** For a host that advertises an address to its neighbours: the advertised address is checked too. */
const ADVERTISES = 52;
const BOUND_SOURCE = 50;
const BOUND_ELSEWHERE = 40;
const NO_ADDRESS = 35;
/** For a probe of a bound address from another port. */
const ASKED_ELSEWHERE = 32;
/** For ARP of a host with a known MAC and without a known IPv4 address, beside a host without a known MAC. */
const UNSTATED_ARP = 31;
const OTHER_ADDRESS = 30;
/** For ARP of a host without a known IPv4 address that gives its own MAC, and that gives another. */
const OWN_SENDER = 24;
const OTHER_SENDER = 23;
/**
 * For what a waypoint sends with its MAC while it has no address, and from addresses that no fact states. It may claim no
 * more than others do.
 */
export const WITHOUT_ADDRESS_OF_BOX = 22;
export const UNSTATED_OF_BOX = 21;
const BOUND_MAC = 20;
/** For what comes back of a port of which nothing is known, to a known host: with no bound MAC, and giving none. */
export const FOREIGN_OF_UNNAMED = 13;
export const RETURNED_UNNAMED = 12;
const OTHER_MAC = 10;
/** For ARP and neighbour discovery that give a bound MAC at another port. */
const SENDER_ELSEWHERE = 9;
/** What may show whose it is goes on from a port of several hosts, and all else that waypoints and avoids hold is dropped. */
export const SHOWN_OF_SHARED = 5;
export const UNSHOWN_OF_SHARED = 4;
/**
 * Flows that waypoints and avoids hold go on from a port of a known host, and are dropped at all others. At a port that some
 * statements leave out, where no host is known, they go on likewise, and those that others hold are dropped one above.
 * What comes in at such a port for a host at a port that some leave out each of them holds or leaves, the drops above.
 */
export const [HELD_BETWEEN, LEFT_BETWEEN, UNKNOWN_AT_PORT] = [6, 5, 4];
export const KNOWN_INGRESS = 3;
export const UNKNOWN_INGRESS = 2;
/** For packets that come back with a source at a port without known hosts: bound addresses are not of that port. */
export const RETURNED_UNKNOWN = 38;
/** For what comes from a waypoint without a known MAC and shows no known address: from no address or as ARP, and all else. */
export const UNSHOWN_SOURCE_OF_BARE = 36;
export const UNSHOWN_OF_BARE = 8;

/** The entries of one switch (undefined: the only, unnamed one); none if nothing is known about any port. */
export function spoofEntries(directory: Directory, switchName: string | undefined): readonly SpoofEntry[] {
  const entries: SpoofEntry[] = [];
  const add = (priority: number, statement: string, does: SpoofEntry["does"], ...match: FieldMatch[]): void => {
    entries.push({ stage: "Spoof", priority, statement, does, match: canonicalMatch(match) });
  };
  for (const port of linkPorts(directory, switchName)) {
    add(TRUST, `link:${switchName}:${port}`, "trust", exact("in_port", port));
  }
  for (const at of directory.disputedPorts ?? [])
    if (at.switch === switchName) add(DISPUTED, `port:${switchName}:${at.port}`, "drop", exact("in_port", at.port));
  const above = entries.splice(0);
  const elsewhere = elsewhereOf(directory);
  const bound = boundOf(directory);
  const here = bound.filter(({ at }) => at !== undefined && at.switch === switchName);
  const isMacBound = bound.some(({ macs }) => macs.length > 0);
  const besideIt = besideOf(here);
  for (const host of here) {
    const beside = besideIt(host);
    hostEntries(host, isMacBound, beside, add);
    unstatedEntries(host, beside, add);
  }
  const disputed = bound.flatMap((host) => (host.disputed ?? []).filter((at) => at.switch === switchName));
  const hostsAt = byPort(here);
  for (const port of new Set([...hostsAt.keys(), ...disputed.map((at) => at.port)])) {
    const identity = `port:${switchName}:${port}`;
    const hosts = hostsAt.get(port) ?? [];
    if (hosts.every(({ macs }) => macs.length > 0)) add(OTHER_MAC, identity, "drop", exact("in_port", port));
  }
  const addTo =
    (stage: SpoofEntry["stage"]): Add =>
    (priority, statement, does, ...match) => {
      entries.push({ stage, priority, statement, does, match: canonicalMatch(match) });
    };
  if (isMacBound && here.some(isChecked)) senderEntries(bound, here, addTo("Sender"));
  if (here.some((host) => states(host, 6))) neighbourEntries(bound, here, besideIt, addTo("Neighbour"));
  // No entry has the priority and the match of one of those for other places.
  return [...unique(above), ...elsewhere, ...unique(entries)];
}

const droppedElsewhere = new WeakMap<Directory, readonly SpoofEntry[]>();

/**
 * The entries that drop what is bound to a place where it comes in at another: the same on each switch, and most of its
 * entries. They are made once.
 */
function elsewhereOf(directory: Directory): readonly SpoofEntry[] {
  const known = droppedElsewhere.get(directory);
  if (known !== undefined) return known;
  const entries: SpoofEntry[] = [];
  const add = (priority: number, statement: string, ...match: FieldMatch[]): void => {
    entries.push({ stage: "Spoof", priority, statement, does: "drop", match: canonicalMatch(match) });
  };
  // A host whose place facts dispute is bound to no port: what comes from it is dropped at all.
  const bound = boundOf(directory);
  for (const host of bound) {
    const identity = `host:${host.name}`;
    for (const ip of host.addresses) {
      for (const match of sourceIs(ip)) add(BOUND_ELSEWHERE, identity, ...match);
      if (ip.family === 6) add(BOUND_ELSEWHERE, identity, ...ADVERTISEMENT, targetIs(ip.value));
      add(ASKED_ELSEWHERE, identity, ...isTaken(ip));
    }
    for (const mac of host.macs) {
      add(OTHER_MAC, identity, exact("eth_src", mac));
      add(SENDER_ELSEWHERE, identity, exact("eth_type", ARP), exact("arp_sha", mac));
      add(SENDER_ELSEWHERE, identity, ...SOLICITATION, exact("ipv6_nd_sll", mac));
      add(SENDER_ELSEWHERE, identity, ...ADVERTISEMENT, exact("ipv6_nd_tll", mac));
    }
  }
  if (bound.length > 0) {
    // A switch reads only ARP of Ethernet and IPv4, but hosts also believe other hardware types (RFC 1390).
    add(UNREADABLE, "table:Spoof", exact("eth_type", ARP), exact("arp_op", 0));
    // A switch reads neither target nor options of neighbour discovery that has an option twice.
    for (const says of [ADVERTISEMENT, SOLICITATION]) add(UNREADABLE, "table:Spoof", ...says, targetIs(0n));
  }
  const found = unique(entries);
  droppedElsewhere.set(directory, found);
  return found;
}

/** The messages that give their sender's MAC, and where. */
const GIVES_MAC = [
  [ADVERTISEMENT, "ipv6_nd_tll"],
  [SOLICITATION, "ipv6_nd_sll"],
] as const;

const isChecked = ({ macs, addresses }: Host): boolean => macs.length === 0 && addresses.length > 0;

/** The hosts that are bound to a place, or to none. */
const boundOf = ({ hosts }: Directory): readonly Host[] =>
  [...hosts.values()].filter(({ at, disputed }) => at !== undefined || disputed !== undefined);

const sourcesOf = new WeakMap<Directory, ReadonlySet<string>>();

/** Whether a match asks for a source that is bound: the entries of Spoof above `OTHER_MAC` decide all such packets. */
export function asksForBound(directory: Directory, match: Match): boolean {
  let sources = sourcesOf.get(directory);
  if (sources === undefined) {
    const bound = boundOf(directory);
    const macs = bound.flatMap((host) => host.macs.map((mac) => exact("eth_src", mac)));
    const ips = bound.flatMap(({ addresses }) => addresses.flatMap((ip) => sourceIs(ip).map(([, source]) => source!)));
    sourcesOf.set(directory, (sources = new Set([...macs, ...ips].map(({ field, value }) => `${field} ${value}`))));
  }
  return match.some(({ field, value, mask }) => mask === undefined && sources.has(`${field} ${value}`));
}

/** The bound MACs, if the table Sender of this switch does not compare senders with them anyway. */
export function uncheckedMacs(directory: Directory, switchName: string): readonly number[] {
  const bound = boundOf(directory);
  const isThere = bound.some((host) => host.at?.switch === switchName && isChecked(host));
  return isThere ? [] : bound.flatMap(({ macs }) => macs);
}

/**
 * Adds what one host may send from its port. `isMacBound`: whether its MAC, if it is unknown, may be another's. What
 * `unstatedEntries` says of it, and the hosts without a known MAC `beside` it, stands above and is not said again.
 */
function hostEntries(host: Host, isMacBound: boolean, beside: readonly Host[], add: Add): void {
  const identity = `host:${host.name}`;
  for (const { from, mac } of placesOf(host)) {
    // ARP must give the host's own MAC.
    const sender = mac === undefined ? [] : [exact("arp_sha", mac)];
    const isCompared = mac === undefined && isMacBound;
    const [on, asks] = isCompared ? (["check", "check"] as const) : (["next", "ask"] as const);
    // A host with a known MAC at the same port stands above.
    const below = isCompared ? 1 : 0;
    for (const ip of host.addresses) {
      const [packet, question] = sourceIs(ip);
      add(BOUND_SOURCE - below, identity, on, ...from, ...packet!);
      if (question !== undefined) add(BOUND_SOURCE - below, identity, on, ...from, ...question, ...sender);
    }
    if (states(host, 4)) {
      // A host has no address while it requests or probes one (RFC 2131, section 2; RFC 5227, section 2.1.1).
      add(NO_ADDRESS - below, identity, on, ...from, ...DHCP);
      for (const ip of host.addresses) {
        if (ip.family === 4)
          add(NO_ADDRESS - below, identity, on, ...from, ...isTaken(ip), exact("arp_op", 1), ...sender);
      }
      // A host whose address is known has no need of RARP.
      for (const type of [IPV4, ARP, RARP]) add(OTHER_ADDRESS, identity, "drop", ...from, exact("eth_type", type));
    } else if (mac !== undefined) {
      if (beside.length === 0) add(OWN_SENDER, identity, "next", ...from, exact("eth_type", ARP), ...sender);
      if (!beside.some((one) => states(one, 4))) add(OTHER_SENDER, identity, "drop", ...from, exact("eth_type", ARP));
    }
    const own = host.addresses.filter(({ family }) => family === 6);
    if (own.length > 0) {
      for (const ip of own) {
        const [packet] = sourceIs(ip);
        for (const says of mac === undefined && !isMacBound ? [ADVERTISEMENT] : [ADVERTISEMENT, SOLICITATION])
          add(ADVERTISES - below, identity, asks, ...from, ...says, ...packet!.slice(1));
      }
      // If its MAC is unknown, other advertisements come below what a waypoint gives back of others.
      const targets = mac === undefined ? own.map(({ value }) => [targetIs(BigInt(value))]) : [[]];
      for (const of of targets) add(ADVERTISES - below, identity, asks, ...from, ...ADVERTISEMENT, LINK_LOCAL, ...of);
      add(NO_ADDRESS - below, identity, asks, ...from, exact("eth_type", IPV6), exact("ipv6_src", 0n));
      add(NO_ADDRESS - below, identity, asks, ...from, exact("eth_type", IPV6), LINK_LOCAL);
      add(OTHER_ADDRESS, identity, "drop", ...from, exact("eth_type", IPV6));
    } else if (mac !== undefined && !beside.some((one) => states(one, 6))) {
      for (const [says, link] of GIVES_MAC) {
        for (const given of linkIs(link, mac)) add(OWN_SENDER, identity, "next", ...from, ...says, ...given);
        add(OTHER_SENDER, identity, "drop", ...from, ...says);
      }
    }
    if (host.macs.length > 0) add(BOUND_MAC, identity, "next", ...from);
  }
}

/**
 * Adds what a host with a known MAC may send in the families of which it has no known address, if hosts without a known
 * MAC are `beside` it at its port. It is no stranger, to be dropped there as others are.
 */
function unstatedEntries(host: Host, beside: readonly Host[], add: Add): void {
  const identity = `host:${host.name}`;
  if (beside.length === 0) return;
  for (const { from, mac } of placesOf(host)) {
    if (!states(host, 4)) {
      for (const type of [IPV4, RARP]) add(NO_ADDRESS, identity, "next", ...from, exact("eth_type", type));
      add(UNSTATED_ARP, identity, "next", ...from, exact("eth_type", ARP), exact("arp_sha", mac!));
    }
    if (!states(host, 6) && beside.some((one) => states(one, 6)))
      add(NO_ADDRESS, identity, "ask", ...from, exact("eth_type", IPV6));
  }
}

/** The matches of frames from an address: by IP and, for IPv4, by ARP. */
export function sourceIs(ip: Ip): readonly FieldMatch[][] {
  return ip.family === 4
    ? [
        [exact("eth_type", IPV4), exact("ipv4_src", ip.value)],
        [exact("eth_type", ARP), exact("arp_spa", ip.value)],
      ]
    : [[exact("eth_type", IPV6), exact("ipv6_src", ip.value)]];
}

const portsOfLinks = new WeakMap<Directory, ReadonlyMap<string, ReadonlySet<number>>>();

/** The ports of links at a switch, in order. They are found for all switches at once: each asks for its own. */
function linkPorts(directory: Directory, switchName: string | undefined): readonly number[] {
  let known = portsOfLinks.get(directory);
  if (known === undefined) {
    const ports = new Map<string, Set<number>>();
    for (const { from, fromPort, to, toPort } of directory.links) {
      for (const [end, port] of [
        [from, fromPort],
        [to, toPort],
      ] as const) {
        const here = ports.get(end);
        if (here === undefined) ports.set(end, new Set([port]));
        else here.add(port);
      }
    }
    portsOfLinks.set(directory, (known = ports));
  }
  return switchName === undefined ? [] : [...(known.get(switchName) ?? [])].sort((a, b) => a - b);
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
