/**
 * OpenFlow extensible match (1.3.5, section 7.2.3): the table of fields, and matches ↔ TLVs. A field has a value and
 * perhaps a mask. A TLV that the table does not have is kept unchanged.
 */
import type { FieldMatch, MatchField } from "../../compiler/table/entry.ts";
import type { Reader, Writer } from "./buffer.ts";
import type { Codec } from "./codec.ts";

/** The fields that we can name: those that tables use, and some more. */
export type OxmField =
  | MatchField
  | "in_phy_port"
  | "vlan_pcp"
  | "ip_ecn"
  | "ipv6_flabel"
  | "mpls_label"
  | "mpls_tc"
  | "mpls_bos"
  | "pbb_isid"
  | "tunnel_id"
  | "ipv6_exthdr";

/** One row of the table of fields. */
export interface OxmFormat {
  readonly name: OxmField;
  /** 0x8000 is OpenFlow's own, 1 is Open vSwitch's (NXM_NX). */
  readonly class: number;
  readonly field: number;
  readonly bytes: number;
  /** The number of bits of the value; a mask of all of them is an exact match. */
  readonly bits: number;
  readonly maskable: boolean;
  /** Other fields that must match one of these values, since else the packet lacks the field (table 12). */
  readonly prerequisites: readonly (readonly [OxmField, readonly bigint[]])[];
}

/** A TLV that the table does not have. `header` holds class, field, mask bit and length. */
export interface UnknownOxm {
  readonly field: "unknown";
  readonly header: number;
  readonly data: Uint8Array;
}

export type Oxm = { readonly field: OxmField; readonly value: bigint; readonly mask?: bigint } | UnknownOxm;

const BASIC = 0x8000;
const NXM_1 = 0x0001;
const mask = true;
const exact = false;

const ip4: OxmFormat["prerequisites"] = [["eth_type", [0x0800n]]];
const ip6: OxmFormat["prerequisites"] = [["eth_type", [0x86ddn]]];
const ip: OxmFormat["prerequisites"] = [["eth_type", [0x0800n, 0x86ddn]]];
const arp: OxmFormat["prerequisites"] = [["eth_type", [0x0806n]]];
const mpls: OxmFormat["prerequisites"] = [["eth_type", [0x8847n, 0x8848n]]];
const proto = (number: bigint, over = ip): OxmFormat["prerequisites"] => [...over, ["ip_proto", [number]]];
const nd = (...types: bigint[]): OxmFormat["prerequisites"] => [...proto(58n, ip6), ["icmpv6_type", types]];

type Row = [OxmField, number, number, bytes: number, bits: number, boolean, OxmFormat["prerequisites"]?];

// `maskable` follows Open vSwitch, which takes masks on transport ports although table 12 does not list them.
const rows: readonly Row[] = [
  ["in_port", BASIC, 0, 4, 32, exact],
  ["in_phy_port", BASIC, 1, 4, 32, exact],
  ["metadata", BASIC, 2, 8, 64, mask],
  ["eth_dst", BASIC, 3, 6, 48, mask],
  ["eth_src", BASIC, 4, 6, 48, mask],
  ["eth_type", BASIC, 5, 2, 16, exact],
  ["vlan_vid", BASIC, 6, 2, 13, mask],
  ["vlan_pcp", BASIC, 7, 1, 3, exact],
  ["ip_dscp", BASIC, 8, 1, 6, exact, ip],
  ["ip_ecn", BASIC, 9, 1, 2, exact, ip],
  ["ip_proto", BASIC, 10, 1, 8, exact, ip],
  ["ipv4_src", BASIC, 11, 4, 32, mask, ip4],
  ["ipv4_dst", BASIC, 12, 4, 32, mask, ip4],
  ["tcp_src", BASIC, 13, 2, 16, mask, proto(6n)],
  ["tcp_dst", BASIC, 14, 2, 16, mask, proto(6n)],
  ["udp_src", BASIC, 15, 2, 16, mask, proto(17n)],
  ["udp_dst", BASIC, 16, 2, 16, mask, proto(17n)],
  ["sctp_src", BASIC, 17, 2, 16, mask, proto(132n)],
  ["sctp_dst", BASIC, 18, 2, 16, mask, proto(132n)],
  ["icmpv4_type", BASIC, 19, 1, 8, exact, proto(1n, ip4)],
  ["icmpv4_code", BASIC, 20, 1, 8, exact, proto(1n, ip4)],
  ["arp_op", BASIC, 21, 2, 16, exact, arp],
  ["arp_spa", BASIC, 22, 4, 32, mask, arp],
  ["arp_tpa", BASIC, 23, 4, 32, mask, arp],
  ["arp_sha", BASIC, 24, 6, 48, mask, arp],
  ["arp_tha", BASIC, 25, 6, 48, mask, arp],
  ["ipv6_src", BASIC, 26, 16, 128, mask, ip6],
  ["ipv6_dst", BASIC, 27, 16, 128, mask, ip6],
  ["ipv6_flabel", BASIC, 28, 4, 20, mask, ip6],
  ["icmpv6_type", BASIC, 29, 1, 8, exact, proto(58n, ip6)],
  ["icmpv6_code", BASIC, 30, 1, 8, exact, proto(58n, ip6)],
  ["ipv6_nd_target", BASIC, 31, 16, 128, mask, nd(135n, 136n)],
  ["ipv6_nd_sll", BASIC, 32, 6, 48, mask, nd(135n)],
  ["ipv6_nd_tll", BASIC, 33, 6, 48, mask, nd(136n)],
  ["mpls_label", BASIC, 34, 4, 20, exact, mpls],
  ["mpls_tc", BASIC, 35, 1, 3, exact, mpls],
  ["mpls_bos", BASIC, 36, 1, 1, exact, mpls],
  ["pbb_isid", BASIC, 37, 3, 24, mask, [["eth_type", [0x88e7n]]]],
  ["tunnel_id", BASIC, 38, 8, 64, mask],
  ["ipv6_exthdr", BASIC, 39, 2, 9, mask, ip6],
  ["reg0", NXM_1, 0, 4, 32, mask],
  ["ip_frag", NXM_1, 26, 1, 2, mask, ip],
  ["conj_id", NXM_1, 37, 4, 32, exact],
  ["ct_state", NXM_1, 105, 4, 32, mask],
];

