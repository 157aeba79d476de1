/**
 * A shape: one kind of packet on the wire (other frames, IPv4, IPv6; TCP, UDP, SCTP, ICMP, the rest; fragments; packets
 * that show no direction). It has fields that are fixed and fields that can be matched in several ways.
 * Prerequisites are written out, so no entry matches a field that its packets lack.
 */
import type { Ranges } from "../../flowgroup/ranges.ts";
import type { FieldMatch } from "../../table/entry.ts";
import type { Condition } from "./alternatives.ts";

/** One kind of packet: `fixed` and one alternative of each condition. */
export interface Shape {
  /** A short and stable name, which is part of a conjunction's identity. */
  readonly name: string;
  readonly fixed: readonly FieldMatch[];
  readonly conditions: readonly Condition[];
  /** The shape holds only packets that hide fields: fragments, and headers that are cut short. */
  readonly fragment?: true;
  /** The shape holds only packets that show no direction. */
  readonly undirected?: true;
}

/** A shape of one transport, and what of it tracking sees: all that it holds, or none of it; absent: some. */
export interface TransportShape extends Shape {
  readonly tracked?: "all" | "none";
  /** It holds whole packets of SCTP, which tracking does not see. */
  readonly sctp?: true;
}

/**
 * How a rule treats fragments where it names ports or ICMP fields. A later fragment does not carry them, and Open
 * vSwitch reads them as 0 in the first one too (`set-frags normal`, its default; found by `ofproto/trace`).
 */
export interface FragmentRule {
  /** True: the rule holds every fragment that could be of its flows; false: only those that must be. */
  readonly held: boolean;
  /** Whether fragments have entries of their own. */
  readonly apart?: boolean;
  /** It is a permission: of whole packets that show no ports it holds those that it holds whatever their ports are. */
  readonly permits?: boolean;
  /**
   * Fragments only. The cube then names transports whose fragments hide fields, and constrains none of these fields.
   */
  readonly only?: true;
}

/** How a rule of a direction treats packets that show none (NETWORK, "Track"). */
export interface UndirectedRule {
  /** Whether it holds whole packets that show none: what tracking calls invalid, and SCTP. */
  readonly invalid: boolean;
  /** Whether it holds fragments, which tracking does not see. */
  readonly fragments: boolean;
  /** It holds nothing else, whether the cube has a direction or not. */
  readonly only?: true;
}

export type Family = 4 | 6;
export const ETHER_TYPE = { 4: 0x0800, 6: 0x86dd } as const;

/** Whether ranges are everything from 0 to a maximum, so that they do not constrain. */
export const isFullRange = (ranges: Ranges<number>, max: number): boolean => ranges[0] === 0 && ranges[1] === max;
