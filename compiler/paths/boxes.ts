/**
 * Hosts that can be waypoints. A switch tells what a box sends itself from what it gives back of others by its MAC, and
 * what it gives back from what others send by its port. So a MAC is stated that is its own, and it stands alone at its
 * port (SEMANTICS, "waypoint / avoid").
 */
import { hostsAtPorts, sharedMacs, type AttachedHost, type Topology } from "./topology.ts";

/** Why a host can be no waypoint. */
export type BoxFault =
  | { readonly kind: "noMac" }
  /** Hosts at other ports have each of its MACs, too. */
  | { readonly kind: "sharedMac" }
  /** `others`: the names of the hosts at its port that are not the same machine, in order. */
  | { readonly kind: "beside"; readonly at: AttachedHost["at"]; readonly others: readonly string[] };

/** Why a node can be no waypoint although it stands somewhere; undefined: it can, or it is a switch. */
export function boxFault(topology: Topology, node: string): BoxFault | undefined {
  const host = topology.hosts.get(node);
  if (host === undefined) return undefined;
  if (host.macs.length === 0) return { kind: "noMac" };
  const ownOf = ({ macs }: AttachedHost): readonly number[] => macs.filter((mac) => !sharedMacs(topology).has(mac));
  const own = ownOf(host);
  if (own.length === 0) return { kind: "sharedMac" };
  const isSame = (other: AttachedHost): boolean => {
    const macs = ownOf(other);
    return macs.length === own.length && macs.every((mac) => own.includes(mac));
  };
  const others = hostsAtPorts(topology, [host.at]).filter((other) => !isSame(other));
  return others.length === 0 ? undefined : { kind: "beside", at: host.at, others: others.map(({ name }) => name) };
}
