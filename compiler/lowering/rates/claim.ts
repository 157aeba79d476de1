/**
 * The value of a claim: the demand of one limit or reservation for a meter or a queue. All cubes of a statement with
 * one rate share that rate, and so they share its meter or queue (SEMANTICS, "limit": it bounds the *total*).
 */
import { byText } from "../../net/order.ts";
import type { Cube } from "../../flowgroup/cube.ts";
import type { Charged, DerivedRule } from "../../derived/rule.ts";

/** A rule of a claim. */
export interface ClaimedRule {
  readonly rule: DerivedRule;
  /** The switches at which some of its flows can be. */
  readonly switches: readonly (string | undefined)[];
}

/** Switch → the ports that need a queue; undefined: all its ports. */
export type EnforcementPoints = ReadonlyMap<string | undefined, readonly number[] | undefined>;

/** One limit or reservation with all that lowering decides about it. */
export interface RateClaim {
  readonly stage: "limit" | "reserve";
  readonly statement: string;
  /** In bit/s. */
  readonly rate: number;
  readonly key: string;
  /** Key → rule. */
  readonly rules: Map<string, ClaimedRule>;
  cubes: readonly Cube[];
  narrowness: number;
  /** From 1. For a limit the number of its table among those for limits; for a reservation its priority among these. */
  layer?: number | undefined;
  /** The number of the meter or queue; absent while there are more claims than numbers. */
  number?: number | undefined;
  /** The switches and ports where it is enforced. */
  enforcedAt: EnforcementPoints;
  /** The links that admission charged the reservation to. */
  charged?: Charged | undefined;
  /**
   * The share of each switch in a limit, in bit/s. Several switches where its flows enter divide it. 0: too small for a
   * meter.
   */
  kept: number;
  /** False for a limit that no facts can bind to one switch, because its flows may enter at several. */
  feasible: boolean;
  /** Whether flows of a reservation show no IP, where marks stand for queues. */
  isUnmarked: boolean;
}

/** The key of a rule's claim. Rules with the same key share a claim. */
export const claimKey = ({ stage, statement, rate }: DerivedRule): string => `${stage}|${rate}|${statement}`;

const byStatement = (a: RateClaim, b: RateClaim): number => byText(a.statement, b.statement) || a.rate - b.rate;

/**
 * The order in which limits get tables. Narrow ones come first, so that a new one moves at most wide ones around it.
 */
export const narrowFirst = (a: RateClaim, b: RateClaim): number => b.narrowness - a.narrowness || byStatement(a, b);

/** The order of reservations, lowest priority first. The largest is the last, and of equal ones the first statement. */
export const smallFirst = (a: RateClaim, b: RateClaim): number => a.rate - b.rate || byStatement(b, a);
