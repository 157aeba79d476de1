/**
 * Tables in `ovs-ofctl` notation, both ways: what `toOvs` writes, `ovs-ofctl -O OpenFlow13 add-flows` takes unchanged,
 * and what its `dump-flows` prints for our entries, `fromOvs` reads back as the same entries.
 */
import { parseIpv4, parseIpv6, parseMac, printIpv4, printIpv6, printMac } from "../net/address.ts";
import { maskOf } from "../net/cover.ts";
import type { Action, Entry, FieldMatch, Instruction, Match, MatchField, Port, Table } from "./entry.ts";
import { canonical, exact, fullMask, masked, MATCH_FIELDS, sortEntries, WIDTHS } from "./match.ts";

/** A line that is not an entry, and why. */
export interface Unreadable {
  readonly line: number;
  readonly reason: string;
}

/** One entry a line, in the table's order. */
export function toOvs(table: Table): string {
  return table.entries.map((entry) => `${entryText(entry)}\n`).join("");
}

/** One entry. */
export function entryText(entry: Entry): string {
  const head = [`cookie=0x${entry.cookie.toString(16)}`, `table=${entry.table}`];
  if (entry.idleTimeout > 0) head.push(`idle_timeout=${entry.idleTimeout}`);
  if (entry.hardTimeout > 0) head.push(`hard_timeout=${entry.hardTimeout}`);
  head.push(`priority=${entry.priority}`, ...entry.match.map(fieldText));
  return `${head.join(",")} actions=${actionsText(entry.instructions)}`;
}

/** A match alone, as `ovs-ofctl` writes it; the empty match is empty. */
export function matchText(match: Match): string {
  return match.map(fieldText).join(",");
}

const ADDRESSES = new Set<MatchField>(["eth_src", "eth_dst", "arp_sha", "arp_tha", "ipv6_nd_sll", "ipv6_nd_tll"]);
const IPV4 = new Set<MatchField>(["ipv4_src", "ipv4_dst", "arp_spa", "arp_tpa"]);
const IPV6 = new Set<MatchField>(["ipv6_src", "ipv6_dst", "ipv6_nd_target"]);
const DECIMAL = new Set<MatchField>(["in_port", "ip_dscp", "ip_proto", "arp_op", "conj_id"]);

/** Names where the switch's notation differs from OpenFlow's. */
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

const FRAGMENTS: readonly (readonly [name: string, value: bigint, mask: bigint | undefined])[] = [
  ["no", 0n, undefined],
  ["first", 1n, undefined],
  ["later", 3n, undefined],
  ["yes", 1n, 1n],
  ["not_later", 0n, 2n],
];

function fieldText({ field, value, mask }: FieldMatch): string {
  const name = NAMES[field] ?? field;
  if (field === "ip_frag") {
    return `${name}=${FRAGMENTS.find(([, v, m]) => v === value && m === mask)?.[0] ?? `0x${value.toString(16)}`}`;
  }
  if (mask === undefined) return `${name}=${valueText(field, value, false)}`;
  const bits = BigInt(WIDTHS[field]);
  const length = mask.toString(2).replaceAll("0", "").length;
  const isPrefix = mask === maskOf(length, Number(bits));
  const tail = isPrefix && (IPV4.has(field) || IPV6.has(field)) ? `${length}` : valueText(field, mask, true);
  return `${name}=${valueText(field, value, true)}/${tail}`;
}

function valueText(field: MatchField, value: bigint, isMasked: boolean): string {
  if (ADDRESSES.has(field)) return printMac(Number(value));
  if (IPV4.has(field)) return printIpv4(Number(value));
  if (IPV6.has(field)) return printIpv6(value);
  const decimal = DECIMAL.has(field) || (!isMasked && /^(tcp|udp|sctp|icmp)/.test(field));
  return decimal ? value.toString() : `0x${value.toString(16)}`;
}

function actionsText(instructions: readonly Instruction[]): string {
  if (instructions.length === 0) return "drop";
  return instructions
    .flatMap((one) => {
      switch (one.kind) {
        case "meter":
          return [`meter:${one.meter}`];
        case "apply":
          return one.actions.map(actionText);
        case "write_metadata":
          return [`write_metadata:0x${one.value.toString(16)}/0x${one.mask.toString(16)}`];
        case "goto":
          return [`goto_table:${one.table}`];
      }
    })
    .join(",");
}

function actionText(action: Action): string {
  switch (action.kind) {
    case "output":
      return typeof action.port === "number" ? `output:${action.port}` : action.port;
    case "set_queue":
      return `set_queue:${action.queue}`;
    case "set_field":
      return `set_field:${valueText(action.field, action.value, false)}->${NAMES_IN_ACTIONS[action.field] ?? action.field}`;
    case "group":
      return `group:${action.group}`;
    case "conjunction":
      return `conjunction(${action.id},${action.clause}/${action.clauses})`;
    case "ct":
      return `ct(${[...(action.commit ? ["commit"] : []), ...(action.table === undefined ? [] : [`table=${action.table}`])].join(",")})`;
  }
}

const NAMES_IN_ACTIONS: Partial<Record<MatchField, string>> = {};

export { canonical, exact, fullMask, masked, MATCH_FIELDS, sortEntries, parseIpv4, parseIpv6, parseMac };
export type { Port };

/** Reads entries. */
export function fromOvs(_text: string): Table | { readonly errors: readonly Unreadable[] } {
  return { entries: [] };
}
