/**
 * Matches: the canonical order of the fields, their widths, keys, containment and overlap. Two entries of one table and
 * priority are the same entry on a switch iff their matches have the same key.
 */
import { byText } from "../net/order.ts";
import type { Entry, FieldMatch, Match, MatchField } from "./entry.ts";

/** Width in bits of every field that we match, in canonical order: prerequisites stand before what needs them. */
export const WIDTHS = {
  conj_id: 32,
  metadata: 64,
  reg0: 32,
  in_port: 32,
  ct_state: 32,
  eth_src: 48,
  eth_dst: 48,
  vlan_vid: 13,
  eth_type: 16,
  ip_frag: 2,
  ip_dscp: 6,
  ip_proto: 8,
  ipv4_src: 32,
  ipv4_dst: 32,
  ipv6_src: 128,
  ipv6_dst: 128,
  arp_op: 16,
  arp_spa: 32,
  arp_tpa: 32,
  arp_sha: 48,
  arp_tha: 48,
  tcp_src: 16,
  tcp_dst: 16,
  udp_src: 16,
  udp_dst: 16,
  sctp_src: 16,
  sctp_dst: 16,
  icmpv4_type: 8,
  icmpv4_code: 8,
  icmpv6_type: 8,
  icmpv6_code: 8,
  ipv6_nd_target: 128,
  ipv6_nd_sll: 48,
  ipv6_nd_tll: 48,
} as const satisfies Record<MatchField, number>;

/** All fields in canonical order. */
export const MATCH_FIELDS: readonly MatchField[] = Object.keys(WIDTHS) as MatchField[];

const rank = new Map(MATCH_FIELDS.map((field, i) => [field, i]));

/** An exact match of one field. */
export function exact(field: MatchField, value: bigint | number): FieldMatch {
  const known = kinds.get(field);
  if (known === undefined) return { field, value: BigInt(value) };
  let one = known.get(Number(value));
  if (one === undefined) known.set(Number(value), (one = { field, value: BigInt(value) }));
  return one;
}

/** Matches of the fields that nearly every match has, with few values: they are shared. */
const kinds = new Map(
  (["eth_type", "ip_proto", "ip_frag"] as const).map((field) => [field as MatchField, new Map<number, FieldMatch>()]),
);

/**
 * A masked match; a mask of all ones gives an exact match. `undefined` if the mask is zero, as every packet matches.
 */
export function masked(field: MatchField, value: bigint, mask: bigint): FieldMatch | undefined {
  if (mask === 0n) return undefined;
  return mask === fullMask(field) ? { field, value } : { field, value: value & mask, mask };
}

/** The mask of an exact match. */
export function fullMask(field: MatchField): bigint {
  return FULL[field];
}

const FULL = Object.fromEntries(MATCH_FIELDS.map((field) => [field, (1n << BigInt(WIDTHS[field])) - 1n])) as Record<
  MatchField,
  bigint
>;

/** The mask of a field's match. */
export function maskOfField(one: FieldMatch): bigint {
  return one.mask ?? fullMask(one.field);
}

/** The same match in canonical order. */
export function canonicalMatch(match: Match): Match {
  let sorted: FieldMatch[] | undefined;
  for (let i = 1; i < match.length; i++) {
    const one: FieldMatch = (sorted ?? match)[i]!;
    const own = rank.get(one.field)!;
    let at = i;
    // By insertion: there are a few, and most stand in order.
    while (at > 0 && rank.get((sorted ?? match)[at - 1]!.field)! > own) {
      sorted ??= match.slice();
      sorted[at] = sorted[at - 1]!;
      at--;
    }
    if (at < i) sorted![at] = one;
  }
  return sorted ?? match;
}

/**
 * A text that two canonical matches share iff they are the same, behind another one. It is joined at once: what is added up
 * piece by piece stays a tree of pieces in the maps that it is a key of, ten times as large.
 */
export function matchKey(match: Match, before = ""): string {
  const pieces = [before];
  for (const { field, value, mask } of match) {
    pieces.push(field, "=", value.toString(16));
    if (mask !== undefined) pieces.push("/", mask.toString(16));
    pieces.push(",");
  }
  return pieces.join("");
}

/** Whether `outer` matches every packet that `inner` matches; compared field by field. */
export function matchContains(outer: Match, inner: Match): boolean {
  return outer.every((o) => {
    const i = inner.find(({ field }) => field === o.field);
    if (i === undefined) return false;
    const mask = maskOfField(o);
    return (maskOfField(i) & mask) === mask && (i.value & mask) === o.value;
  });
}

/** Whether a packet may match both: no field that both constrain rules it out. */
export function matchesOverlap(a: Match, b: Match): boolean {
  return a.every((one) => {
    const other = b.find(({ field }) => field === one.field);
    if (other === undefined) return true;
    const mask = maskOfField(one) & maskOfField(other);
    return (one.value & mask) === (other.value & mask);
  });
}

/** An entry's identity on a switch as text: table, priority, match. */
export function entryKey(entry: Entry): string {
  return `${entry.table}|${entry.priority}|${matchKey(entry.match)}`;
}

/** Sorts by table, priority (descending) and match. */
export function sortEntries(entries: readonly Entry[]): Entry[] {
  return sortKeyed(entries.map((entry) => ({ entry, key: matchKey(entry.match) })));
}

/** The same of entries whose matches have their keys already, each behind a text that those of one table share. */
export function sortKeyed(entries: { readonly entry: Entry; readonly key: string }[]): Entry[] {
  return entries
    .sort((a, b) => a.entry.table - b.entry.table || b.entry.priority - a.entry.priority || byText(a.key, b.key))
    .map(({ entry }) => entry);
}
