/** What the reference network keeps of an accepted request, and what it decides about a new one. */
import type { Flow, Flowgroup } from "../flowgroup/cube.ts";
import type { RequestDemand, Statement } from "../model/model.ts";
import type { Interval } from "../net/interval.ts";

/** The position of a policy's rule among the requests of its share (SEMANTICS, "Policies (FML)"). */
export interface PolicyPosition {
  /** Whether it decides before the share's own requests, with them or after them. */
  readonly rank: "higher" | "level" | "lower";
  /** It is a `pass` itself: it asks for nothing and decides nothing. */
  readonly handsOn?: true;
  /** Whether a `pass` of its policy hands the flow on. */
  passes(flow: Flow, instant: number): boolean;
}

/** A statement, or a rule of a policy as one. */
export type Asked = Statement & { readonly position?: PolicyPosition };

/** An accepted request: which of the universe's flows it holds at which of its instants. */
export interface Granted {
  readonly id: string;
  readonly kind: string;
  readonly share: string;
  readonly speaker: string;
  readonly interval: Interval;
  readonly cubes: number;
  /** bit/s, of reserve and limit. */
  readonly rate: number;
  /** The nodes of a waypoint or an avoid, and its flows as they were written. */
  readonly nodes?: readonly string[];
  readonly flows?: Flowgroup;
  /** Where a rule of a policy stands; a request has none. */
  readonly position?: PolicyPosition;
  holds(flow: Flow, instant: number): boolean;
}

export interface ReferenceDecision {
  /** All reasons to reject; none: accepted, whole or in part. */
  readonly reasons: ReadonlySet<string>;
  readonly blockers: ReadonlySet<string>;
  /** What an accepted allow or deny was granted. */
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
