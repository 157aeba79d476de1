/**
 * `direction` by connection tracking (Open vSwitch's `ct_state`): a response is a packet against the direction in which
 * its connection was opened, a request every other packet of IP. Of what tracking calls invalid it cannot tell: it is of no
 * connection. Fragments are not sent to tracking (NETWORK, "Track").
 */
import { hash32 } from "./cookie.ts";
import type { FieldMatch } from "./entry.ts";

/** Bits of `ct_state` (ovs-fields(7)). */
export const CT = { new: 0x01n, est: 0x02n, rel: 0x04n, rpl: 0x08n, inv: 0x10n, trk: 0x20n } as const;

const DIRECTION_BITS = CT.rpl | CT.inv | CT.trk;

/** Matches the packets of one direction: 0 is request, 1 is response. */
export function directionIs(direction: number): FieldMatch {
  return { field: "ct_state", value: CT.trk | (direction === 1 ? CT.rpl : 0n), mask: DIRECTION_BITS };
}

/** A packet that tracking knows no direction of. */
export const INVALID: FieldMatch = { field: "ct_state", value: CT.inv | CT.trk, mask: CT.inv | CT.trk };
/** A packet that was not sent to tracking. */
export const UNTRACKED: FieldMatch = { field: "ct_state", value: 0n, mask: CT.trk };
/** A packet of either direction. */
export const VALID: FieldMatch = { field: "ct_state", value: CT.trk, mask: CT.inv | CT.trk };

/** The first packet of a connection. */
export const OPENING: FieldMatch = { field: "ct_state", value: CT.new | CT.trk, mask: CT.new | CT.trk };

/**
 * The zone of a switch, 1 to 65535, made of its datapath id: connections of several zones are remembered apart. Bridges of
 * one datapath share zone 0, as does a machine's own tracking with the kernel's datapath.
 */
export const zoneOf = (dpid: string): number => (hash32(dpid) % 0xffff) + 1;
