/**
 * Sets of packets. A set gives for each field the bits that are known and the values that are excluded, which is all
 * that entries can distinguish. `frameOf` finds an example frame in a set.
 */
import type { FieldMatch, Match, MatchField } from "../table/entry.ts";
import { fullMask, maskOfField } from "../table/match.ts";

/** The values of one field: those that equal `value` under `mask` and are not excluded. */
interface Values {
  readonly value: bigint;
  readonly mask: bigint;
  readonly not: ReadonlySet<bigint>;
  readonly notMasked: readonly FieldMatch[];
}

/** The possible values of each field. A field that is absent may have any value. */
export type PacketSet = ReadonlyMap<MatchField, Values>;

/** All packets. */
export const EVERY: PacketSet = new Map();

/** How much of a set a match holds. `some` also stands for an answer that is not exact. */
export type Holding = "all" | "some" | "none";

const ANY: Values = { value: 0n, mask: 0n, not: new Set(), notMasked: [] };

/** The set of packets that show these values. */
export const showing = (values: Iterable<FieldMatch>): PacketSet =>
  new Map([...values].map((one) => [one.field, { ...ANY, value: one.value, mask: maskOfField(one) }]));

/** How much of a set that comes in at a port a match holds. */
export function holding(match: Match, set: PacketSet, port: number): Holding {
  let found: Holding = "all";
  for (const one of match) {
    const here = one.field === "in_port" ? (Number(one.value) === port ? "all" : "none") : holdingOf(one, set);
    if (here === "none") return "none";
    if (here === "some") found = "some";
  }
  return found;
}

/** How much of a set the match of one field holds. */
function holdingOf(one: FieldMatch, set: PacketSet): Holding {
  const known = set.get(one.field);
  if (known === undefined) return "some";
  const { value, mask, not, notMasked } = known;
  const asked = maskOfField(one);
  const common = mask & asked;
  if ((value & common) !== (one.value & common)) return "none";
  if (common === asked) return "all";
  if (one.mask === undefined && not.has(one.value)) return "none";
  if (
    notMasked.some(
      (hole) => (maskOfField(hole) & asked) === maskOfField(hole) && (one.value & maskOfField(hole)) === hole.value,
    )
  )
    return "none";
  return "some";
}

/** The packets of a set that show a value; undefined if there are none. */
export function narrowed(set: PacketSet, one: FieldMatch): PacketSet | undefined {
  let found = set;
  for (const need of [...(NEEDS[one.field] ?? []), one]) {
    const here = holdingOf(need, found);
    if (here === "none") return undefined;
    if (here === "all") continue;
    const known = found.get(need.field) ?? ANY;
    found = new Map([
      ...found,
      [need.field, { ...known, value: known.value | need.value, mask: known.mask | maskOfField(need) }],
    ]);
  }
  return found;
}

/** The packets of a set that show none of these values. */
export function withoutValues(set: PacketSet, field: MatchField, values: readonly FieldMatch[]): PacketSet {
  const known = set.get(field) ?? ANY;
  const not = new Set(known.not);
  for (const { value, mask } of values) if (mask === undefined) not.add(value);
  const notMasked = [...known.notMasked, ...values.filter(({ mask }) => mask !== undefined)];
  return new Map([...set, [field, { ...known, not, notMasked }]]);
}

const shows = (field: MatchField, value: bigint): FieldMatch => ({ field, value });
const IPV4 = [shows("eth_type", 0x0800n)];
const IPV6 = [shows("eth_type", 0x86ddn)];
const ARP = [shows("eth_type", 0x0806n)];
const protocol = (number: bigint): readonly FieldMatch[] => [shows("ip_proto", number)];

/** A match with the prerequisites of its fields. */
export const withPrerequisites = (match: Match): Match => [
  ...match
    .flatMap(({ field }) => NEEDS[field] ?? [])
    .filter((need) => !match.some(({ field }) => field === need.field)),
  ...match,
];

