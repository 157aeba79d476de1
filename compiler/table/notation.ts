/** Match fields ↔ `ovs-ofctl` text: the names of fields, their abbreviations and the form of their values. */
import { parseIpv4, parseIpv6, parseMac, printIpv4, printIpv6, printMac } from "../net/address.ts";
import { maskOf } from "../net/cover.ts";
import type { FieldMatch, MatchField } from "./entry.ts";
import { CT } from "./conntrack.ts";
import { exact, fullMask, masked, MATCH_FIELDS, WIDTHS } from "./match.ts";

type Form = "mac" | "ipv4" | "ipv6" | "decimal" | "hex";

const FORMS: Partial<Record<MatchField, Form>> = {
  eth_src: "mac",
  eth_dst: "mac",
  arp_sha: "mac",
  arp_tha: "mac",
  ipv6_nd_sll: "mac",
  ipv6_nd_tll: "mac",
  ipv4_src: "ipv4",
  ipv4_dst: "ipv4",
  arp_spa: "ipv4",
  arp_tpa: "ipv4",
  ipv6_src: "ipv6",
  ipv6_dst: "ipv6",
  ipv6_nd_target: "ipv6",
  in_port: "decimal",
  ip_dscp: "decimal",
  ip_proto: "decimal",
  arp_op: "decimal",
  conj_id: "decimal",
  tcp_src: "decimal",
  tcp_dst: "decimal",
  udp_src: "decimal",
  udp_dst: "decimal",
  sctp_src: "decimal",
  sctp_dst: "decimal",
  icmpv4_type: "decimal",
  icmpv4_code: "decimal",
  icmpv6_type: "decimal",
  icmpv6_code: "decimal",
};

/** The names that `ovs-ofctl` writes, where they differ from OpenFlow's. */
const NAMES: Partial<Record<MatchField, string>> = {
  ip_frag: "nw_frag",
  ipv4_src: "nw_src",
  ipv4_dst: "nw_dst",
  eth_src: "dl_src",
  eth_dst: "dl_dst",
  eth_type: "dl_type",
  ip_proto: "nw_proto",
  icmpv4_type: "icmp_type",
  icmpv4_code: "icmp_code",
  ipv6_nd_target: "nd_target",
  ipv6_nd_sll: "nd_sll",
  ipv6_nd_tll: "nd_tll",
};

const FRAGMENTS: readonly (readonly [name: string, value: bigint, mask: bigint])[] = [
  ["no", 0n, 3n],
  ["first", 1n, 3n],
  ["later", 3n, 3n],
  ["yes", 1n, 1n],
  ["not_later", 0n, 2n],
];

/** One field of a match as text. */
export function writeField({ field, value, mask }: FieldMatch): string {
  const name = NAMES[field] ?? field;
  if (field === "ip_frag") {
    const word = FRAGMENTS.find(([, v, m]) => v === value && m === (mask ?? 3n))?.[0];
    return `${name}=${word ?? `0x${value.toString(16)}`}`;
  }
  if (field === "ct_state") return `${name}=${writeFlags(value, mask ?? fullMask(field))}`;
  const form = FORMS[field] ?? "hex";
  if (mask === undefined) return `${name}=${writeValue(form, value)}`;
  const whole = form === "decimal" ? "hex" : form;
  const length = prefixLength(mask, WIDTHS[field]);
  const tail = length !== undefined && form.startsWith("ip") ? String(length) : writeValue(whole, mask);
  return `${name}=${writeValue(whole, value)}/${tail}`;
}

/** `+trk-rpl`: a plus before a flag that must be set, a minus before one that must not. */
function writeFlags(value: bigint, mask: bigint): string {
  const known = Object.entries(CT).filter(([, bit]) => (mask & bit) !== 0n);
  return known.map(([flag, bit]) => `${(value & bit) === 0n ? "-" : "+"}${flag}`).join("");
}

function readFlags(text: string): FieldMatch | undefined {
  let [value, mask] = [0n, 0n];
  for (const [, sign, flag] of text.matchAll(/([+-])(\w+)/g)) {
    const bit = CT[flag as keyof typeof CT] as bigint | undefined;
    if (bit === undefined) return undefined;
    mask |= bit;
    if (sign === "+") value |= bit;
  }
  return /^([+-]\w+)+$/.test(text) ? masked("ct_state", value, mask) : undefined;
}

function writeValue(form: Form, value: bigint): string {
  switch (form) {
    case "mac":
      return printMac(Number(value));
    case "ipv4":
      return printIpv4(Number(value));
    case "ipv6":
      return printIpv6(value);
    case "decimal":
      return value.toString();
    case "hex":
      return `0x${value.toString(16)}`;
  }
}

/** The value of an action's field, as `set_field` writes it. */
export function writeFieldValue(field: MatchField, value: bigint): string {
  return writeValue(FORMS[field] ?? "hex", value);
}

function prefixLength(mask: bigint, bits: number): number | undefined {
  const length = mask.toString(2).replaceAll("0", "").length;
  return mask === maskOf(length, bits) ? length : undefined;
}

const BY_NAME: ReadonlyMap<string, MatchField> = new Map([
  ...MATCH_FIELDS.map((field): [string, MatchField] => [field, field]),
  ...Object.entries(NAMES).map(([field, name]): [string, MatchField] => [name, field as MatchField]),
]);

