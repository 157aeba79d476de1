/**
 * Suspension of requests (SEMANTICS, "What the network takes away"). A waypoint or an avoid that fails only because of
 * facts stands, and its flows without a path are dropped. A reservation for which a link has no room stands, and its
 * flows get what the link has left. Each holds again by itself once the facts allow it.
 */
import { boxFaultOf, isPlaced, missesPath } from "../certificates/missing-paths.ts";
import { piecesWithoutPath } from "../certificates/no-path.ts";
import type { Reason } from "../certificates/reasons.ts";
import type { PathQuestion } from "../certificates/refusal.ts";
import type { Piece } from "../certificates/verdict.ts";
import { friendliest } from "../paths/index.ts";
import { pathQuestionOf } from "./path-question.ts";
import type { Accepted } from "./state/accepted.ts";
import type { Candidate, World } from "./state/world.ts";

/** Reasons that come from facts: the places and MACs of nodes, the links, and the rates of these. */
const OF_FACTS = ["unknown-node", "unfit-node", "no-path", "link-short"] as const;

export const isOfFacts = (why: string | number): boolean => OF_FACTS.some((one) => one === why);

/**
 * The reason for which a candidate is suspended, among those found; undefined where none of them suspends it. No flow
 * is led to a host whose place is unknown, so an avoid of such a host holds.
 */
export const suspendingReason = ({ action }: Candidate, found: readonly (string | number)[]): Reason | undefined =>
  OF_FACTS.find((why) => found.includes(why) && !(why === "unknown-node" && action === "avoid"));

const givesBack = ({ topology }: Pick<World, "topology">, node: string): boolean =>
  isPlaced(topology, node) && boxFaultOf(topology, node) === undefined;

type Paths = Pick<World, "accepted" | "tree" | "topology">;

/** The most pieces of flows that a suspension lists. */
const MOST_PIECES = 64;

/**
 * Whether a candidate would stand under other facts: with the friendliest links and places of hosts. False in a network
 * without switches, where paths cannot be enforced. Another link could be fast enough for any reservation.
 */
export function couldHold(world: Paths, candidate: Candidate): boolean {
  if (candidate.action === "reserve") return true;
  const question = friendliestQuestionOf(world, candidate);
  return question !== undefined && !missesPath(question);
}

/** The path question of a candidate in the friendliest network; undefined: paths cannot be enforced, or it steers nothing. */
export function friendliestQuestionOf(
  { accepted, tree, topology }: Paths,
  candidate: Candidate,
): PathQuestion | undefined {
  if (topology === undefined || topology.trunks.size === 0) return undefined;
  const first = pathQuestionOf({ accepted, tree, topology }, candidate);
  const named = [...(candidate.nodes ?? []), ...(first?.beside ?? []).flatMap(({ nodes }) => nodes)];
  return pathQuestionOf({ accepted, tree, topology: friendliest(topology, named) }, candidate);
}

/**
 * The flows for which a suspended request cannot be kept: those without a path, or all of a reservation, and of a
 * waypoint whose place is unknown.
 */
export const suspendedPieces = (world: Paths, candidate: Candidate, why: string): readonly Piece[] =>
  why !== "no-path" ? candidate.pieces! : piecesWithoutPath(pathQuestionOf(world, candidate), MOST_PIECES);

/**
 * Whether an accepted request is suspended in the present state: requests in the way of a waypoint or an avoid may have
 * gone since. A reservation was charged when it was decided, and no removal decides it anew.
 */
export function isStillSuspended(world: Paths, { id, kind: action, nodes = [], pieces }: Accepted): boolean {
  if (action === "reserve") return true;
  if (action === "waypoint" && nodes.some((node) => !givesBack(world, node))) return true;
  const question = pathQuestionOf(world, { id, action, nodes, pieces });
  return question !== undefined && missesPath({ ...question, beside: question.beside.filter((one) => one.id !== id) });
}
