/**
 * The pipeline as a declaration (NETWORK, "The pipeline"): tables in the order in which packets meet them; numbers
 * follow from that order. To add a table, add a line here. A table that decides nothing is not emitted and takes no
 * number: who would go there does at once what its miss would do. `keep` holds places open in a running network.
 *
 *   Spoof → Port → SourceMac → DestinationMac → Source → Destination → Kind → Guard → Admission → Forward
 *           └───── tags: write into metadata which sets hold the packet ─────┘        (Limit, Reserve)
 */
import type { Instruction, MatchField } from "./entry.ts";

/** What a table does with a packet that no other entry of it matches. */
export type Miss = "next" | "default" | "normal";

export interface Stage {
  readonly name: string;
  readonly matches: readonly MatchField[] | "flowgroups";
  readonly miss: Miss;
  readonly does: string;
  /** Present even where it decides nothing. */
  readonly always?: true;
}

const stage = <const S extends Stage>(of: S): S => of;

/** All tables. Limit 1…k and Reserve have their places between Admission and Forward. */
export const PIPELINE = [
  stage({
    name: "Spoof",
    matches: ["in_port", "eth_src", "eth_type", "ipv4_src", "ipv6_src", "arp_spa"],
    miss: "next",
    does: "drops a frame whose source is not the host bound to its port; trusts the ports between switches",
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
  stage({ name: "Guard", matches: "flowgroups", miss: "next", does: "denies, above everything that shares decide" }),
  stage({
    name: "Admission",
    matches: "flowgroups",
    miss: "default",
    does: "first match is the network's verdict",
    always: true,
  }),
  stage({ name: "Forward", matches: ["in_port", "eth_dst"], miss: "normal", does: "forwards" }),
] as const;

export type StageName = (typeof PIPELINE)[number]["name"];

const byName: ReadonlyMap<string, Stage> = new Map(PIPELINE.map((one): [string, Stage] => [one.name, one]));

/** The tables that are in use, numbered. */
export class Layout {
  readonly stages: readonly StageName[];
  readonly #numbers: ReadonlyMap<StageName, number>;

  constructor(used: (name: StageName) => boolean) {
    this.stages = PIPELINE.filter((one) => "always" in one || used(one.name)).map(({ name }) => name);
    this.#numbers = new Map(this.stages.map((name, number) => [name, number]));
  }

  has(name: StageName): boolean {
    return this.#numbers.has(name);
  }

  number(name: StageName): number {
    return this.#numbers.get(name)!;
  }

  /** Goes to a table, or does what it would do where it is not there. */
  enter(name: StageName): readonly Instruction[] {
    const number = this.#numbers.get(name);
    if (number !== undefined) return [{ kind: "goto", table: number }];
    if (byName.get(name)!.miss === "normal") return NORMAL;
    return this.after(name);
  }

  /** What a packet does that a table lets on. */
  after(name: StageName): readonly Instruction[] {
    const place = PIPELINE.findIndex((one) => one.name === name);
    for (const later of PIPELINE.slice(place + 1)) {
      if (this.has(later.name) || later.miss === "normal") return this.enter(later.name);
    }
    return NORMAL;
  }
}

const NORMAL: readonly Instruction[] = [{ kind: "apply", actions: [{ kind: "output", port: "NORMAL" }] }];

/** The miss of a stage. */
export function missOf(name: StageName): Miss {
  return byName.get(name)!.miss;
}

/** What the switches can do that we are compiling for. */
export interface Target {
  readonly name: string;
  /** Conjunctive matches (Open vSwitch). */
  readonly conjunction: boolean;
  /** Later fragments can be told from whole packets by a field (Open vSwitch). */
  readonly fragmentField: boolean;
  /** Transport ports take masks. Not in the letter of OpenFlow 1.3.5 (table 13), but switches do it. */
  readonly portMasks: boolean;
  /** Connection tracking, for `direction`. */
  readonly conntrack: boolean;
  readonly metadataBits: number;
}

const OVS = { conjunction: true, fragmentField: true, portMasks: true, conntrack: true, metadataBits: 64 } as const;
const OF13 = { conjunction: false, fragmentField: false, portMasks: true, conntrack: false, metadataBits: 64 } as const;

export const TARGETS = {
  ovs: { name: "ovs", ...OVS },
  "ovs-userspace": { name: "ovs-userspace", ...OVS },
  of13: { name: "of13", ...OF13 },
} as const satisfies Record<string, Target>;

export type TargetName = keyof typeof TARGETS;
