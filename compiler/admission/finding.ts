/** What the rules say of a candidate, and what it comes to: the whole, less, or nothing. */
import type { Proof } from "../datalog/types.ts";
import type { Demand } from "../model/model.ts";
import type { Reason } from "../certificates/reasons.ts";
import type { Grant } from "../certificates/verdict.ts";
import type { Candidate } from "./state/world.ts";
import type { Accepted } from "./state/accepted.ts";

/** What the rules say of one candidate. */
export interface Finding {
  readonly code: Reason | undefined;
  /** What a rule of the network's own says, where one refuses. */
  readonly words?: string;
  readonly blockers: readonly Accepted[];
  /** Limits below a reservation, or reservations above a limit. */
  readonly clashes: readonly Accepted[];
  /** What a reservation lacks: a share or a link has no room for it. */
  readonly lacks: readonly ("share" | "link")[];
  readonly excess: readonly string[];
  readonly proof: Proof | undefined;
}

/** A demand as the candidate of a decision. */
export function candidateOf(id: string, demand: Demand): Candidate {
  if (demand.kind === "NewShare") return { id, pieces: [{ flows: demand.flows, interval: ALWAYS }] };
  if (demand.kind !== "request") return { id };
  const { action, mode, rate, nodes } = demand;
  return { id, pieces: [demand], strict: mode === "strict", action, rate, nodes };
}

/** Whether nothing stands in the way of the whole of it. */
export const isWhole = ({ blockers, clashes, lacks }: Finding): boolean =>
  blockers.length === 0 && clashes.length === 0 && lacks.length === 0;

/** Why a request gets less than it asked for. */
export const givenWay = ({ blockers, clashes, lacks }: Finding): Reason =>
  blockers.length > 0 ? "conflict" : clashes.length > 0 ? "over-limit" : `${lacks[0]!}-short`;

/** All that is asked for; statements that are no requests ask for no flows. */
export function wholeOf(demand: Demand): Grant {
  if (demand.kind !== "request") return { pieces: [] };
  const { flows, interval, rate } = demand;
  return { pieces: [{ flows, interval }], ...(rate !== undefined && { rate }) };
}

/** In order of acceptance. */
export const inOrder = (found: readonly Accepted[]): readonly Accepted[] =>
  found.length > 1 ? found.toSorted((a, b) => a.order - b.order) : found;

const ALWAYS = { start: -Infinity, end: Infinity } as const;
