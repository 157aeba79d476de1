/**
 * What the network takes away (SEMANTICS, "What the network takes away"): a waypoint or an avoid that only facts keep
 * from holding stands, its flows without a path are dropped, and it holds again by itself once the facts are there.
 */
import { isPlaced, missesPath } from "../certificates/missing-paths.ts";
import { piecesWithoutPath } from "../certificates/no-path.ts";
import type { Reason } from "../certificates/reasons.ts";
import type { Piece } from "../certificates/verdict.ts";
import { friendliest } from "../paths/index.ts";
import { pathQuestionOf } from "./path-question.ts";
import type { Accepted } from "./state/accepted.ts";
import type { Candidate, World } from "./state/world.ts";

/** Reasons that lie in facts: where nodes stand, and which links there are. */
const OF_FACTS = ["unknown-node", "no-path"] as const;

export const isOfFacts = (why: string | number): boolean => OF_FACTS.some((one) => one === why);

/**
 * The reason among those found for which a candidate is suspended; undefined: it holds. Nothing is led to a host whose place
 * is unknown, so an avoid of it holds.
 */
export const suspendingReason = ({ action }: Candidate, found: readonly (string | number)[]): Reason | undefined =>
  OF_FACTS.find((why) => found.includes(why) && !(why === "unknown-node" && action === "avoid"));

type Paths = Pick<World, "accepted" | "tree" | "topology">;

/** A suspension tells at most this many of its flows one by one. */
const MOST = 64;

/**
 * Whether other links, and other places of hosts, would leave a candidate all its paths. A network without switches
 * keeps nothing to a path, and nothing from it.
 */
export function couldHold(world: Paths, candidate: Candidate): boolean {
  const { accepted, tree, topology } = world;
  if (topology === undefined || topology.trunks.size === 0) return false;
  const first = pathQuestionOf({ accepted, tree, topology }, candidate);
  const named = [...(candidate.nodes ?? []), ...(first?.beside ?? []).flatMap(({ nodes }) => nodes)];
  const pathQuestion = pathQuestionOf({ accepted, tree, topology: friendliest(topology, named) }, candidate);
  return pathQuestion !== undefined && !missesPath(pathQuestion);
}

/** The flows that a request loses for such a reason: those without a path; all, where its waypoint's place is unknown. */
export const suspendedPieces = (world: Paths, candidate: Candidate, why: string): readonly Piece[] =>
  why === "unknown-node" ? candidate.pieces! : piecesWithoutPath(pathQuestionOf(world, candidate), MOST);

/** Whether an accepted waypoint or avoid loses flows now: what stood in its way may have been taken back meanwhile. */
export function losesFlows(world: Paths, { id, kind: action, nodes = [], pieces }: Accepted): boolean {
  if (action === "waypoint" && nodes.some((node) => !isPlaced(world.topology, node))) return true;
  const at = pathQuestionOf(world, { id, action, nodes, pieces });
  return at !== undefined && missesPath({ ...at, beside: at.beside.filter((one) => one.id !== id) });
}
