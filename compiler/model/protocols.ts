/**
 * Names of protocols and of the two directions of a connection (IANA, Protocol Numbers; IEEE, EtherType). Their case
 * does not matter.
 */
import { ICMP, ICMPV6, IPV4, IPV6, SCTP, TCP, UDP } from "../flowgroup/prerequisites.ts";

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
