/**
 * `direction` by connection tracking (Open vSwitch's `ct_state`): a response is a packet against the direction in which
 * its connection was opened, a request every other packet of IP. What tracking calls invalid is neither.
 */
import type { FieldMatch } from "./entry.ts";

/** Bits of `ct_state` (ovs-fields(7)). */
export const CT = { new: 0x01n, est: 0x02n, rel: 0x04n, rpl: 0x08n, inv: 0x10n, trk: 0x20n } as const;

const ASKED = CT.rpl | CT.inv | CT.trk;

/** A packet of this direction: 0 for request, 1 for response. */
export function directionIs(direction: number): FieldMatch {
  return { field: "ct_state", value: CT.trk | (direction === 1 ? CT.rpl : 0n), mask: ASKED };
}

/** The first packet of a connection. */
export const OPENING: FieldMatch = { field: "ct_state", value: CT.new | CT.trk, mask: CT.new | CT.trk };
