/**
 * How flows are steered by the waypoints and avoids that hold them, and why they are dropped where these leave them no
 * path (SEMANTICS, "waypoint / avoid": it fails closed, and says so).
 */
import { STEERS } from "../admission/state/steering.ts";
import type { Flow, Flowgroup } from "../flowgroup/cube.ts";
import { addressSet, cube, flowgroup, intersect, NONE, overlaps } from "../flowgroup/index.ts";
import { holdsInstant } from "../net/interval.ts";
import type { Admission } from "../admission/admission.ts";
import type { Accepted } from "../admission/state/accepted.ts";
import { missingPaths, steeringOf } from "../certificates/missing-paths.ts";
import type { AcceptedSteering } from "../certificates/refusal.ts";
import type { Piece } from "../certificates/verdict.ts";
import { leaving } from "./endpoints.ts";
import { holdsWhole, type Holds } from "./fragments.ts";
import { missingPathText, whyDropped } from "./dropped.ts";
import { statementsSteering, type ExplainedSteering } from "./steering-statements.ts";

/** How one flow is steered. */
export interface FlowSteering {
  readonly by: readonly ExplainedSteering[];
  /** In the order in which they are passed. */
  readonly waypoints: readonly string[];
  /** The same, statement by statement. */
  readonly lists: readonly (readonly string[])[];
  readonly avoid: readonly string[];
  /** Why the flow is dropped; absent: it is not. */
  readonly lost?: string;
}

/** How some flows of a flowgroup are steered. */
export interface SomeSteering {
  readonly by: readonly ExplainedSteering[];
  /** Why some flows are dropped: one sentence for each pair of places. */
  readonly lost: readonly string[];
}

/** How a flow is steered at an instant; undefined: by nothing, or no topology is known. */
export function steeringOfFlow(
  admission: Admission,
  flow: Flow,
  instant: number,
  holds: Holds = holdsWhole,
): FlowSteering | undefined {
  const { topology } = admission.state;
  if (topology === undefined) return undefined;
  const members = statementsSteering(admission, leaving(flow, topology), instant, holds);
  if (members.length === 0) return undefined;
  const { waypoints, lists, avoid } = steeringOf(members);
  const lost = whyDropped(topology, flow, members);
  const own = members.map(({ id, kind, share, nodes, span }): ExplainedSteering => ({ id, kind, share, nodes, span }));
  return { by: own, waypoints, lists, avoid, ...(lost !== undefined && { lost }) };
}

/** The waypoints and avoids that steer some of these flows, and why some are dropped between hosts that are known. */
export function steeringAmong({ state }: Admission, flows: Flowgroup, instant: number): SomeSteering {
  const { topology, accepted } = state;
  const isActive = ({ interval }: Piece): boolean => holdsInstant(interval, instant);
  const steers = (one: Accepted): one is Accepted & AcceptedSteering =>
    one.pieces.some((piece) => isActive(piece) && overlaps(piece.flows, flows));
  const found = STEERS.flatMap((kind) => [...accepted.ofKind(kind)].filter(steers));
  const own = found.map(({ id, kind, share, nodes, span }): ExplainedSteering => ({
    id,
    kind: kind as ExplainedSteering["kind"],
    share: share.name,
    nodes,
    span,
  }));
  if (topology === undefined || found.length === 0) return { by: own, lost: [] };
  const addresses = addressSet([...topology.hosts.values()].flatMap((host) => host.addresses));
  const known = addresses ? intersect(flows, flowgroup([cube({ srcHost: addresses, dstHost: addresses })])) : NONE;
  const interval = { start: instant, end: instant + 1 };
  // All steering is by accepted statements: what is asked for adds nothing.
  const asked = { id: "", kind: "", nodes: [], pieces: [{ flows: known, interval }] };
  const beside = found.map((other) => ({ ...other, pieces: other.pieces.filter(isActive) }));
  const lost = new Set<string>();
  for (const one of missingPaths({ topology, asked, beside })) {
    // Flows that no statement steers are not dropped by one.
    if (one.members.length > 1) lost.add(missingPathText(topology, one));
  }
  return { by: own, lost: [...lost] };
}
