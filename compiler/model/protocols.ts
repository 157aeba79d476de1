/**
 * Names of protocols and of the two directions of a connection (IANA, Protocol Numbers; IEEE, EtherType). Their case
 * does not matter.
 */
import type { NumberRange } from "../flowgroup/index.ts";
import { ICMP, ICMPV6, LATER, IPV4, IPV6, SCTP, TCP, UDP } from "../flowgroup/prerequisites.ts";

/** Name → number, for `transport`. */
export const TRANSPORTS: ReadonlyMap<string, number> = new Map([
  ["icmp", ICMP],
  ["igmp", 2],
  ["tcp", TCP],
  ["udp", UDP],
  ["gre", 47],
  ["esp", 50],
  ["ah", 51],
  ["icmpv6", ICMPV6],
  ["icmp6", ICMPV6],
  ["ospf", 89],
  ["pim", 103],
  ["vrrp", 112],
  ["sctp", SCTP],
]);

/** Name → number, for `ethType`. */
export const ETHER_TYPES: ReadonlyMap<string, number> = new Map([
  ["ipv4", IPV4],
  ["arp", 0x0806],
  ["ipv6", IPV6],
  ["eapol", 0x888e],
  ["lldp", 0x88cc],
]);

/** Name → number, for `direction`: the end that opened the connection sends requests (`flowgroup/fields.ts`). */
export const DIRECTIONS: ReadonlyMap<string, number> = new Map([
  ["request", 0],
  ["response", 1],
]);

/** Values of the field over both families, or over one of them alone. */
interface ByFamily {
  readonly both: readonly NumberRange[];
  readonly overIpv4: readonly NumberRange[];
  readonly overIpv6: readonly NumberRange[];
}

/**
 * A range of transports is one of numbers in headers, with ICMPv6 where ICMP is in it. As values of the field 1 and 58 are
 * exchanged over IPv6 (`DOMAINS.transport`), so one of them without the other is told by family.
 */
export function transportRange(from: number, to: number): ByFamily {
  const all: readonly NumberRange[] = [[from, to]];
  const isIn = (number: number): boolean => from <= number && number <= to;
  if (isIn(ICMP) === isIn(ICMPV6)) return { both: all, overIpv4: [], overIpv6: [] };
  if (isIn(ICMP)) return { both: [], overIpv4: all, overIpv6: [...all, ICMPV6] };
  const below: readonly NumberRange[] = from < ICMPV6 ? [[from, ICMPV6 - 1]] : [];
  const above: readonly NumberRange[] = ICMPV6 < to ? [[ICMPV6 + 1, to]] : [];
  return { both: [], overIpv4: all, overIpv6: [ICMP, ...below, ...above] };
}

/**
 * Whether a range is the number of later IPv6 fragments alone. Beside ranges that are kept by family it is one of these, so
 * that it stays unnamed.
 */
export const isLaterRange = (one: NumberRange): boolean =>
  typeof one !== "number" && one[0] === LATER && one[1] === LATER;
