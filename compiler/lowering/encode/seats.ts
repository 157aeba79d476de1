/**
 * The places from which users send, as sets of ports and MACs. Only a place identifies some of their packets. An
 * address identifies all others, because the spoof guard drops every other address at that place.
 */
import type { Cube } from "../../flowgroup/cube.ts";
import { constraint, withConstraint } from "../../flowgroup/cubes.ts";
import { ICMP, IPV4, IPV6, UDP } from "../../flowgroup/prerequisites.ts";
import { subtractRanges, toRanges } from "../../flowgroup/ranges.ts";
import {
  addressSet,
  numberSet,
  setHolds,
  setIntersect,
  setOverlaps,
  setSubset,
  type IpSet,
  type NumberSet,
} from "../../flowgroup/sets.ts";
import { MAX_V4, MAX_V6, type Ip } from "../../net/address.ts";
import type { UserSeat } from "./whereabouts.ts";

/** What packets of a set of users show. A set that is absent matches everything. */
export interface UserTrait {
  readonly ip?: IpSet | undefined;
  readonly eth?: NumberSet | undefined;
  readonly port?: NumberSet | undefined;
  /**
   * Narrows IP to these families and to what a host sends to get an address or to find neighbours (`beyondAddresses`).
   */
  readonly beyond?: readonly (4 | 6)[] | undefined;
}

/** The set of these values. */
export const setOf = (values: readonly number[]): NumberSet => ({
  kind: "number",
  absent: false,
  ranges: toRanges(values.map((value) => [value, value] as const)),
});

export const MAX_MAC = 2 ** 48 - 1;
export const MAX_PORT = 2 ** 32 - 1;

/** The set of all but these values. */
export const setBut = (values: readonly number[], max: number): NumberSet => ({
  kind: "number",
  absent: false,
  ranges: subtractRanges([0, max], setOf(values).ranges),
});

function families(ips: readonly Ip[]): { v4: readonly number[]; v6: readonly bigint[] } {
  const v4 = ips.flatMap((ip) => (ip.family === 4 ? [[ip.value, ip.value] as const] : []));
  const v6 = ips.flatMap((ip) => (ip.family === 6 ? [[ip.value, ip.value] as const] : []));
  return { v4: toRanges(v4), v6: toRanges(v6) };
}

/** The set of these addresses; undefined if it is empty. */
export function addressesIn(ips: readonly Ip[], absent: boolean): IpSet | undefined {
  return ips.length === 0 && !absent ? undefined : { kind: "ip", absent, ...families(ips) };
}

/** The set of all addresses but these. */
export function allBut(ips: readonly Ip[], absent: boolean): IpSet | "all" {
  if (ips.length === 0 && absent) return "all";
  const { v4, v6 } = families(ips);
  return { kind: "ip", absent, v4: subtractRanges([0, MAX_V4], v4), v6: subtractRanges([0n, MAX_V6], v6) };
}

/** Whether a place is on a switch; undefined is the only, unnamed switch. */
export const isOn = ({ switch: name }: UserSeat["at"], switchName: string | undefined): boolean =>
  name === (switchName ?? "");

/**
 * The traits of seats. Seats with known MACs make one set of ports and one set of MACs, because the spoof guard drops a
 * MAC at the port of another. So a group of users costs as many entries as the sum of both sets, not their product.
 */
export function seatTraits(
  seats: readonly UserSeat[],
  switchName: string | undefined,
  everywhere: boolean,
): readonly UserTrait[] {
  const isApart = ({ told = [], beside = [], isShared, mac }: UserSeat): boolean =>
    told.length > 0 || beside.length > 0 || (isShared === true && (mac === undefined || !everywhere));
  const shared = seats.flatMap((seat): readonly UserTrait[] => {
    if (!isApart(seat) || !isOn(seat.at, switchName)) return [];
    const { at, mac, lacks, told = [], beside = [], isShared, only } = seat;
    const but = told.length > 0 ? { ip: allBut(told, true) as IpSet } : {};
    const ip = only === undefined ? but : { ip: addressesIn([only], false) };
    const others = mac === undefined ? beside : [];
    const eth = mac === undefined ? (others.length > 0 ? setBut(others, MAX_MAC) : undefined) : setOf([mac]);
    // Where another host has an address or the MAC, too, all that comes from here is held by its place.
    return [{ ...ip, eth, port: setOf([at.port]), ...(isShared !== true && { beyond: lacks }) }];
  });
  const alike = Map.groupBy(
    seats.filter((seat) => !isApart(seat)),
    ({ at, mac, lacks }) => [isOn(at, switchName), mac === undefined, ...lacks].join(" "),
  );
  const apart = [...alike.values()].flatMap((some): readonly UserTrait[] => {
    const { at, lacks } = some[0]!;
    const macs = some.flatMap(({ mac }) => mac ?? []);
    const eth = macs.length === 0 ? undefined : setOf(macs);
    // What is led comes back to its own switch by links and waypoints, too, and is the same user's there.
    if (everywhere && eth !== undefined) return [{ eth, beyond: lacks }];
    return isOn(at, switchName) ? [{ eth, port: setOf(some.map((seat) => seat.at.port)), beyond: lacks }] : [];
  });
  return [...apart, ...shared];
}

