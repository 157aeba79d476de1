/** What the spoof guard reads in frames of hosts: where they come from, and what they claim. */
import { IPV4, IPV6 } from "../../flowgroup/prerequisites.ts";
import type { Ip } from "../../net/address.ts";
import type { Host } from "../../model/model.ts";
import type { FieldMatch, Match } from "../../table/entry.ts";
import { exact } from "../../table/match.ts";

/** An entry of the spoof guard. */
export interface SpoofEntry {
  readonly stage: "Spoof" | "Sender" | "Neighbour";
  readonly priority: number;
  readonly match: Match;
  /** The identity that its cookie is made of. */
  readonly statement: string;
  /**
   * `next`: pass to the tables behind the guard; `trust`: skip what was judged already; `check`: to the table Sender;
   * `ask`: to the table Neighbour.
   */
  readonly does: "next" | "trust" | "drop" | "check" | "ask";
}

export type Add = (priority: number, statement: string, does: SpoofEntry["does"], ...match: FieldMatch[]) => void;

export const ARP = 0x0806;
export const RARP = 0x8035;

export const states = ({ addresses }: Host, family: 4 | 6): boolean => addresses.some((ip) => ip.family === family);

/** DHCP of a client without an IPv4 address. */
export const DHCP: readonly FieldMatch[] = [
  exact("eth_type", IPV4),
  exact("ip_proto", 17),
  exact("ipv4_src", 0),
  exact("udp_src", 68),
  exact("udp_dst", 67),
];

export const icmpv6 = (type: number): readonly FieldMatch[] => [
  exact("eth_type", IPV6),
  exact("ip_proto", 58),
  exact("icmpv6_type", type),
];
export const ADVERTISEMENT = [...icmpv6(136), exact("icmpv6_code", 0)];
export const SOLICITATION = [...icmpv6(135), exact("icmpv6_code", 0)];
export const targetIs = (address: bigint): FieldMatch => exact("ipv6_nd_target", address);

/** The matches of a message that gives this MAC or none, which reads as 0. A MAC that is unknown matches any. */
export const linkIs = (
  field: "ipv6_nd_sll" | "ipv6_nd_tll",
  mac: number | undefined,
): readonly (readonly FieldMatch[])[] => (mac === undefined ? [[]] : [[exact(field, mac)], [exact(field, 0)]]);

/** A probe whether an address is taken, sent from no address (RFC 5227, section 2.1.1; RFC 4862, section 5.4). */
export const isTaken = (ip: Ip): readonly FieldMatch[] =>
  ip.family === 4
    ? [exact("eth_type", ARP), exact("arp_spa", 0), exact("arp_tpa", ip.value)]
    : [...SOLICITATION, exact("ipv6_src", 0n), targetIs(ip.value)];

export const LINK_LOCAL: FieldMatch = { field: "ipv6_src", value: 0xfe80n << 112n, mask: 0xffc0n << 112n };
export const LINK_LOCAL_TO: FieldMatch = { ...LINK_LOCAL, field: "ipv6_nd_target" };
export const isLinkLocal = (value: bigint): boolean => value >> 118n === 0xfe80n >> 6n;

/** The matches of frames from a host: its port, with each of its MACs if they are known. */
export function placesOf({
  at,
  macs,
}: Host): readonly { readonly from: readonly FieldMatch[]; readonly mac?: number }[] {
  const port = exact("in_port", at!.port);
  return macs.length === 0 ? [{ from: [port] }] : macs.map((mac) => ({ from: [port, exact("eth_src", mac)], mac }));
}

export function byPort(hosts: readonly Host[]): ReadonlyMap<number, readonly Host[]> {
  return Map.groupBy(hosts, ({ at }) => at!.port);
}

/** The hosts without a known MAC at the port of a host that has one. */
export function besideOf(here: readonly Host[]): (host: Host) => readonly Host[] {
  const hostsAt = byPort(here);
  return ({ at, macs }) =>
    macs.length === 0 ? [] : (hostsAt.get(at!.port) ?? []).filter((one) => one.macs.length === 0);
}
