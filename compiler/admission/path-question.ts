/** Whom a waypoint or an avoid meets on the way: those that stand and lead some of its flows at the same time. */
import { ordersDisagree } from "../paths/waypoint-order.ts";
import type { PathQuestion, AcceptedSteering } from "../certificates/refusal.ts";
import { missesPath } from "../certificates/missing-paths.ts";
import { overlapping } from "./state/overlaps.ts";
import type { Accepted } from "./state/accepted.ts";
import type { Candidate, World } from "./state/world.ts";

/** What decides whether its flows have a way; undefined: it asks for none, or nobody knows of any. */
export function pathQuestionOf(
  { accepted, tree, topology }: Pick<World, "accepted" | "tree" | "topology">,
  { id, action: kind, nodes, pieces = [] }: Candidate,
): PathQuestion | undefined {
  if (kind === undefined || nodes === undefined || topology === undefined) return undefined;
  // One that contradicts the candidate outright is a conflict, which is told as such.
  const isContrary = (one: Accepted): boolean =>
    one.kind === kind
      ? kind === "waypoint" && ordersDisagree(nodes, one.nodes!)
      : one.nodes!.some((node) => nodes.includes(node));
  const others = STEERS.flatMap((other) => [...overlapping({ accepted, tree }, pieces, other)]);
  const beside = others.filter((one): one is Accepted & AcceptedSteering => !isContrary(one));
  return { topology, asked: { id, kind, nodes, pieces }, beside };
}

/** Whether a waypoint or an avoid would leave some of its flows no way, alone or beside those that stand. */
export function isWithoutPath(world: World, candidate: Candidate): boolean {
  const pathQuestion = pathQuestionOf(world, candidate);
  return pathQuestion !== undefined && missesPath(pathQuestion);
}

const STEERS = ["waypoint", "avoid"] as const;