/** What shows others: their addresses without a known port, all MACs that are theirs alone, and those that are bound nowhere. */
interface OthersMarks {
  readonly loose: readonly Ip[];
  readonly macs: ReadonlySet<number>;
  readonly bare: readonly number[];
}

/** Whether the spoof guard may pass a packet from a place that shows an address or a MAC of others. */
export function mayShow({ mac, lacks, isShared }: UserSeat, others: OthersMarks): boolean {
  if (isShared === true || (mac === undefined ? others.bare.length > 0 : others.macs.has(mac))) return true;
  return others.loose.some((ip) => lacks.includes(ip.family) || setHolds(FROM_NOWHERE, ip));
}

/** Whether the addresses of a family tell all packets from a place that the spoof guard passes. None asks for an address. */
export const isTold = ({ lacks, isShared }: UserSeat, family: 4 | 6): boolean =>
  isShared !== true && !lacks.includes(family);

/** Fields that IP packets alone have. */
const OF_IP = ["srcHost", "dstHost", "transport", "srcPort", "dstPort", "icmpType", "icmpCode", "dscp"] as const;
const IP_TYPES = numberSet("ethType", [IPV4, IPV6])!;

/** Whether all packets of a cube are IP, so that they have an address on both sides. */
export function isIp(of: Cube): boolean {
  const type = constraint(of, "ethType");
  if (type !== undefined && setSubset(type, IP_TYPES)) return true;
  return OF_IP.some((field) => constraint(of, field)?.absent === false);
}

/** The UDP ports to which the spoof guard passes DHCP and DHCPv6. */
const DHCP_PORTS = [67, 546, 547] as const;

/** The sources of hosts that have no address or look for their neighbours. */
const FROM_NOWHERE = addressSet([
  { family: 4, value: 0 },
  { family: 6, value: 0n },
  { address: { family: 6, value: 0xfe80n << 112n }, length: 10 },
])!;

/** Whether a cube holds what a host sends to get an address or to find its neighbours. */
export function mayAsk(of: Cube): boolean {
  const transport = constraint(of, "transport") as NumberSet | undefined;
  const sources = constraint(of, "srcHost") as IpSet | undefined;
  const ports = constraint(of, "dstPort") as NumberSet | undefined;
  const mayHold = (set: NumberSet | undefined, ...some: readonly number[]): boolean =>
    set === undefined || set.absent || some.some((one) => setHolds(set, one));
  if (!mayHold(transport, ICMP) && !(mayHold(transport, UDP) && mayHold(ports, ...DHCP_PORTS))) return false;
  return sources === undefined || sources.absent || setOverlaps(sources, FROM_NOWHERE);
}

/**
 * The part of a cube that only a seat identifies; undefined if addresses identify all of it. `lacks`: the families
 * without a known address there. In the other families the spoof guard passes unknown sources only in DHCP, neighbour
 * discovery and multicast reports, so addresses identify the rest.
 */
export function beyondAddresses(of: Cube, lacks: readonly (4 | 6)[]): Cube | undefined {
  if (mayAsk(of)) return of;
  const types = numberSet(
    "ethType",
    lacks.map((family) => (family === 4 ? IPV4 : IPV6)),
  );
  const had = constraint(of, "ethType");
  const both = types && (had === undefined ? types : setIntersect(had, types));
  return both && withConstraint(of, "ethType", both);
}
