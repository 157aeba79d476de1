/**
 * The values of verdicts and certificates (SEMANTICS, "Certificates"). A verdict is never an exception; its certificate
 * says why, for people and for machines.
 */
import type { Proof } from "../datalog/types.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Flow, Flowgroup } from "../flowgroup/cube.ts";
import type { Statement } from "../model/model.ts";
import type { Interval } from "../net/interval.ts";
import type { Promised } from "../paths/index.ts";
import type { Span } from "../source.ts";

/** The most blockers that a certificate lists: thousands of requests may stand in the way of thousands of others. */
export const MOST_BLOCKERS = 20;

/** The steps that all conflicts of one file or trace may take; n requests in the way of n others are n × n of them. */
export const MOST_CONFLICTS = 100_000;

/** A granted part of a request: flows and a time. A whole request is one piece. */
export interface Piece {
  readonly flows: Flowgroup;
  readonly interval: Interval;
}

/** An accepted statement that prevents another. */
export interface Blocker {
  readonly id: string;
  readonly kind: string;
  readonly share: string;
  readonly interval: Interval;
  readonly span: Span;
  readonly text: string;
}

export interface Witness {
  readonly flow: Flow;
  /** Unix seconds. */
  readonly instant: number;
  /** bit/s, where a rate is at stake. */
  readonly rate?: number;
}

/** A share or a link that cannot bear a reservation. */
export interface ShortPlace {
  readonly kind: "share" | "link";
  readonly name: string;
  /** Which bound is broken: the maximum drain (or a link's rate), the minimum drain, or the bucket. */
  readonly what: "max" | "min" | "bucket";
  /** Unix seconds; Infinity: only in the long run. */
  readonly at: number;
  /** bit/s beyond the bound, or bits that the bucket lacks; Infinity: without an end. */
  readonly excess: number;
  /** The span that drains the bucket too much. */
  readonly window?: Interval;
}

/** A statement that a reason rests on. */
export interface Ground {
  /** As a clause: ``share `net0` is made here``. */
  readonly what: string;
  readonly span: Span;
}

/** A node to be passed or avoided, and the other statement that asks for it; without one it is the statement itself. */
export interface AskedNode {
  readonly node: string;
  readonly by?: string;
}

/** Places between which a waypoint or an avoid leaves no path. */
export interface NoPath {
  /** Access points, `s1:3`; without `to` it is wherever the flows go. */
  readonly from: string;
  readonly to?: string;
  /** Both in words, with the hosts that stand there. */
  readonly between: string;
  readonly passes: readonly AskedNode[];
  readonly avoids: readonly AskedNode[];
  /** The switches between which the path breaks off; absent: each leg exists, but not one after the other. */
  readonly gap?: {
    readonly from: string;
    readonly to: string;
    /** Whether the topology joins them, so that only what is avoided parts them. */
    readonly connected: boolean;
    /** The switches that `from` is joined to. */
    readonly reached: readonly string[];
  };
  /** Waypoints of which it is not known where they stand. */
  readonly nowhere?: readonly string[];
  /** Hosts that switches cannot tell from others, and that can be no waypoints. */
  readonly unfit?: readonly string[];
  /** The search was given up before it was known that there is none. */
  readonly isGivenUp?: boolean;
  /** Another order of the waypoints, in which there is a path. */
  readonly inOrder?: readonly string[];
}

export interface Certificate {
  /** Stable and machine-readable: `unknown-share`, `not-a-speaker`, `outside-share`, `conflict`, … */
  readonly code: string;
  /** One sentence. */
  readonly reason: string;
  readonly statement: string;
  readonly span: Span;
  /** The name at fault in the statement, where it is one. */
  readonly name?: Span;
  /** What is known in place of that name, as a sentence. */
  readonly known?: string;
  /** In order of acceptance, at most `MOST_BLOCKERS`. */
  readonly blockers: readonly Blocker[];
  /** The number of blockers beyond these; absent: none. */
  readonly moreBlockers?: number;
  readonly witness?: Witness;
  /** The shares walked, from the request's own to the root. */
  readonly chain: readonly string[];
  /** Statements that the reason speaks of, beside the blockers: the share at fault, a rule of the network. */
  readonly grounds?: readonly Ground[];
  /** Statements in canonical text that would be accepted together in this one's place; empty: there is none. */
  readonly nearest: readonly string[];
  /** `nearest` is only the widest piece that was found of what is left, which falls into very many. */
  readonly isWidest?: true;
  /** `nearest` is empty since it was not tried whether tables could hold what is near. */
  readonly isUntried?: true;
  /** `nearest` is empty since the offers of the refusals before it took all the steps that those of files may take. */
  readonly isUnsought?: true;
  /**
   * Another proposal in place of `nearest`: of a reservation the whole of it, as early as there is room; of a waypoint
   * or an avoid all its flows, by those of its nodes that leave them a path.
   */
  readonly otherwise?: readonly string[];
  /** Where a reservation has no room: what is short, when and by how much. */
  readonly shortage?: ShortPlace;
  /** Where a waypoint or an avoid leaves no path: from where to where, and why. */
  readonly noPath?: NoPath;
  /** The Datalog derivation of the rejection. */
  readonly proof?: Proof;
}

/**
 * A request that stands, and that facts about the network keep from holding for some of its flows. Those of a waypoint
 * or an avoid are dropped; those of a reservation go on without a promise.
 */
export interface Suspension {
  /** Why it would be refused if it were asked for now. */
  readonly certificate: Certificate;
  /** The flows, and when. */
  readonly pieces: readonly Piece[];
}

/** What is granted of an accepted request. */
export interface Grant {
  readonly pieces: readonly Piece[];
  /** bit/s, of reserve and limit. */
  readonly rate?: number;
  /** The promise for a reservation (NETWORK, "Promises"). */
  readonly promise?: Promised;
  /** What the network takes away of a waypoint, an avoid or a reservation (SEMANTICS, "What the network takes away"). */
  readonly suspended?: Suspension;
  /** Notes for the speaker, for example that reservations are no longer guaranteed. */
  readonly notes?: readonly Diagnostic[];
}

export type Verdict =
  | ({ readonly kind: "accepted" } & Grant)
  | ({ readonly kind: "partial"; readonly certificate: Certificate } & Grant)
  | { readonly kind: "rejected"; readonly certificate: Certificate };

/** A statement with the verdict on it. */
export interface Outcome {
  readonly statement: Statement;
  readonly verdict: Verdict;
}

/** Whether the network takes away some of what was granted. */
export const isSuspended = (verdict: Verdict): boolean =>
  verdict.kind !== "rejected" && verdict.suspended !== undefined;
