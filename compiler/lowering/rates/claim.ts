/**
 * A claim: what one limit or reservation asks of the switches. It is a statement with a rate; all its cubes share that
 * rate, and so they share its meter or queue (SEMANTICS, "limit": it bounds the *total*).
 */
import { byText } from "../../net/order.ts";
import type { Cube } from "../../flowgroup/cube.ts";
import type { Charged, DerivedRule } from "../../derived/rule.ts";

/** A rule of a claim. */
export interface ClaimedRule {
  readonly rule: DerivedRule;
  /** The switches that could see some of its flows. */
  readonly switches: readonly (string | undefined)[];
}

/** Per switch the ports whose queues are needed; undefined: those of all its ports. */
export type EnforcementPoints = ReadonlyMap<string | undefined, readonly number[] | undefined>;

/** One limit or reservation as switches see it. */
export interface RateClaim {
  readonly stage: "limit" | "reserve";
  readonly statement: string;
  /** bit/s. */
  readonly rate: number;
  readonly key: string;
  /** Its rules by their keys. */
  readonly rules: Map<string, ClaimedRule>;
  cubes: readonly Cube[];
  narrowness: number;
  /** Limit: which of the tables for limits it stands in, from 1. Reserve: its priority among the reservations, from 1. */
  layer?: number | undefined;
  /** The meter or the queue; absent while there are more claims than numbers. */
  number?: number | undefined;
  /** Where it is enforced. */
  enforcedAt: EnforcementPoints;
  /** What admission charged the reservation to. */
  charged?: Charged | undefined;
  /** bit/s that each switch keeps of a limit: where its flows enter at several they divide it. 0: none keeps any. */
  kept: number;
  /** False for a limit of flows that may enter at several switches, whatever the facts say. */
  feasible: boolean;
}

/** Rules with the same key share a claim. */
export const claimKey = ({ stage, statement, rate }: DerivedRule): string => `${stage}|${rate}|${statement}`;

const byStatement = (a: RateClaim, b: RateClaim): number => byText(a.statement, b.statement) || a.rate - b.rate;

/** The order in which limits get their tables: a narrow one that comes moves at most the wide ones around it. */
export const narrowFirst = (a: RateClaim, b: RateClaim): number => b.narrowness - a.narrowness || byStatement(a, b);

/** The order of reservations, lowest priority first: the largest stands highest, and of equal ones the first statement. */
export const smallFirst = (a: RateClaim, b: RateClaim): number => a.rate - b.rate || byStatement(b, a);
