/** The values of the reference network: accepted requests and decisions. */
import type { Flow, Flowgroup } from "../flowgroup/cube.ts";
import type { RequestDemand, Statement } from "../model/model.ts";
import type { Interval } from "../net/interval.ts";

/** The position of a policy's rule among the requests of its share (SEMANTICS, "Policies (FML)"). */
export interface PolicyPosition {
  /** Whether it decides before the share's own requests, with them or after them. */
  readonly rank: "higher" | "level" | "lower";
  /** The rule is a `pass` itself, which asks for nothing and decides nothing. */
  readonly handsOn?: true;
  /** Whether a `pass` of its policy hands the flow on. */
  passes(flow: Flow, instant: number): boolean;
}

/** A statement, or a rule of a policy written as one. */
export type Asked = Statement & { readonly position?: PolicyPosition };

/** An accepted request: which of the universe's flows it holds at which of its instants. */
export interface Granted {
  readonly id: string;
  readonly kind: string;
  readonly share: string;
  readonly speaker: string;
  readonly interval: Interval;
  readonly entries: number;
  /** In bit/s, for reserve and limit; else 0. */
  readonly rate: number;
  /** The nodes of a waypoint or an avoid, and its flows as they were written. */
  readonly nodes?: readonly string[];
  readonly flows?: Flowgroup;
  /** The position of a policy's rule; a request has none. */
  readonly position?: PolicyPosition;
  holds(flow: Flow, instant: number): boolean;
}

export interface ReferenceDecision {
  /** All reasons to reject. If there are none, the statement is accepted, whole or in part. */
  readonly reasons: ReadonlySet<string>;
  readonly blockers: ReadonlySet<string>;
  /** The grant of an accepted request. */
  readonly granted?: Granted;
}

/**
 * Whether two statements contradict: one passes a node that the other avoids, or both pass two nodes in opposite
 * orders.
 */
export function isContrary(one: Granted, { action, nodes = [] }: RequestDemand): boolean {
  if (one.nodes === undefined) return false;
  if (one.kind !== action) return one.nodes.some((node) => nodes.includes(node));
  const turned = one.nodes.toReversed();
  const pairs = (list: readonly string[]): string[] =>
    list.flatMap((a, i) => list.slice(i + 1).map((b) => JSON.stringify([a, b])));
  return action === "waypoint" && pairs(turned).some((pair) => pairs(nodes).includes(pair));
}
