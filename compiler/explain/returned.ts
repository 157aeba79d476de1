/**
 * A packet that comes in at the port of a waypoint: the switches take it for one of a flow that was steered there and
 * returns, and judge it as that flow.
 */
import type { Flow } from "../flowgroup/cube.ts";
import {
  hostsAtPorts,
  portKey,
  samePort,
  restoredMacs,
  steer,
  type AttachedHost,
  type Port,
  type Topology,
  type WaypointReturn,
} from "../paths/index.ts";
import type { Admission } from "../admission/admission.ts";
import { byText } from "../net/order.ts";
import { steeringOf } from "../certificates/missing-paths.ts";
import { holdsWhole, type Holds } from "./fragments.ts";
import { commonFlows } from "./dropped.ts";
import { destinationOf, ingressOf, leaving, possibleSenders } from "./endpoints.ts";
import { statementsSteering } from "./steering-statements.ts";

export interface ReturnedFlow {
  /** The flow as it was where its source stands. */
  readonly flow: Flow;
  readonly source: string;
  readonly waypoint: string;
  /** Whether it shows the MAC of the waypoint, which forwarded it as a router. */
  readonly isRouted: boolean;
  /** The hosts that have its address, where it is routed and they are several: nothing tells which of them sent it. */
  readonly sharedBy?: readonly string[];
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
  const owners = possibleSenders(topology, flow);
  const owner = owners.length === 0 ? ownerOfMac(topology, flow) : undefined;
  for (const source of owner ? [owner] : owners) {
    if (samePort(source.at, at) || !isWithMacOf(topology, flow, source, at)) continue;
    const found = returnedOf(admission, { flow, source, at, topology }, instant, holds);
    if (found === undefined) continue;
    const told = owners.filter(({ macs }) => macs.length > 0);
    const isShared = found.isRouted && new Set(told.map(({ macs }) => macs[0])).size > 1;
    return { ...found, ...(isShared && { sharedBy: told.map(({ name }) => name).toSorted(byText) }) };
  }
  return undefined;
}

/** The flow as that of one host. */
function returnedOf(
  admission: Admission,
  of: { readonly flow: Flow; readonly source: AttachedHost; readonly at: Port; readonly topology: Topology },
  instant: number,
  holds: Holds,
): ReturnedFlow | undefined {
  const { flow, source, at, topology } = of;
  const { switch: switchName, port } = source.at;
  const users = topology.userHosts.filter(({ host }) => host === source.name).map(({ user }) => user);
  const user = users.length > 1 ? flow.user : (users[0] ?? "unknown");
  const isRouted = hostsAtPorts(topology, [at]).some(({ macs }) => macs.includes(flow.srcEth as number));
  const sent = isRouted ? { ...flow, srcEth: restoredMacs(topology)(source) } : flow;
  const first: Flow = { ...sent, ...(user && { user }), srcAP: portKey(source.at), switch: switchName, inPort: port };
  const members = statementsSteering(admission, leaving(first, topology), instant, holds);
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
  return returns.some(isIts) ? { flow: first, source: source.name, waypoint, isRouted } : undefined;
}

/** The host whose MAC shows a flow from no stated address to be its own: IP or ARP. */
function ownerOfMac({ hosts }: Topology, { srcHost, srcEth, ethType }: Flow): AttachedHost | undefined {
  if (srcHost === undefined && ethType !== ARP) return undefined;
  return [...hosts.values()].find(({ macs }) => macs.includes(srcEth as number));
}

const ARP = 0x0806;

/**
 * Whether a flow that comes back shows the MAC of its source, or that of the waypoint beside an address of its source.
 * Where a MAC is not stated, it may be any that is no other host's.
 */
function isWithMacOf({ hosts }: Topology, { srcHost, srcEth }: Flow, source: AttachedHost, at: Port): boolean {
  const hostsAt = (port: Port): readonly AttachedHost[] => [...hosts.values()].filter((one) => samePort(one.at, port));
  const has = ({ macs }: AttachedHost): boolean => macs.includes(srcEth as number);
  const isUnstated = [...hostsAt(source.at), ...hostsAt(at)].some(({ macs }) => macs.length === 0);
  if (hostsAt(source.at).some(has) || (srcHost !== undefined && hostsAt(at).some(has))) return true;
  return isUnstated && ![...hosts.values()].some(has);
}
