/**
 * The pipeline as a declaration (NETWORK, "The pipeline"): tables in the order in which packets meet them; numbers
 * follow from that order. To add a table, add a row here and a feature that owns it (`features/feature.ts`). A table that
 * decides nothing is not emitted and takes no number: packets that would go there meet at once what its miss would do.
 * `keep` (`options.ts`) holds tables open in a running network.
 *
 *   Spoof → (Neighbour) → Port → SourceMac → DestinationMac → Source → Destination → Kind → Track → Admission
 *           └───── tags: write into metadata which sets hold the packet ─────┘
 *         → Commit → Limit 1 → … → Limit k → Reserve → Forward
 */
import type { Instruction, MatchField } from "../../table/entry.ts";

/** What a table does with a packet that no other entry of it matches. */
export type Miss = "next" | "default" | "normal" | "drop";

export interface Stage {
  readonly name: string;
  readonly matches: readonly MatchField[] | "flowgroups";
  readonly miss: Miss;
  readonly does: string;
  /** Present even where it decides nothing. */
  readonly always?: true;
  /** As many tables of it as are needed, numbered from 1. */
  readonly many?: true;
  /** Off the path of packets: only those that an entry sends there meet it. */
  readonly aside?: true;
}

const stage = <const S extends Stage>(of: S): S => of;

/** All tables. */
export const PIPELINE = [
  stage({
    name: "Spoof",
    matches: [
      "in_port",
      "eth_src",
      "eth_type",
      "ipv4_src",
      "ipv6_src",
      "arp_spa",
      "arp_sha",
      "arp_tpa",
      "icmpv6_type",
      "ipv6_nd_target",
    ],
    miss: "next",
    does: "drops a frame whose source is not the host bound to its port; trusts the ports between switches",
  }),
  stage({
    name: "Neighbour",
    matches: [
      "in_port",
      "eth_src",
      "arp_sha",
      "ipv6_src",
      "icmpv6_type",
      "ipv6_nd_target",
      "ipv6_nd_sll",
      "ipv6_nd_tll",
      "udp_src",
      "udp_dst",
    ],
    miss: "drop",
    does: "lets on what a host must say from a link-local address or none, and of its own addresses alone",
    aside: true,
  }),
  stage({ name: "Port", matches: ["in_port"], miss: "next", does: "tags the ingress port" }),
  stage({ name: "SourceMac", matches: ["eth_src"], miss: "next", does: "tags the source MAC" }),
  stage({ name: "DestinationMac", matches: ["eth_dst"], miss: "next", does: "tags the destination MAC" }),
  stage({
    name: "Source",
    matches: ["eth_type", "ipv4_src", "ipv6_src"],
    miss: "next",
    does: "tags the source address",
  }),
  stage({
    name: "Destination",
    matches: ["eth_type", "ipv4_dst", "ipv6_dst"],
    miss: "next",
    does: "tags the destination address",
  }),
  stage({ name: "Kind", matches: ["eth_type", "ip_proto"], miss: "next", does: "tags the kind of packet" }),
  stage({
    name: "Track",
    matches: ["eth_type"],
    miss: "next",
    does: "asks connection tracking which connection a packet belongs to, and in which direction it goes",
  }),
  stage({
    name: "Admission",
    matches: "flowgroups",
    miss: "default",
    does: "first match is the network's verdict; the guard's denies stand above all that shares decide",
    always: true,
  }),
  stage({
    name: "Commit",
    matches: ["eth_type", "ct_state"],
    miss: "next",
    does: "remembers the connections that packets open which were let through",
  }),
  stage({
    name: "Limit",
    matches: "flowgroups",
    miss: "next",
    does: "one meter each; overlapping limits lie in different tables, so a packet passes every limit that holds it",
    many: true,
  }),
  stage({
    name: "Reserve",
    matches: "flowgroups",
    miss: "next",
    does: "first match is the queue: that of the largest reservation",
  }),
  stage({ name: "Forward", matches: ["in_port", "eth_dst"], miss: "normal", does: "forwards" }),
] as const;

/** A row of the declaration. */
export type RowName = (typeof PIPELINE)[number]["name"];
type Repeated = Extract<(typeof PIPELINE)[number], { readonly many: true }>["name"];
/** A table: a row, or one of the tables of a row that repeats (`Limit 2`). */
export type StageName = Exclude<RowName, Repeated> | `${Repeated} ${number}`;

