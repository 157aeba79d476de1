/**
 * The fields of a flow, in the order in which they are named, compared and split everywhere (seed, Table 1; LANGUAGE,
 * "Flowgroups"). A field that a packet lacks has the value *absent*, held only by sets that do not constrain it.
 */

/** How the values of a field are compared. */
export type Domain =
  | { readonly kind: "name" } // an infinite set of names: compared, never enumerated
  | { readonly kind: "ip" } // IPv4 and IPv6 addresses side by side
  | { readonly kind: "number"; readonly max: number };

const name: Domain = { kind: "name" };
const ip: Domain = { kind: "ip" };
const number = (bits: number): Domain => ({ kind: "number", max: 2 ** bits - 1 });

/**
 * `transport` is the IP protocol with ICMP made one: 1 stands for ICMP over IPv4 and for ICMPv6 (58) over IPv6; the
 * rare opposites (58 over IPv4, 1 over IPv6) are 58. It is a bijection, so nothing is lost.
 * `direction` is 0 for request, 1 for response. `vlan` is 0-4095; an untagged packet has it absent.
 */
export const DOMAINS = {
  user: name,
  dstUser: name,
  srcHost: ip,
  dstHost: ip,
  srcEth: number(48),
  dstEth: number(48),
  vlan: number(12),
  ethType: number(16),
  transport: number(8),
  srcPort: number(16),
  dstPort: number(16),
  icmpType: number(8),
  icmpCode: number(8),
  dscp: number(6),
  srcAP: name,
  dstAP: name,
  switch: name,
  inPort: number(32),
  direction: number(1),
} as const satisfies Record<string, Domain>;

export type Field = keyof typeof DOMAINS;

/** All fields in order. The position of a field here is its number in a cube's mask. */
export const FIELDS: readonly Field[] = Object.keys(DOMAINS) as Field[];
