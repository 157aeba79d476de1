/**
 * The Spoof table of one switch (NETWORK, "The pipeline"): at an edge port whose hosts are known, a frame with another
 * source is dropped; an address bound to a port is dropped anywhere else. Ports between switches are trusted: what
 * comes in there was judged at its ingress edge. A family of addresses that nobody stated for a host is not checked.
 */
import type { Ip } from "../net/address.ts";
import type { Directory, Host } from "../model/model.ts";
import type { FieldMatch, Match } from "./entry.ts";
import { canonical, exact } from "./match.ts";

/** An entry that no rule asked for. */
export interface FixedEntry {
  readonly priority: number;
  readonly match: Match;
  /** Identity behind its cookie. */
  readonly statement: string;
  readonly does: "next" | "forward" | "drop" | { readonly output: number };
  /** Absent: Spoof. */
  readonly stage?: "Forward";
}

/** The order inside the table: what is more specific stands above. */
const TRUST = 60;
/** What comes back from a waypoint has the source of another port, and is judged as if it came in there. */
export const RETURNED = 55;
const BOUND_SOURCE = 50;
const BOUND_ELSEWHERE = 40;
const OTHER_ADDRESS = 30;
const BOUND_MAC = 20;
const OTHER_MAC = 10;
/** Where somebody is known to stand, what waypoints and avoids hold goes on to be steered; elsewhere it is dropped. */
export const KNOWN_PLACE = 6;
export const UNKNOWN_PLACE = 5;
/** What comes back, and nobody is known to stand where it came in: a bound address is none of theirs. */
export const RETURNED_UNKNOWN = 37;

const ARP = 0x0806;
const IPV4 = 0x0800;
const IPV6 = 0x86dd;

/** The entries of one switch (undefined: the only, unnamed one); none where nothing is known about any port. */
export function spoofEntries(directory: Directory, on: string | undefined): readonly FixedEntry[] {
  const entries: FixedEntry[] = [];
  const add = (priority: number, statement: string, does: FixedEntry["does"], ...match: FieldMatch[]): void => {
    entries.push({ priority, statement, does, match: canonical(match) });
  };
  for (const port of linkPorts(directory, on)) {
    add(TRUST, `link:${on}:${port}`, "forward", exact("in_port", port));
  }
  const bound = [...directory.hosts.values()].filter(({ at }) => at !== undefined);
  for (const host of bound) {
    const identity = `host:${host.name}`;
    for (const ip of host.addresses) {
      for (const match of sourceIs(ip)) add(BOUND_ELSEWHERE, identity, "drop", ...match);
    }
    for (const mac of host.macs) add(OTHER_MAC, identity, "drop", exact("eth_src", mac));
  }
  const here = bound.filter(({ at }) => at!.switch === on);
  for (const host of here) hostEntries(host, host.at!.port, add);
  for (const [port, hosts] of byPort(here)) {
    const identity = `port:${on}:${port}`;
    if (hosts.every(({ macs }) => macs.length > 0)) add(OTHER_MAC, identity, "drop", exact("in_port", port));
  }
  return unique(entries);
}

/** What one host may send from its port. */
function hostEntries(
  host: Host,
  port: number,
  add: (priority: number, statement: string, does: FixedEntry["does"], ...match: FieldMatch[]) => void,
): void {
  const identity = `host:${host.name}`;
  const sources = host.macs.length > 0 ? host.macs.map((mac) => [exact("eth_src", mac)]) : [[]];
  for (const source of sources) {
    const from = [exact("in_port", port), ...source];
    for (const ip of host.addresses) {
      for (const match of sourceIs(ip)) add(BOUND_SOURCE, identity, "next", ...from, ...match);
    }
    if (host.addresses.some(({ family }) => family === 4)) {
      // A host that asks for its address has none yet (RFC 2131, section 2; RFC 5227, section 2.1.1).
      for (const match of sourceIs({ family: 4, value: 0 })) add(BOUND_SOURCE, identity, "next", ...from, ...match);
      add(OTHER_ADDRESS, identity, "drop", ...from, exact("eth_type", IPV4));
      add(OTHER_ADDRESS, identity, "drop", ...from, exact("eth_type", ARP));
    }
    if (host.addresses.some(({ family }) => family === 6)) {
      // Neighbour discovery speaks from link-local addresses, or from none (RFC 4861, section 4.3).
      add(BOUND_SOURCE, identity, "next", ...from, exact("eth_type", IPV6), exact("ipv6_src", 0n));
      add(BOUND_SOURCE, identity, "next", ...from, exact("eth_type", IPV6), LINK_LOCAL);
      add(OTHER_ADDRESS, identity, "drop", ...from, exact("eth_type", IPV6));
    }
    if (source.length > 0) add(BOUND_MAC, identity, "next", ...from);
  }
}

const LINK_LOCAL: FieldMatch = { field: "ipv6_src", value: 0xfe80n << 112n, mask: 0xffc0n << 112n };

/** Frames that claim to come from an address: by IP and, for IPv4, by ARP. */
function sourceIs(ip: Ip): readonly FieldMatch[][] {
  return ip.family === 4
    ? [
        [exact("eth_type", IPV4), exact("ipv4_src", ip.value)],
        [exact("eth_type", ARP), exact("arp_spa", ip.value)],
      ]
    : [[exact("eth_type", IPV6), exact("ipv6_src", ip.value)]];
}

function linkPorts(directory: Directory, on: string | undefined): readonly number[] {
  const ports = new Set<number>();
  for (const { from, fromPort, to, toPort } of directory.links) {
    if (from === on) ports.add(fromPort);
    if (to === on) ports.add(toPort);
  }
  return [...ports].sort((a, b) => a - b);
}

function byPort(hosts: readonly Host[]): ReadonlyMap<number, readonly Host[]> {
  return Map.groupBy(hosts, ({ at }) => at!.port);
}

/** Two hosts behind one port may ask for the same entry: letting on wins over dropping, then the first identity. */
function unique(entries: readonly FixedEntry[]): readonly FixedEntry[] {
  const chosen = new Map<string, FixedEntry>();
  for (const entry of entries) {
    const key = `${entry.priority}|${entry.match.map(({ field, value }) => `${field}=${value}`).join(",")}`;
    const other = chosen.get(key);
    if (other === undefined || better(entry, other)) chosen.set(key, entry);
  }
  return [...chosen.values()];
}

function better(a: FixedEntry, b: FixedEntry): boolean {
  if (a.does !== b.does) return a.does === "next";
  return a.statement < b.statement;
}