/** Every field that we can name. */
export const OXM_FIELDS: readonly OxmFormat[] = rows.map(
  ([name, oxmClass, field, bytes, bits, maskable, prerequisites = []]) => ({
    name,
    class: oxmClass,
    field,
    bytes,
    bits,
    maskable,
    prerequisites,
  }),
);

const byName = new Map(OXM_FIELDS.map((format) => [format.name, format]));
const headerOf = (format: OxmFormat): number => format.class * 0x10000 + format.field * 0x200;
const byHeader = new Map(OXM_FIELDS.map((format) => [headerOf(format), format]));
const headers = new Map(OXM_FIELDS.map((format) => [format.name, headerOf(format)]));

/** The row of a field. */
export const formatOf = (name: OxmField): OxmFormat => byName.get(name)!;

/** The mask that makes a match exact. */
export const exactMask = (format: OxmFormat): bigint => (1n << BigInt(format.bits)) - 1n;

/** The same match without trivial masks: all ones is exact, all zeros matches everything. */
export function normaliseMasks(match: readonly FieldMatch[]): readonly FieldMatch[] {
  if (match.every(({ mask: bits }) => bits === undefined)) return match;
  return match
    .filter(({ mask: bits }) => bits !== 0n)
    .map((one) => (one.mask === exactMask(formatOf(one.field)) ? { field: one.field, value: one.value } : one));
}

/** One TLV. */
export const oxm: Codec<Oxm> = {
  read(from) {
    const header = from.u32();
    const length = header % 0x100;
    const masked = (header & 0x100) > 0;
    const format = byHeader.get(header - (header % 0x200));
    if (format === undefined) return { field: "unknown", header, data: from.take(length) };
    if (length !== (masked ? 2 * format.bytes : format.bytes)) {
      from.fail(`${format.name} with a length of ${length}`);
      return { field: format.name, value: 0n };
    }
    const value = from.bigint(format.bytes);
    if (!masked) return { field: format.name, value };
    const bits = from.bigint(format.bytes);
    if ((value & bits) !== value) from.fail(`${format.name} with bits outside its mask`);
    return { field: format.name, value, mask: bits };
  },
  write(to, one) {
    if (one.field === "unknown") {
      to.u32(one.header);
      to.put(one.data);
      return;
    }
    const format = byName.get(one.field)!;
    const masked = one.mask !== undefined;
    to.u32(headers.get(one.field)! + (masked ? 0x100 + 2 * format.bytes : format.bytes));
    to.bigint(one.value, format.bytes);
    if (masked) to.bigint(one.mask!, format.bytes);
  },
};

/** A match: type 1, a length that does not count the zeros up to a multiple of 8. */
export const match: Codec<readonly Oxm[]> = {
  read(from: Reader) {
    const type = from.u16();
    const length = from.u16();
    if (from.fault === undefined && type !== 1) from.fail(`a match of type ${type}`);
    const outer = from.enter(length - 4);
    const fields: Oxm[] = [];
    while (from.remaining > 0) fields.push(oxm.read(from));
    from.leave(outer);
    if (length % 8 > 0) from.skip(8 - (length % 8));
    return fields;
  },
  write(to: Writer, fields) {
    const start = to.at;
    to.u16(1);
    to.u16(0);
    for (const field of fields) oxm.write(to, field);
    to.patch(start + 2, to.at - start);
    to.align(start);
  },
};
