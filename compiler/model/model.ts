/**
 * The model, which the compiler reasons about: names resolved, flowgroups as sets, times as seconds. Of tokens and
 * files it has only the spans that lead back to them.
 */
import type { Interval } from "../net/interval.ts";
import type { Rule, Tuple } from "../datalog/types.ts";
import type { Cube, Flowgroup } from "../flowgroup/cube.ts";
import type { Ip } from "../net/address.ts";
import type { Span } from "../source.ts";
import type { QueryExpr, RequestKind } from "../syntax/ast.ts";

/**
 * What the speakers of a share may do (the PANE paper, Table 2). Absent or false is not granted; bounds in bit/s and
 * bits.
 */
export interface Privileges {
  readonly allow: boolean;
  readonly deny: boolean;
  readonly hint: boolean;
  readonly query: boolean;
  /** The largest and smallest sum of reservations. `max` absent or 0: no reservations; Infinity: unbounded. */
  readonly reserve: { readonly max: number; readonly min: number };
  /** The stated bucket of the share itself; absent: it has none of its own. */
  readonly bucket?: { readonly fill: number; readonly capacity: number };
  /** The cap and the floor of rate limits; absent: not granted. */
  readonly limit?: { readonly cap: number; readonly floor: number };
  readonly waypoint: "all" | readonly string[];
  readonly avoid: "all" | readonly string[];
  /** The most requests that may stand, and the most entries that they may cost. */
  readonly requests: number;
  readonly entries: number;
}

/** The privileges as a NewShare states them, before those of the parent fill the gaps. */
export interface StatedPrivileges {
  readonly allow?: boolean;
  readonly deny?: boolean;
  readonly hint?: boolean;
  readonly query?: boolean;
  readonly reserveMax?: number;
  readonly reserveMin?: number;
  readonly fill?: number;
  readonly capacity?: number;
  readonly limitCap?: number;
  readonly limitFloor?: number;
  readonly waypoint?: readonly string[];
  readonly avoid?: readonly string[];
  readonly requests?: number;
  readonly entries?: number;
}

/** A time that is written as a number of seconds from the clock, with its place in the text. */
export interface CountedTime {
  readonly seconds: number;
  readonly span: Span;
  /** When it is, in Unix seconds: counted once, from the clock or from an earlier one. */
  readonly at: number;
}

/** The times of one statement that count from the clock. */
export interface CountedTimes {
  /** Two statements have one key iff they are the same, unchanged (SEMANTICS, "Files"). */
  readonly key: string;
  readonly from?: CountedTime;
  readonly to?: CountedTime;
}

/** The demand of a statement. Names stay names: an unknown one is a matter of the verdict and no fault of the text. */
export type Demand =
  | { readonly kind: "AddUser" | "RemoveUser"; readonly user: string }
  | {
      readonly kind: "NewShare";
      readonly share: string;
      readonly flows: Flowgroup;
      readonly privileges: StatedPrivileges;
      readonly parent: string;
    }
  | { readonly kind: "RemoveShare"; readonly share: string; readonly cascade: boolean }
  | { readonly kind: "Grant"; readonly share: string; readonly user: string }
  | { readonly kind: "GrantDefault"; readonly share: string }
  | { readonly kind: "Revoke"; readonly share: string; readonly user: string; readonly withRequests: boolean }
  | RequestDemand
  | { readonly kind: "Cancel"; readonly request: string }
  | { readonly kind: "Tick"; readonly seconds: number }
  | { readonly kind: "query"; readonly query: QueryExpr; readonly asks: Query };

export interface RequestDemand {
  readonly kind: "request";
  readonly action: RequestKind;
  readonly flows: Flowgroup;
  /** In bit/s; for reserve and limit. */
  readonly rate?: number;
  readonly nodes?: readonly string[];
  readonly mode: "strict" | "partial";
  readonly share: string;
  readonly interval: Interval;
  /** The times that count from the clock, if one does. */
  readonly counted?: CountedTimes;
  /** Whether the start as written was before now, and now replaced it. */
  readonly startedBefore?: boolean;
}

/** A query about the network, with flowgroups as sets. Names stay names, as in a demand. */
export type Query =
  | { readonly kind: "GetSchedule"; readonly share: string }
  | { readonly kind: "ListShares" | "ListUsers" }
  | { readonly kind: "ListSharesByFlowGroup" | "ListRequestsByFlowGroup" | "Traffic"; readonly flows: Flowgroup }
  | { readonly kind: "ListRequests"; readonly share?: string }
  | { readonly kind: "Explain"; readonly request: string }
  | {
      readonly kind: "Available";
      /** In bit/s, above zero. */
      readonly rate: number;
      readonly flows: Flowgroup;
      readonly share: string;
      /** For how many seconds it is wanted; absent: for ever. */
      readonly seconds?: number;
    };

