/**
 * Whether a network has a path that does what is asked of a packet: the yardstick for tables that drop one. It asks the
 * search of `paths/`; the tests compare it with the reference that tries every trail.
 */
import { waypointPath, route, type Port, type Topology } from "../paths/index.ts";
import { distances } from "../paths/distance.ts";

/** From where to where, by which waypoints in order, around which nodes. Without `to`: anywhere. */
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
