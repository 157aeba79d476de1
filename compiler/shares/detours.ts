/**
 * Whether the paths that `waypoint` and `avoid` ask for exist (SEMANTICS, "waypoint / avoid"). Effective are all
 * waypoints in order and the union of what is avoided, so a request is tried alone and beside each that it meets.
 */
import type { Flowgroup } from "../flowgroup/cube.ts";
import { intersect } from "../flowgroup/index.ts";
import { linksOf, placeOf, type Pair, type Steering, type Topology } from "../paths/index.ts";

/** A request about the way that flows take. */
export interface Detour {
  readonly kind: string;
  readonly flows: Flowgroup;
  readonly nodes: readonly string[];
}

/** Whether a node stands anywhere: a switch, or a host at a known port. */
export const isPlaced = (topology: Topology | undefined, node: string): boolean =>
  topology !== undefined && placeOf(topology, node) !== undefined;

/** Ends between which there is no path left, if there are such ends. */
export function stranded(topology: Topology | undefined, asked: Detour, beside: Iterable<Detour>): Pair | undefined {
  if (topology === undefined) return undefined;
  const [alone] = linksOf(topology, asked.flows, steeringOf([asked])).unreachable;
  if (alone) return alone;
  for (const other of beside) {
    const common = intersect(asked.flows, other.flows);
    const [pair] = linksOf(topology, common, steeringOf([other, asked])).unreachable;
    if (pair) return pair;
  }
  return undefined;
}

function steeringOf(detours: readonly Detour[]): Steering {
  const nodes = (kind: string): readonly string[] =>
    detours.filter((one) => one.kind === kind).flatMap((one) => one.nodes);
  return { waypoints: nodes("waypoint"), avoid: nodes("avoid") };
}