const rows: ReadonlyMap<string, { readonly row: Stage; readonly rank: number }> = new Map(
  PIPELINE.map((row, rank) => [row.name, { row, rank }]),
);

/** The row that a table belongs to. */
export const rowName = (name: StageName): RowName => name.split(" ")[0] as RowName;
const layerOf = (name: StageName): number => Number(name.split(" ")[1] ?? 0);
const rowOf = (name: StageName): { readonly row: Stage; readonly rank: number } => rows.get(rowName(name))!;
const before = (a: StageName, b: StageName): boolean =>
  rowOf(a).rank < rowOf(b).rank || (rowOf(a).rank === rowOf(b).rank && layerOf(a) < layerOf(b));

/** The tables that are in use, numbered. */
export class Layout {
  readonly stages: readonly StageName[];
  readonly #numbers: ReadonlyMap<StageName, number>;

  /**
   * The tables that are needed, besides those that are always there. The highest number needed says how often a row
   * repeats.
   */
  constructor(needed: Iterable<StageName>) {
    const heights = new Map<RowName, number>();
    for (const name of needed) {
      const row = rowName(name);
      heights.set(row, Math.max(heights.get(row) ?? 0, layerOf(name)));
    }
    this.stages = PIPELINE.flatMap((row): readonly StageName[] => {
      if ("many" in row)
        return Array.from({ length: heights.get(row.name) ?? 0 }, (_, i) => `${row.name} ${i + 1}` as const);
      return "always" in row || heights.has(row.name) ? [row.name] : [];
    });
    this.#numbers = new Map(this.stages.map((name, number) => [name, number]));
  }

  has(name: StageName): boolean {
    return this.#numbers.has(name);
  }

  number(name: StageName): number {
    return this.#numbers.get(name)!;
  }

  /** Goes to a table, or does what its miss would do where it is not there. */
  enter(name: StageName): readonly Instruction[] {
    const number = this.#numbers.get(name);
    return number === undefined ? this.after(name) : [{ kind: "goto", table: number }];
  }

  /** Where a table lets packets on to: the next one. The last table forwards; where it is not there, the switch does. */
  after(name: StageName): readonly Instruction[] {
    const next = this.stages.find((later) => before(name, later) && rowOf(later).row.aside !== true);
    return next === undefined ? NORMAL : [{ kind: "goto", table: this.number(next) }];
  }
}

const NORMAL: readonly Instruction[] = [{ kind: "apply", actions: [{ kind: "output", port: "NORMAL" }] }];

/** The miss of a stage. */
export function missOf(name: StageName): Miss {
  return rowOf(name).row.miss;
}

/** What the switches that we compile for can do. */
export interface Target {
  readonly name: string;
  /** Conjunctive matches (Open vSwitch). */
  readonly conjunction: boolean;
  /** A field distinguishes later fragments from whole packets (Open vSwitch). */
  readonly fragmentField: boolean;
  /** Transport ports take masks. Not in the letter of OpenFlow 1.3.5 (table 13), but switches do it. */
  readonly portMasks: boolean;
  /** Connection tracking, for `direction`. */
  readonly conntrack: boolean;
  readonly metadataBits: number;
  /** How many tables it has. */
  readonly tables: number;
  /** The highest number of a meter. */
  readonly meters: number;
  /** A DSCP mark stands for each queue as well, because the datapath ignores `set_queue` (Open vSwitch in user space). */
  readonly marks: boolean;
}

const OVS = {
  conjunction: true,
  fragmentField: true,
  portMasks: true,
  conntrack: true,
  metadataBits: 64,
  tables: 254,
  meters: 262_143,
  marks: false,
} as const;
const OF13 = {
  conjunction: false,
  fragmentField: false,
  portMasks: true,
  conntrack: false,
  metadataBits: 64,
  tables: 255,
  meters: 65_535,
  marks: false,
} as const;

export const TARGETS = {
  ovs: { name: "ovs", ...OVS },
  "ovs-userspace": { ...OVS, name: "ovs-userspace", marks: true },
  of13: { name: "of13", ...OF13 },
} as const satisfies Record<string, Target>;

export type TargetName = keyof typeof TARGETS;
