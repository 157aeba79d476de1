/**
 * Flow entries as values, independent of how they are sent. Numbers are those of OpenFlow 1.3.5; `text.ts`
 * writes them in `ovs-ofctl` notation and `runtime/openflow` as bytes.
 */

/** OXM fields that we match or set (OpenFlow 1.3.5, section 7.2.3.7), plus the Open vSwitch extensions that we use. */
export type MatchField =
  | "in_port"
  | "eth_dst"
  | "eth_src"
  | "eth_type"
  | "vlan_vid"
  | "ip_dscp"
  | "ip_proto"
  | "ipv4_src"
  | "ipv4_dst"
  | "tcp_src"
  | "tcp_dst"
  | "udp_src"
  | "udp_dst"
  | "sctp_src"
  | "sctp_dst"
  | "icmpv4_type"
  | "icmpv4_code"
  | "arp_op"
  | "arp_spa"
  | "arp_tpa"
  | "arp_sha"
  | "arp_tha"
  | "ipv6_src"
  | "ipv6_dst"
  | "icmpv6_type"
  | "icmpv6_code"
  | "ipv6_nd_target"
  | "ipv6_nd_sll"
  | "ipv6_nd_tll"
  | "metadata"
  | "conj_id"
  | "ip_frag"
  | "ct_state"
  | "reg0";

/** One field of a match. INVARIANT: `value & mask === value`; a missing mask is an exact match. */
export interface FieldMatch {
  readonly field: MatchField;
  readonly value: bigint;
  readonly mask?: bigint;
}

/**
 * The fields of a match in the order of `MATCH_FIELDS` (`match.ts`), each at most once. Prerequisites are written out.
 */
export type Match = readonly FieldMatch[];

export type OutputPort = number | "NORMAL" | "FLOOD" | "CONTROLLER" | "IN_PORT" | "LOCAL" | "ALL";

export type Action =
  | { readonly kind: "output"; readonly port: OutputPort }
  | { readonly kind: "set_queue"; readonly queue: number }
  | { readonly kind: "set_field"; readonly field: MatchField; readonly value: bigint }
  | { readonly kind: "group"; readonly group: number }
  /** Open vSwitch: this entry is dimension `clause` (from 1) of `clauses` of the conjunction `id`. */
  | { readonly kind: "conjunction"; readonly id: number; readonly clause: number; readonly clauses: number }
  | { readonly kind: "ct"; readonly commit: boolean; readonly table?: number; readonly zone?: number };

/** Instructions in the order in which OpenFlow executes them. No instruction at all drops the packet. */
export type Instruction =
  | { readonly kind: "meter"; readonly meter: number }
  | { readonly kind: "apply"; readonly actions: readonly Action[] }
  | { readonly kind: "write_metadata"; readonly value: bigint; readonly mask: bigint }
  | { readonly kind: "goto"; readonly table: number };

/** A flow entry. A switch knows it by (table, priority, match). */
export interface Entry {
  readonly table: number;
  /** 0-65535, higher first. */
  readonly priority: number;
  readonly match: Match;
  readonly instructions: readonly Instruction[];
  /** A 16-bit owner mark, then a 48-bit hash of the statement's identity (`cookie.ts`). */
  readonly cookie: bigint;
  /** Seconds from when the table was made or read back; 0 means that the entry stays. */
  readonly hardTimeout: number;
  /** Seconds without a packet; 0 means that the entry stays. */
  readonly idleTimeout: number;
}

/** A meter with one drop band (OpenFlow 1.3.5, section 5.7). Each limit has one, which all its entries share. */
export interface Meter {
  /** The meter's number, which does not change while the meter is in use. */
  readonly meter: number;
  /** In bit/s. Switches count in kbit/s, rounded up. */
  readonly rate: number;
  /** In bits: what may pass at once. */
  readonly burst: number;
  readonly statement: string;
}

/** A queue with a guaranteed minimum rate on a port. OpenFlow cannot create queues; the switch's database can. */
export interface Queue {
  /** The port's number. Absent means every port that has no queue of this number of its own (`queuesAt`). */
  readonly port?: number;
  /** The queue's number, which does not change while the queue is in use. 0 is the default queue and never ours. */
  readonly queue: number;
  /** In bit/s. 0 means that this port has no such queue, and that the flows share the default queue there. */
  readonly minimum: number;
  readonly statement: string;
}

/** The queues of one port, by number. The port's own replace those of every port. */
export function queuesAt(queues: readonly Queue[], number: number): readonly Queue[] {
  const own = queues.filter(({ port }) => port === number);
  const numbers = new Set(own.map(({ queue }) => queue));
  const rest = queues.filter(({ port, queue }) => port === undefined && !numbers.has(queue));
  return [...own, ...rest].filter(({ minimum }) => minimum > 0).toSorted((a, b) => a.queue - b.queue);
}

/** All that one switch gets: its entries, and the meters and queues that they refer to. */
export interface Table {
  /** Sorted by table, priority (descending) and match, so the same policy gives the same bytes. */
  readonly entries: readonly Entry[];
  /** Sorted by number. */
  readonly meters?: readonly Meter[];
  readonly queues?: readonly Queue[];
}

/**
 * In Forward the entries by which a waypoint or an avoid leads its flows have this priority or a higher one, and ordinary
 * forwarding has lower ones.
 */
export const STEERED = 10;

/** The most entries that one cube may cost where its sets can only be multiplied (NETWORK, "Admission"). */
export const MOST_ENTRIES = 4096;
