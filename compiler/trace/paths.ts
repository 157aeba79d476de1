/**
 * A network × a trip → whether there is a path for it, so that a table may not drop the packet. It uses the search of
 * `paths/`; tests compare it with the reference that tries every trail.
 */
import { waypointPath, route, type Port, type Topology } from "../paths/index.ts";
import { distances } from "../paths/distance.ts";

/** Two ports, waypoints in order, and nodes to avoid. Without `to` it may end anywhere. */
export interface Trip {
  readonly from: Port;
  readonly to: Port | undefined;
  readonly waypoints?: readonly string[];
  /** Instead of waypoints: of several statements. */
  readonly lists?: readonly (readonly string[])[];
  readonly avoid: readonly string[];
}

/** Whether there is a path. */
export function hasPath(topology: Topology, { to, ...trip }: Trip): boolean {
  return (to === undefined ? waypointPath(topology, trip) : route(topology, { ...trip, to })) !== undefined;
}

/** Whether links join two switches at all. */
export const areJoined = (topology: Topology, one: string, other: string): boolean =>
  distances(topology, other, new Set()).has(one);
