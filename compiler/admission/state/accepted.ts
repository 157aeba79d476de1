/** An accepted request as a value: of a statement, or of a policy's rule. */
import type { PolicyRule } from "../../model/model.ts";
import { leastEntries } from "../../flowgroup/cubes.ts";
import { hull, type Interval } from "../../net/interval.ts";
import type { RequestKind } from "../../syntax/ast.ts";
import type { Charge } from "../../shares/bandwidth.ts";
import type { Piece } from "../../certificates/verdict.ts";
import type { Share } from "../../shares/tree.ts";
import type { Span } from "../../source.ts";

/**
 * Where an accepted request stands relative to the requests of its share (SEMANTICS, "Policies"): a policy
 * rule of a level that decides earlier is `higher`, of one that decides later `lower`; requests themselves are `level`.
 */
export type Rank = "higher" | "level" | "lower";

export const RANKS: readonly Rank[] = ["higher", "level", "lower"];

/** A request that is accepted and has not ended. */
export interface Accepted {
  readonly id: string;
  readonly kind: RequestKind;
  readonly share: Share;
  readonly speaker: string;
  /** Disjoint pieces of what was asked; a partial grant keeps its cut for ever. */
  readonly pieces: readonly Piece[];
  readonly rank: Rank;
  /** The policy that the rule belongs to. */
  readonly policy?: string;
  /** The policy is `ordered`: of its rules the first that holds a flow decides. */
  readonly ordered?: true;
  readonly rule?: PolicyRule;
  /** All rules of its policy, in the order in which they are written. */
  readonly siblings?: readonly PolicyRule[];
  /** The level of its share's cascade; 0 decides first. */
  readonly level: number;
  /** bit/s that are granted, of reserve and limit. */
  readonly rate?: number;
  /** The nodes of a waypoint or an avoid. */
  readonly nodes?: readonly string[];
  /** What a reservation is charged to. */
  readonly charge?: Charge;
  /** From the first start to the last end of its pieces. */
  readonly interval: Interval;
  readonly text: string;
  readonly span: Span;
  /** Position in the order of acceptance. */
  readonly order: number;
  /** Of what does not change: what snapshots tell of it. */
  readonly told: Told;
}

/** What is made of a request once, by the first snapshot that tells of it. A `WeakMap` of all would be walked by each collection. */
export interface Told {
  /** Its line. */
  line?: string;
  /** That of the text in which its statement stands, which requests of one text have in common. */
  text?: string;
}

/** What pieces cost of a share's bound `entries` (NETWORK, "Limits on what one speaker can cost"). */
export const entriesOf = (pieces: readonly Piece[]): number =>
  pieces.reduce((sum, { flows }) => sum + leastEntries(flows.cubes), 0);

/** From the first start to the last end of pieces; there is at least one. */
export const hullOf = (pieces: readonly Piece[]): Interval => pieces.map(({ interval }) => interval).reduce(hull);

/** In order of acceptance. */
export const inOrder = (found: readonly Accepted[]): readonly Accepted[] =>
  found.length > 1 ? found.toSorted((a, b) => a.order - b.order) : found;
