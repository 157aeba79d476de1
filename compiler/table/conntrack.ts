/**
 * `direction` as a match on `ct_state`, Open vSwitch's connection tracking. A response is a packet against the
 * direction in which its connection was opened. A request is every other IP packet. A packet that tracking calls
 * invalid is neither.
 */
import type { FieldMatch } from "./entry.ts";

/** Bits of `ct_state` (ovs-fields(7)). */
export const CT = { new: 0x01n, est: 0x02n, rel: 0x04n, rpl: 0x08n, inv: 0x10n, trk: 0x20n } as const;

const DIRECTION_BITS = CT.rpl | CT.inv | CT.trk;

/** Matches the packets of one direction: 0 is request, 1 is response. */
export function directionIs(direction: number): FieldMatch {
  return { field: "ct_state", value: CT.trk | (direction === 1 ? CT.rpl : 0n), mask: DIRECTION_BITS };
}

/** Matches the first packet of a connection. */
export const OPENING: FieldMatch = { field: "ct_state", value: CT.new | CT.trk, mask: CT.new | CT.trk };
