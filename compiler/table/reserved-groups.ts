/**
 * Destination addresses of frames that are meant only for the neighbour on the wire: spanning tree, pause, LLDP, link
 * aggregation and the like. No bridge forwards them (IEEE 802.1D, section 7.12.6). In Open vSwitch the action `NORMAL`
 * drops these, with addresses of some vendors (measured: exactly those listed here). Outputs to named ports and floods
 * do not drop them, so the tables have to.
 */
import type { FieldMatch } from "./entry.ts";
import { fullMask, maskOfField } from "./match.ts";

const ALL = fullMask("eth_dst");
/** A block of `count` addresses, a power of two, from `value` on. */
const group = (value: bigint, count = 1n): FieldMatch =>
  count === 1n ? { field: "eth_dst", value } : { field: "eth_dst", value, mask: ALL ^ (count - 1n) };

/** The addresses as matches of `eth_dst`; no two overlap. */
export const RESERVED_GROUPS: readonly FieldMatch[] = [
  group(0x0180_c200_0000n, 16n),
  // Cisco: link protocols and per-VLAN spanning tree, connectivity faults, uplink protocols, ISL.
  group(0x0100_0ccc_ccccn, 2n),
  group(0x0100_0ccc_ccc0n, 8n),
  group(0x0100_0ccd_cdcdn),
  group(0x0100_0c00_0000n),
  // Extreme: discovery, ring protection.
  group(0x00e0_2b00_0000n),
  { field: "eth_dst", value: 0x00e0_2b00_0004n, mask: ALL ^ 2n },
];

/** Whether frames to this address must not be forwarded. */
export const isReservedGroup = (ethDst: bigint): boolean =>
  RESERVED_GROUPS.some((one) => (ethDst & maskOfField(one)) === one.value);
