/**
 * The places from which users send, as sets of ports and MACs, and the part of their packets that only a place identifies.
 * An address identifies the rest, because the spoof guard drops every other address there.
 */
import type { Cube } from "../../flowgroup/cube.ts";
import { constraint, withConstraint } from "../../flowgroup/cubes.ts";
import { ICMP, IPV4, IPV6, UDP } from "../../flowgroup/prerequisites.ts";
import { toRanges } from "../../flowgroup/ranges.ts";
import {
  addressSet,
  numberSet,
  setHolds,
  setIntersect,
  setOverlaps,
  type IpSet,
  type NumberSet,
} from "../../flowgroup/sets.ts";
import type { UserSeat } from "./whereabouts.ts";

/** What a packet of a set of users shows; a missing set asks for nothing. */
export interface UserTrait {
  readonly ip?: IpSet | undefined;
  readonly eth?: NumberSet | undefined;
  readonly port?: NumberSet | undefined;
  /** Of IP only what a host sends to get an address and to find its neighbours, and these families. */
  readonly beyond?: readonly (4 | 6)[] | undefined;
}

/** These values. */
export const setOf = (values: readonly number[]): NumberSet => ({
  kind: "number",
  absent: false,
  ranges: toRanges(values.map((value) => [value, value] as const)),
});

export const isOn = ({ switch: name }: UserSeat["at"], switchName: string | undefined): boolean =>
  name === (switchName ?? "");

/**
 * Seats with known MACs are one set of ports and one of MACs: the spoof guard drops a MAC at the port of another. So a
 * group of users costs a sum and not a product.
 */
export function seatTraits(
  seats: readonly UserSeat[],
  switchName: string | undefined,
  everywhere: boolean,
): readonly UserTrait[] {
  const alike = Map.groupBy(seats, ({ at, mac, lacks }) =>
    [isOn(at, switchName), mac === undefined, ...lacks].join(" "),
  );
  return [...alike.values()].flatMap((some): readonly UserTrait[] => {
    const { at, lacks } = some[0]!;
    const macs = some.flatMap(({ mac }) => mac ?? []);
    const eth = macs.length === 0 ? undefined : setOf(macs);
    if (isOn(at, switchName)) return [{ eth, port: setOf(some.map((seat) => seat.at.port)), beyond: lacks }];
    return everywhere && eth !== undefined ? [{ eth, beyond: lacks }] : [];
  });
}

/** The ports of DHCP and DHCPv6 servers and clients, as far as the spoof guard passes questions and answers. */
const DHCP_PORTS = [67, 546, 547] as const;

/** The sources of hosts that have no address or look for their neighbours. */
const FROM_NOWHERE = addressSet([
  { family: 4, value: 0 },
  { family: 6, value: 0n },
  { address: { family: 6, value: 0xfe80n << 112n }, length: 10 },
])!;

/**
 * The part of a cube that only a seat identifies. Of a family whose addresses are known there, the spoof guard passes no
 * other source but in DHCP, neighbour discovery and reports, so addresses identify the rest. Undefined: addresses identify
 * all of it.
 */
export function beyondAddresses(of: Cube, lacks: readonly (4 | 6)[]): Cube | undefined {
  const transport = constraint(of, "transport") as NumberSet | undefined;
  const sources = constraint(of, "srcHost") as IpSet | undefined;
  const ports = constraint(of, "dstPort") as NumberSet | undefined;
  const mayHold = (set: NumberSet | undefined, ...some: readonly number[]): boolean =>
    set === undefined || set.absent || some.some((one) => setHolds(set, one));
  const mayAsk = mayHold(transport, ICMP) || (mayHold(transport, UDP) && mayHold(ports, ...DHCP_PORTS));
  if (mayAsk && (sources === undefined || sources.absent || setOverlaps(sources, FROM_NOWHERE))) return of;
  const types = numberSet(
    "ethType",
    lacks.map((family) => (family === 4 ? IPV4 : IPV6)),
  );
  const had = constraint(of, "ethType");
  const both = types && (had === undefined ? types : setIntersect(had, types));
  return both && withConstraint(of, "ethType", both);
}
