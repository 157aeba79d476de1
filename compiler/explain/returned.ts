/**
 * A packet that comes in at the port of a waypoint: the switches take it for one of a flow that was steered there and
 * returns, and judge it as that flow.
 */
import type { Flow } from "../flowgroup/cube.ts";
import { portKey, samePort, steer, type WaypointReturn } from "../paths/index.ts";
import type { Admission } from "../admission/admission.ts";
import { steeringOf } from "../certificates/missing-paths.ts";
import { holdsWhole, type Holds } from "./fragments.ts";
import { commonFlows } from "./dropped.ts";
import { destinationOf, ingressOf, sourceOf } from "./endpoints.ts";
import { statementsSteering } from "./steering-statements.ts";

export interface ReturnedFlow {
  /** The flow as it was where its source stands. */
  readonly flow: Flow;
  readonly source: string;
  readonly waypoint: string;
}

/** The flow that one which comes in at the port of a waypoint is taken for; undefined: for none but itself. */
export function returnedFlow(
  admission: Admission,
  flow: Flow,
  instant: number,
  holds: Holds = holdsWhole,
): ReturnedFlow | undefined {
  const { topology } = admission.state;
  const at = topology && ingressOf(topology, flow);
  if (topology === undefined || at === undefined) return undefined;
  const source = sourceOf(topology, flow);
  if (source === undefined || samePort(source.at, at)) return undefined;
  const { switch: switchName, port } = source.at;
  const first = { ...flow, srcAP: portKey(source.at), switch: switchName, inPort: port };
  const members = statementsSteering(admission, first, instant, holds);
  const steering = steeringOf(members);
  const { waypoints } = steering;
  const waypoint = waypoints.find((node) => topology.hosts.has(node) && samePort(topology.hosts.get(node)!.at, at));
  if (waypoint === undefined) return undefined;
  const { returns } = steer(topology, { cubes: [commonFlows(members, source.at)] }, steering);
  const to = destinationOf(topology, flow);
  const isIts = (one: WaypointReturn): boolean =>
    samePort(one.at, at) &&
    samePort(one.from, source.at) &&
    (one.to === undefined || (to !== undefined && samePort(one.to, to)));
  return returns.some(isIts) ? { flow: first, source: source.name, waypoint } : undefined;
}