/** The prerequisites of each field: what every packet with that field also shows (OpenFlow 1.3.5, section 7.2.3.8). */
const NEEDS: Partial<Record<MatchField, readonly FieldMatch[]>> = {
  ipv4_src: IPV4,
  ipv4_dst: IPV4,
  ipv6_src: IPV6,
  ipv6_dst: IPV6,
  arp_op: ARP,
  arp_spa: ARP,
  arp_tpa: ARP,
  arp_sha: ARP,
  arp_tha: ARP,
  tcp_src: protocol(6n),
  tcp_dst: protocol(6n),
  udp_src: protocol(17n),
  udp_dst: protocol(17n),
  sctp_src: protocol(132n),
  sctp_dst: protocol(132n),
  icmpv4_type: [...IPV4, ...protocol(1n)],
  icmpv4_code: [...IPV4, ...protocol(1n)],
  icmpv6_type: [...IPV6, ...protocol(58n)],
  icmpv6_code: [...IPV6, ...protocol(58n)],
  ipv6_nd_target: [...IPV6, ...protocol(58n)],
  ipv6_nd_sll: [...IPV6, ...protocol(58n)],
  ipv6_nd_tll: [...IPV6, ...protocol(58n)],
};

/** The values that one frame shows, by field. */
export type ShownFrame = ReadonlyMap<MatchField, bigint>;

/** A frame of a set; undefined if none was found. */
export function frameOf(set: PacketSet): ShownFrame | undefined {
  const frame = new Map<MatchField, bigint>();
  const show = (field: MatchField, ...preferred: readonly bigint[]): void => {
    const value = valueOf(field, set.get(field) ?? ANY, preferred);
    if (value !== undefined) frame.set(field, value);
  };
  show("eth_src", 0x02000000fffen);
  show("eth_dst", 0x02000000ffffn);
  show("vlan_vid", 0n);
  show("eth_type", 0x0800n, 0x86ddn, 0x0806n, 0x88b5n);
  const type = frame.get("eth_type");
  if (type === 0x0800n || type === 0x86ddn) {
    const ip = type === 0x0800n ? "ipv4" : "ipv6";
    show(`${ip}_src`, 0x0afffffen);
    show(`${ip}_dst`, 0x0affffffn);
    for (const field of ["ip_frag", "ip_dscp"] as const) show(field, 0n);
    show("ip_proto", 17n, 6n, 1n, 58n, 132n);
    const isFragment = frame.get("ip_frag") !== 0n;
    for (const field of isFragment ? [] : CARRIED)
      if (NEEDS[field]!.every(({ field: need, value }) => frame.get(need) === value)) show(field, 1n);
  }
  if (type === 0x0806n)
    for (const field of ["arp_op", "arp_spa", "arp_tpa", "arp_sha", "arp_tha"] as const) show(field, 1n);
  return [...set].every(([field, { mask }]) => mask === 0n || frame.has(field)) ? frame : undefined;
}

/** The fields of transport headers, which a fragment does not show. */
const CARRIED = (Object.keys(NEEDS) as MatchField[]).filter((field) =>
  NEEDS[field]!.some((one) => one.field === "ip_proto"),
);

/** The first preferred value that the set has, else a low one; undefined if the tries, a bounded number, find none. */
function valueOf(
  field: MatchField,
  { value, mask, not, notMasked }: Values,
  preferred: readonly bigint[],
): bigint | undefined {
  const free = fullMask(field) & ~mask;
  const isFree = (one: bigint): boolean =>
    !not.has(one) && !notMasked.some((hole) => (one & maskOfField(hole)) === hole.value);
  for (const one of preferred) {
    const near = (one & free) | value;
    if (isFree(near)) return near;
  }
  const tries = BigInt(not.size + 1024);
  for (let i = 0n; i < tries; i++) {
    for (const near of [spread(i, free) | value, spread(i << 8n, free) | value]) if (isFree(near)) return near;
  }
  return undefined;
}

/** Moves the low bits of a number to the positions of the bits in a mask, lowest first. */
function spread(number: bigint, into: bigint): bigint {
  let found = 0n;
  let left = number;
  for (let bit = 1n; left !== 0n && bit <= into; bit <<= 1n) {
    if ((into & bit) === 0n) continue;
    if ((left & 1n) === 1n) found |= bit;
    left >>= 1n;
  }
  return found;
}
