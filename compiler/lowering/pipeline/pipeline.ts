/**
 * The pipeline as a declaration (NETWORK, "The pipeline"): tables in the order in which packets meet them. Numbers
 * follow from that order. To add a table, add a row here and a feature that owns it (`features/feature.ts`). A table
 * that decides nothing is not emitted and takes no number: the table before it does at once what its miss would do.
 * `keep` (`options.ts`) keeps tables in a running network.
 *
 *   Restore → Spoof → (Sender) → (Neighbour)
 *         → Port → SourceMac → DestinationMac → Source → Destination → Kind → Track → (Observe) → Admission
 *           └───── tags: write into metadata which sets hold the packet ─────┘
 *         → Commit → Limit 1 → … → Limit k → Reserve → Forward
 */
import type { Instruction, MatchField } from "../../table/entry.ts";

/** What a table does with a packet that no entry of it matches. */
export type Miss = "next" | "default" | "normal" | "drop";

export interface Stage {
  readonly name: string;
  readonly matches: readonly MatchField[] | "flowgroups";
  readonly miss: Miss;
  readonly does: string;
  /** The table is there even if it decides nothing. */
  readonly always?: true;
  /** There are as many tables of it as are needed, numbered from 1. */
  readonly many?: true;
  /** The table before it does not lead there: only packets that an entry sends there meet it. */
  readonly aside?: true;
}

const stage = <const S extends Stage>(of: S): S => of;

/** All tables. */
export const PIPELINE = [
  stage({
    name: "Restore",
    matches: ["in_port", "eth_src", "eth_type", "ipv4_src", "ipv6_src"],
    miss: "next",
    does: "gives what a waypoint forwards as a router the MAC of its sender back",
  }),
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
    name: "Sender",
    matches: ["eth_src", "eth_type", "arp_sha", "ipv6_src", "icmpv6_type"],
    miss: "next",
    does: "drops what a host without a known MAC sends with the MAC of another",
    aside: true,
  }),
  stage({
    name: "Neighbour",
    matches: [
      "in_port",
      "eth_src",
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
  stage({
    name: "Kind",
    matches: ["eth_type", "ip_proto", "tcp_src", "tcp_dst", "udp_src", "udp_dst", "sctp_src", "sctp_dst"],
    miss: "next",
    does: "tags the kind of packet, and what shows no ports",
  }),
  stage({
    name: "Track",
    matches: ["eth_type"],
    miss: "next",
    does: "asks connection tracking which connection a packet belongs to, and in which direction it goes",
  }),
  stage({
    name: "Observe",
    matches: "flowgroups",
    miss: "next",
    does: "counts what observed shares would decide, and lets everything on",
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

/** The tables on which the ways of packets depend, as the proof reads them (NETWORK, "Forward"): where they enter, and where they leave. */
const LEADING_STAGES = ["Restore", "Spoof", "Sender", "Neighbour", "Forward"] as const;

/** A row of the declaration. */
export type RowName = (typeof PIPELINE)[number]["name"];
type Repeated = Extract<(typeof PIPELINE)[number], { readonly many: true }>["name"];
/** A table: a row, or one of the tables of a row that repeats (`Limit 2`). */
export type StageName = Exclude<RowName, Repeated> | `${Repeated} ${number}`;

const rows: ReadonlyMap<string, { readonly row: Stage; readonly rank: number }> = new Map(
  PIPELINE.map((row, rank) => [row.name, { row, rank }]),
);

/** The row of a table. */
export const rowName = (name: StageName): RowName => name.split(" ")[0] as RowName;
const layerOf = (name: StageName): number => Number(name.split(" ")[1] ?? 0);
const rowOf = (name: StageName): { readonly row: Stage; readonly rank: number } => rows.get(rowName(name))!;
const before = (a: StageName, b: StageName): boolean =>
  rowOf(a).rank < rowOf(b).rank || (rowOf(a).rank === rowOf(b).rank && layerOf(a) < layerOf(b));

/** The tables in use with their numbers. */
export class Layout {
  readonly stages: readonly StageName[];
  readonly #numbers: ReadonlyMap<StageName, number>;
  /** What `after` has answered: all entries of a table ask it, and limits may have hundreds of tables. */
  readonly #after = new Map<StageName, readonly Instruction[]>();

  /**
   * `needed`: the tables besides those that are always there. The highest needed number says how often a row repeats.
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

  /** The numbers of the tables on which the ways of packets depend. */
  get leading(): ReadonlySet<number> {
    return new Set(LEADING_STAGES.flatMap((one) => (this.has(one) ? [this.number(one)] : [])));
  }

  /** The first table that matches flowgroups. */
  get judging(): StageName {
    return this.has("Observe") ? "Observe" : "Admission";
  }

  /** The instructions that lead to a table, or do what its miss would do if it is not there. */
  enter(name: StageName): readonly Instruction[] {
    const number = this.#numbers.get(name);
    return number === undefined ? this.after(name) : [{ kind: "goto", table: number }];
  }

  /** The instructions that lead from a table to the next one; behind the last one the switch itself forwards. */
  after(name: StageName): readonly Instruction[] {
    let found = this.#after.get(name);
    if (found === undefined) this.#after.set(name, (found = this.#leadOn(name)));
    return found;
  }

  #leadOn(name: StageName): readonly Instruction[] {
    const own = this.#numbers.get(name);
    const later = own === undefined ? this.stages.filter((one) => before(name, one)) : this.stages.slice(own + 1);
    const next = later.find((one) => rowOf(one).row.aside !== true);
    return next === undefined ? NORMAL : [{ kind: "goto", table: this.number(next) }];
  }
}

const NORMAL: readonly Instruction[] = [{ kind: "apply", actions: [{ kind: "output", port: "NORMAL" }] }];

/** The miss of a stage. */
export function missOf(name: StageName): Miss {
  return rowOf(name).row.miss;
}

/** The capabilities of the switches that we compile for. */
export interface Target {
  readonly name: string;
  /** Whether it has conjunctive matches (Open vSwitch). */
  readonly conjunction: boolean;
  /** Whether a field distinguishes fragments from whole packets (Open vSwitch). */
  readonly fragmentField: boolean;
  /** Whether transport ports take masks. OpenFlow 1.3.5 (table 13) does not say so, but switches accept them. */
  readonly portMasks: boolean;
  /** Whether it has connection tracking, for `direction`. */
  readonly conntrack: boolean;
  readonly metadataBits: number;
  /** The number of tables. */
  readonly tables: number;
  /** The highest number of a meter. */
  readonly meters: number;
  /**
   * Whether a DSCP mark must stand for each queue, because the datapath ignores `set_queue` (Open vSwitch in user
   * space).
   */
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
