/** The input of a certificate: everything that is known when a statement is refused or granted in part. */
import type { Proof } from "../datalog/types.ts";
import type { Demand, RequestDemand, Statement } from "../model/model.ts";
import type { Flowgroup } from "../flowgroup/cube.ts";
import { leastEntries } from "../flowgroup/cubes.ts";
import type { Interval } from "../net/interval.ts";
import type { Span } from "../source.ts";
import type { BoxFault, Topology } from "../paths/index.ts";
import type { Charge } from "../shares/bandwidth.ts";
import type { Reason } from "./reasons.ts";
import type { Share, ShareTree } from "../shares/tree.ts";
import type { Blocker, Piece } from "./verdict.ts";

/** An accepted request as certificates need it. */
export interface OtherRequest {
  readonly id: string;
  readonly kind: string;
  readonly share: Share;
  readonly interval: Interval;
  readonly pieces: readonly Piece[];
  readonly rate?: number;
  /** The nodes that a waypoint or an avoid names. */
  readonly nodes?: readonly string[];
  readonly charge?: Charge;
  readonly text: string;
  readonly span: Span;
  /** Position in the order of acceptance. */
  readonly order: number;
}

/** Everything that is known when a statement is rejected. */
export interface Refusal {
  readonly statement: Statement;
  readonly code: Reason;
  /** The sentence of a rule that the network added. */
  readonly words?: string;
  readonly blockers: readonly OtherRequest[];
  /** A blocker that shares no flow with what is asked for, but only later IPv6 fragments. */
  readonly byFragments?: OtherRequest | undefined;
  /** Limits below the reservation that was asked for, or reservations above the limit. */
  readonly clashes: readonly OtherRequest[];
  readonly proof: Proof | undefined;
  /** What is asked for, piece by piece: of a request and of a policy's rule. */
  readonly asked: readonly Piece[];
  readonly tree: ShareTree;
  readonly now: number;
  readonly users: () => readonly string[];
  /** Requests that the speaker may cancel, and shares that she speaks for: no other is proposed, or keeps one from it. */
  readonly requests: () => readonly string[];
  readonly shares: () => readonly string[];
  /** The name by which the speaker finds a request; absent: its identity. */
  readonly called?: ((id: string) => string) | undefined;
  readonly accepted: (id: string) => OtherRequest | undefined;
  /** The content of a share, which must be removed before it. */
  readonly content: (share: Share) => readonly Blocker[];
  readonly cost: (share: Share, whole: boolean) => { readonly requests: number; readonly entries: number };
  /** Rights and bounds that a NewShare states beyond its parent's. */
  readonly excess: readonly string[];
  /** What `look` finds to offer; undefined: what all offers of these files may take is spent. */
  readonly within: <T>(look: () => T) => T | undefined;
  /** Whether a demand by the same speaker would be accepted whole, now. */
  readonly acceptable: (demand: Demand) => boolean;
  /** The text of a demand that can stand in place of the refused statement. */
  readonly say: (demand: Demand) => readonly string[];
  /** The pieces that blockers leave of some flows, without what only the cut would name. */
  readonly cut: (of: Flowgroup, pieces: readonly Piece[]) => readonly Piece[];
  /** The accepted requests that would block a request. */
  readonly blockersOf: (demand: RequestDemand) => readonly OtherRequest[];
  /** Whether a node stands anywhere in the network that is known. */
  readonly isPlaced: (node: string) => boolean;
  /** Why a host can be no waypoint although its place is known. */
  readonly boxFault: (node: string) => BoxFault | undefined;
  /** For waypoint and avoid: what decides whether the flows of the demand, or of one like it, keep a path. */
  readonly pathQuestion: (demand: RequestDemand) => PathQuestion | undefined;
  /** The same in the friendliest network, where that is what refuses it; undefined: it is the network as it is. */
  readonly friendliestQuestion: (demand: RequestDemand) => PathQuestion | undefined;
  /** For reserve and limit: the bandwidth that there is, for the demand or one like it. */
  readonly scarcity: (demand: RequestDemand) => Scarcity;
}

/** A statement about the path that flows take. */
export interface SteeringDemand {
  readonly id: string;
  readonly kind: string;
  readonly nodes: readonly string[];
}

/** A request about the path of its flows, and the accepted requests that steer some of them already. */
export interface PathQuestion {
  readonly topology: Topology;
  readonly asked: SteeringDemand & { readonly pieces: readonly Piece[] };
  readonly beside: readonly AcceptedSteering[];
}

/** An accepted waypoint or avoid. */
export type AcceptedSteering = OtherRequest & SteeringDemand;

/** The bandwidth that a reserve or a limit needs, and the requests that it competes with. */
export interface Scarcity {
  readonly booking: Booking;
  readonly charge: Charge;
  /** Limits that hold one of its flows and are lower, or reservations above a limit that is asked for. */
  readonly clashes: readonly OtherRequest[];
  /** All accepted reservations, the latest first. */
  readonly reservations: () => Iterable<OtherRequest>;
  /** The clashes of another demand. */
  readonly clashesOf: (demand: RequestDemand) => readonly OtherRequest[];
  /** Takes steps off the budget of the decision, and gives it up where they are not left. */
  readonly spend?: (steps: number) => void;
}

/** A request with its rate. */
export type Booking = RequestDemand & { readonly rate: number };

/** The share of the request that a Cancel names. */
export function cancelled({ statement, accepted }: Refusal): Share | undefined {
  return statement.demand.kind === "Cancel" ? accepted(statement.demand.request)?.share : undefined;
}

/** The share that a statement speaks about; of a NewShare the parent. */
export function shareOf(demand: Demand): string | undefined {
  if (demand.kind === "NewShare") return demand.parent;
  if (demand.kind === "query") return "share" in demand.asks ? demand.asks.share : undefined;
  return "share" in demand ? demand.share : undefined;
}

/** The nearest share on the way to the root whose bound `requests` or `entries` a request would exceed. */
export function fullShare(refusal: Refusal, code: "too-many-requests" | "too-many-entries"): Share {
  const own = refusal.tree.get(shareOf(refusal.statement.demand)!)!;
  return [...own.chain()].find((one) => exceeds(refusal, one, code)) ?? own;
}

function exceeds(refusal: Refusal, share: Share, code: "too-many-requests" | "too-many-entries"): boolean {
  const { demand } = refusal.statement;
  const what = code === "too-many-requests" ? "requests" : "entries";
  const more = what === "requests" ? 1 : demand.kind === "request" ? leastEntries(demand.flows.cubes) : 0;
  return refusal.cost(share, share.stated[what] !== undefined)[what] + more > share.privileges[what];
}
