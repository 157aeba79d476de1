/**
 * What the Datalog program derives and the table is lowered from: one rule per granted cube that is in force at the
 * compiled instant. The derived rule set is a table of scalars (`DerivedRow`), carried to its consumers as changes;
 * the cubes stand beside it under their key.
 */
import type { Cube } from "../flowgroup/cube.ts";

export interface DerivedRule {
  /** Identity of the statement, or of the policy rule. */
  readonly statement: string;
  /** A flow passes the nodes of all waypoints that hold it, and crosses no node of any avoid. */
  readonly stage: "guard" | "admission" | "limit" | "reserve" | "waypoint" | "avoid";
  readonly effect: "allow" | "deny" | "limit" | "reserve" | "waypoint" | "avoid";
  /** Depth of the share; the root is 0. */
  readonly depth: number;
  /** Cascade level inside the share: 0 decides first. Policies without cascade and plain requests: the last level. */
  readonly level: number;
  /** Number of levels of that share's cascade. */
  readonly levels: number;
  readonly cube: Cube;
  /** It would give a verdict, and is only counted: it takes no effect. */
  readonly observed?: true;
  /** Unix seconds at which it ends; Infinity: never. */
  readonly end: number;
  /** bit/s for limit and reserve. */
  readonly rate?: number;
  /** The nodes of a waypoint, in order, or of an avoid. */
  readonly nodes?: readonly string[];
  /** What a reservation was charged to. */
  readonly charged?: Charged;
}

/** Whether a rule gives verdicts, if only for the count: those have priorities by depth and level. */
export const givesVerdict = ({ stage }: DerivedRule): boolean => stage === "guard" || stage === "admission";
/** Whether it asks for a meter or a queue. */
export const claimsRate = ({ stage }: DerivedRule): boolean => stage === "limit" || stage === "reserve";
/** Whether it prescribes the path of its flows. */
export const steers = ({ stage }: DerivedRule): boolean => stage === "waypoint" || stage === "avoid";

/** What a reservation was charged to when it was accepted. */
export interface Charged {
  /** Ids of links. */
  readonly links: readonly string[];
  /** Its place in the order of acceptance. */
  readonly order: number;
}

/** A change of the derived rules; both lists in order of statement identity, then cube. */
export interface DerivedChange {
  readonly added: readonly DerivedRule[];
  readonly removed: readonly DerivedRule[];
}