/** One statement of the policy with its identity (SEMANTICS, "Files"): its label, else its canonical text. */
export interface Statement {
  readonly id: string;
  readonly label?: string;
  /** The canonical text without label and speaker. */
  readonly text: string;
  readonly speaker: string;
  readonly demand: Demand;
  readonly expected?: boolean;
  /** Statements of one `begin. … commit.` share a number. */
  readonly transaction?: number;
  readonly span: Span;
}

/** What one rule of a policy does to the flows it holds. */
export type Effect =
  | { readonly kind: "allow" | "deny" | "pass" }
  | { readonly kind: "limit" | "reserve"; readonly rate: number }
  | { readonly kind: "waypoint" | "avoid"; readonly nodes: readonly string[] };

/** One cube of an evaluated policy rule, with the facts that made it. */
export interface DerivedCube {
  readonly cube: Cube;
  /** Some of the facts that made it, as text (`in_group(alice, staff)`), for explanations. */
  readonly because: readonly string[];
}

export interface PolicyRule {
  /** `policy.label`, or `policy` and the rule's canonical text. */
  readonly id: string;
  readonly label?: string;
  readonly text: string;
  readonly effect: Effect;
  readonly cubes: readonly DerivedCube[];
  /** Some of the facts by which the rule holds a packet, as text; `held` says which cubes hold the packet. */
  readonly becauseOf?: (held: (cube: Cube) => boolean) => readonly string[];
  readonly interval: Interval;
  /** The times that count from the clock, if one does. */
  readonly counted?: CountedTimes;
  readonly span: Span;
}

/**
 * An FML policy, a standing request of its speaker on its share. Rules keep their order, which matters in `ordered`.
 */
export interface Policy {
  readonly name: string;
  readonly share: string;
  readonly speaker: string;
  readonly guard: boolean;
  readonly ordered: boolean;
  readonly rules: readonly PolicyRule[];
  readonly span: Span;
}

/** The levels of one share's cascade; the first decides first. `requests` stands for the share's own requests. */
export interface Cascade {
  readonly share: string;
  readonly levels: readonly (readonly string[])[];
  readonly span: Span;
}

/** Hosts, users and switches with their ports and addresses. All lists are sorted; names are unique. */
export interface Directory {
  /** The users that a fact, an extern or `AddUser` names. */
  readonly users: readonly string[];
  readonly userHosts: readonly { readonly user: string; readonly host: string }[];
  readonly hosts: ReadonlyMap<string, Host>;
  readonly switches: ReadonlyMap<string, { readonly name: string; readonly dpid: string; readonly span?: Span }>;
  readonly links: readonly {
    readonly from: string;
    readonly fromPort: number;
    readonly to: string;
    readonly toPort: number;
    readonly rate: number;
  }[];
  readonly portRates: readonly { readonly switch: string; readonly port: number; readonly rate: number }[];
  /** Ports about whose wire facts contradict each other, and the other ends of these wires; absent: there are none. */
  readonly disputedPorts?: readonly { readonly switch: string; readonly port: number }[];
}

export interface Host {
  readonly name: string;
  readonly addresses: readonly Ip[];
  readonly macs: readonly number[];
  /** Where it stands, in the one place that facts know. */
  readonly at?: { readonly switch: string; readonly port: number };
  /** Where facts put it that contradict each other, or others about a link there: it is believed to be at none of them. */
  readonly disputed?: readonly { readonly switch: string; readonly port: number }[];
  readonly span?: Span;
}

export interface Assertion {
  readonly text: string;
  readonly flows: Flowgroup;
  readonly claim:
    | { readonly kind: "verdict"; readonly verdict: "allow" | "deny" }
    | { readonly kind: "reserved"; readonly operator: "<=" | ">="; readonly rate: number };
  /** Unix seconds, or always. */
  readonly at: number | "always";
  readonly span: Span;
}

export interface Model {
  /** The clock with which `now` and relative times were resolved, in Unix seconds. */
  readonly now: number;
  readonly defaults: {
    readonly verdict: "allow" | "deny";
    readonly written: boolean;
    readonly fragments: "allow" | "deny";
  };
  /** PANE statements in text order, files in the order given. */
  readonly statements: readonly Statement[];
  readonly policies: readonly Policy[];
  /** The effects of requests and rules that had ended before `now`. They are reported and left out. */
  readonly past: ReadonlySet<Effect["kind"]>;
  readonly cascades: readonly Cascade[];
  readonly directory: Directory;
  readonly assertions: readonly Assertion[];
  readonly flowgroups: ReadonlyMap<string, { readonly flows: Flowgroup; readonly span: Span }>;
  /** The rules that the user adds to admission (`reject(R, …) <= …`), and those of the relations that they use. */
  readonly rules: readonly Rule[];
  readonly facts: ReadonlyMap<string, readonly Tuple[]>;
  /** Relation → its number of columns, for all that facts, externs or the directory name, even without facts. */
  readonly arities: Readonly<Record<string, number>>;
}
