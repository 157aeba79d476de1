/** A waypoint or an avoid → whether its flows keep a path beside the accepted requests that steer some of them. */
import { STEERS } from "./state/steering.ts";
import { ordersDisagree } from "../paths/waypoint-order.ts";
import type { PathQuestion, AcceptedSteering } from "../certificates/refusal.ts";
import { missesPath } from "../certificates/missing-paths.ts";
import { overlapping } from "./state/overlaps.ts";
import type { Accepted } from "./state/accepted.ts";
import type { Candidate, World } from "./state/world.ts";

/** The input of that question; undefined: the candidate steers nothing, or no topology is known. */
export function pathQuestionOf(
  { accepted, tree, topology }: Pick<World, "accepted" | "tree" | "topology">,
  { id, action: kind, nodes, pieces = [] }: Candidate,
): PathQuestion | undefined {
  if (kind === undefined || nodes === undefined || topology === undefined) return undefined;
  // A request that contradicts the candidate outright is a blocker, and the rejection says so.
  const isContrary = (one: Accepted): boolean =>
    one.kind === kind
      ? kind === "waypoint" && ordersDisagree(nodes, one.nodes!)
      : one.nodes!.some((node) => nodes.includes(node));
  const others = STEERS.flatMap((other) => [...overlapping({ accepted, tree }, pieces, other)]);
  const beside = others.filter((one): one is Accepted & AcceptedSteering => !isContrary(one));
  return { topology, asked: { id, kind, nodes, pieces }, beside };
}

/** Whether a waypoint or an avoid would leave some of its flows without a path, alone or beside the accepted ones. */
export function isWithoutPath(world: World, candidate: Candidate): boolean {
  const pathQuestion = pathQuestionOf(world, candidate);
  return pathQuestion !== undefined && missesPath(pathQuestion);
}
