/** What a decision reads: the types of its candidates, of levels, and of the network's state. */
import type { Flowgroup } from "../../flowgroup/index.ts";
import type { Topology } from "../../paths/index.ts";
import type { Bandwidth } from "../../shares/bandwidth.ts";
import type { Share, ShareTree } from "../../shares/tree.ts";
import type { Piece } from "../../certificates/verdict.ts";
import type { RequestKind } from "../../syntax/ast.ts";
import type { AcceptedRequests } from "./accepted-requests.ts";

/** What is being decided: a statement, or a rule of a policy. */
export interface Candidate {
  readonly id: string;
  /** The pieces of a request, a policy's rule or a new share. A request as written is one piece. */
  readonly pieces?: readonly Piece[];
  readonly strict?: boolean;
  readonly action?: RequestKind;
  /** bit/s, of reserve and limit. */
  readonly rate?: number | undefined;
  /** The nodes of a waypoint or an avoid. */
  readonly nodes?: readonly string[] | undefined;
}

/** The levels of a share's cascade, and the one at which its requests stand. */
export interface Levels {
  readonly count: number;
  readonly requests: number;
}

/** Whether one flowgroup lies inside another, as a second engine decides it. */
export type Settle = (a: Flowgroup, b: Flowgroup) => "yes" | "no" | "undecided";

/** The input of relations: the network's state, the clock, and the candidates of the present decision. */
export interface World {
  readonly tree: ShareTree;
  readonly accepted: AcceptedRequests;
  readonly bandwidth: Bandwidth;
  readonly topology: Topology | undefined;
  readonly candidates: ReadonlyMap<string, Candidate>;
  readonly now: number;
  /** Decides what the set algebra cannot within its budget (SEMANTICS, "Proof"). */
  readonly settle?: Settle | undefined;
  /** The most pieces that one question may make in the algebra. */
  readonly budget?: number | undefined;
  /** Whether facts about the network suspend what they keep from holding, and refuse nothing: in files. */
  readonly suspends?: boolean | undefined;
  /** The policy's `default fragments`. */
  readonly fragments: "allow" | "deny";
  /** Whether a user is known: added, or named by the directory or a fact. */
  isUser(name: string): boolean;
  /** Whether a user speaks for a share: granted, its creator, or any known user where it is granted to everybody. */
  speaks(who: string, share: Share): boolean;
  levelsOf(share: Share): Levels;
}
