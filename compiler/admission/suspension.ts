/**
 * Suspension of requests (SEMANTICS, "What the network takes away"). A waypoint or an avoid that fails only because of
 * facts stands, and its flows without a path are dropped. It holds again by itself once the facts allow all its paths.
 */
import { isPlaced, missesPath } from "../certificates/missing-paths.ts";
import { piecesWithoutPath } from "../certificates/no-path.ts";
import type { Reason } from "../certificates/reasons.ts";
import type { Piece } from "../certificates/verdict.ts";
import { friendliest } from "../paths/index.ts";
import { pathQuestionOf } from "./path-question.ts";
import type { Accepted } from "./state/accepted.ts";
import type { Candidate, World } from "./state/world.ts";

/** Reasons that come from facts: the places of nodes, and the links. */
const OF_FACTS = ["unknown-node", "no-path"] as const;

export const isOfFacts = (why: string | number): boolean => OF_FACTS.some((one) => one === why);

/**
 * The reason for which a candidate is suspended, among those found; undefined where none of them suspends it. No flow
 * is led to a host whose place is unknown, so an avoid of such a host holds.
 */
export const suspendingReason = ({ action }: Candidate, found: readonly (string | number)[]): Reason | undefined =>
  OF_FACTS.find((why) => found.includes(why) && !(why === "unknown-node" && action === "avoid"));

type Paths = Pick<World, "accepted" | "tree" | "topology">;

/** The most pieces of flows that a suspension lists. */
const MOST_PIECES = 64;

/**
 * Whether a candidate would have all its paths under other facts: with the friendliest links and places of hosts. False
 * in a network without switches, where paths cannot be enforced.
 */
export function couldHold(world: Paths, candidate: Candidate): boolean {
  const { accepted, tree, topology } = world;
  if (topology === undefined || topology.trunks.size === 0) return false;
  const first = pathQuestionOf({ accepted, tree, topology }, candidate);
  const named = [...(candidate.nodes ?? []), ...(first?.beside ?? []).flatMap(({ nodes }) => nodes)];
  const pathQuestion = pathQuestionOf({ accepted, tree, topology: friendliest(topology, named) }, candidate);
  return pathQuestion !== undefined && !missesPath(pathQuestion);
}

/** The flows that a suspended request loses: those without a path, or all if its waypoint's place is unknown. */
export const suspendedPieces = (world: Paths, candidate: Candidate, why: string): readonly Piece[] =>
  why === "unknown-node" ? candidate.pieces! : piecesWithoutPath(pathQuestionOf(world, candidate), MOST_PIECES);

/** Whether an accepted waypoint or avoid loses flows in the present state: requests in its way may have gone since. */
export function losesFlows(world: Paths, { id, kind: action, nodes = [], pieces }: Accepted): boolean {
  if (action === "waypoint" && nodes.some((node) => !isPlaced(world.topology, node))) return true;
  const question = pathQuestionOf(world, { id, action, nodes, pieces });
  return question !== undefined && missesPath({ ...question, beside: question.beside.filter((one) => one.id !== id) });
}