/** Abbreviations for Ethernet types and protocols: `tcp` is `dl_type=0x800,nw_proto=6`. */
const WORDS: Readonly<Record<string, readonly FieldMatch[]>> = {
  ip: protocol(0x0800),
  ipv6: protocol(0x86dd),
  arp: protocol(0x0806),
  icmp: protocol(0x0800, 1),
  icmp6: protocol(0x86dd, 58),
  tcp: protocol(0x0800, 6),
  tcp6: protocol(0x86dd, 6),
  udp: protocol(0x0800, 17),
  udp6: protocol(0x86dd, 17),
  sctp: protocol(0x0800, 132),
  sctp6: protocol(0x86dd, 132),
};

function protocol(type: number, transport?: number): readonly FieldMatch[] {
  return transport === undefined ? [exact("eth_type", type)] : [exact("eth_type", type), exact("ip_proto", transport)];
}

/** Reads a field or an abbreviation. `seen` is the match so far: what `tp_dst` means depends on its protocol. */
export function readField(
  text: string,
  seen: readonly FieldMatch[],
): readonly FieldMatch[] | { readonly error: string } {
  const equals = text.indexOf("=");
  if (equals < 0) return WORDS[text] ?? { error: `unknown word \`${text}\`` };
  const name = text.slice(0, equals);
  const value = text.slice(equals + 1);
  if (name === "vlan_tci") return readVlan(value);
  if (name === "dl_vlan")
    return value === "0xffff" ? [exact("vlan_vid", 0)] : [exact("vlan_vid", 0x1000n | BigInt(value))];
  const field = byProtocol(name, seen) ?? BY_NAME.get(name) ?? (name === "nw_tos" ? "ip_dscp" : undefined);
  if (field === undefined) return { error: `unknown field \`${name}\`` };
  // `nw_tos` is the whole byte, DSCP its upper six bits.
  if (name === "nw_tos")
    return /^\d+$/.test(value) ? [exact("ip_dscp", BigInt(value) >> 2n)] : { error: "nw_tos is a number" };
  const flags = field === "ct_state" && /^[+-]/.test(value);
  const one = flags ? readFlags(value) : field === "ip_frag" ? readFragment(value) : readMasked(field, value);
  return one === undefined ? { error: `\`${value}\` is not a value of ${name}` } : [one];
}

/** Open vSwitch prints a VLAN match as the whole tag; bit 0x1000 says that there is a tag. */
function readVlan(text: string): readonly FieldMatch[] | { readonly error: string } {
  const [value, mask = "0x1fff"] = text.split("/");
  const one = number(value!);
  const bits = number(mask);
  if (one === undefined || bits === undefined) return { error: `\`${text}\` is not a value of vlan_tci` };
  const field = masked("vlan_vid", one & 0x1fffn, bits & 0x1fffn);
  return field === undefined ? [] : [field];
}

/** The field of a name whose meaning depends on the protocol. */
function byProtocol(name: string, seen: readonly FieldMatch[]): MatchField | undefined {
  const side = name === "tp_src" ? "src" : name === "tp_dst" ? "dst" : undefined;
  const proto = seen.find(({ field }) => field === "ip_proto")?.value;
  const six = seen.some(({ field, value }) => field === "eth_type" && value === 0x86ddn);
  if (proto === 58n && six && name === "icmp_type") return "icmpv6_type";
  if (proto === 58n && six && name === "icmp_code") return "icmpv6_code";
  if (side === undefined) return undefined;
  if (proto === 6n) return `tcp_${side}`;
  if (proto === 17n) return `udp_${side}`;
  return proto === 132n ? `sctp_${side}` : undefined;
}

function readFragment(text: string): FieldMatch | undefined {
  const known = FRAGMENTS.find(([name]) => name === text);
  return known && masked("ip_frag", known[1], known[2]);
}

function readMasked(field: MatchField, text: string): FieldMatch | undefined {
  const slash = text.indexOf("/");
  const value = readValue(field, slash < 0 ? text : text.slice(0, slash));
  if (value === undefined) return undefined;
  if (slash < 0) return { field, value };
  const tail = text.slice(slash + 1);
  const form = FORMS[field] ?? "hex";
  const mask =
    form.startsWith("ip") && /^\d+$/.test(tail) ? maskOf(Number(tail), WIDTHS[field]) : readValue(field, tail);
  if (mask === undefined || mask > fullMask(field)) return undefined;
  return masked(field, value, mask);
}

function readValue(field: MatchField, text: string): bigint | undefined {
  const parsed = parseForm(FORMS[field] ?? "hex", text);
  return parsed !== undefined && parsed <= fullMask(field) ? parsed : undefined;
}

function parseForm(form: Form, text: string): bigint | undefined {
  if (form === "decimal" || form === "hex") return number(text);
  const parsed = form === "mac" ? parseMac(text) : form === "ipv4" ? parseIpv4(text) : parseIpv6(text);
  return parsed.ok ? BigInt(parsed.value) : undefined;
}

function number(text: string): bigint | undefined {
  return /^(0x[0-9a-f]+|\d+)$/i.test(text) ? BigInt(text) : undefined;
}
