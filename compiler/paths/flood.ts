/**
 * A path through waypoints → whether a flood from its last waypoint comes back to it. Ordinary forwarding floods along
 * the spanning tree (`forwarding.ts`). If such a flood came to a port of the path, the packet would follow the path
 * again, and so on for ever.
 */
import { spanningTree } from "./forwarding.ts";
import { portKey, samePort, type Port, type Topology } from "./topology.ts";
import type { WaypointPath } from "./waypoint-path.ts";

/** Whether a flood that begins at the end of the path comes to a port by which the path enters a switch. */
export function floodMeets(topology: Topology, { legs, at }: WaypointPath): boolean {
  const path = legs.flat().map((hop): Port => ({ switch: hop.switch, port: hop.in }));
  const [first] = path;
  if (first === undefined) return false;
  const been = new Set(path.map(portKey));
  const tree = spanningTree(topology, new Set());
  const isClosed = (port: Port): boolean => isTrunk(topology, port) && !tree.has(portKey(port));
  // Packets that come in by a link outside the tree are not flooded.
  if (isClosed(at)) return false;
  // Only waypoints send packets back. Another host on the path, its source, merely gets its own broadcast.
  const waypoints = path.slice(1).filter((port) => !isTrunk(topology, port));
  const queue: Port[] = [at];
  const entered = new Set<string>();
  for (const port of queue) {
    if (entered.has(portKey(port))) continue;
    entered.add(portKey(port));
    if (waypoints.some((one) => one.switch === port.switch && !samePort(one, port))) return true;
    for (const { from, to } of topology.trunks.get(port.switch)!) {
      if (samePort(from, port)) continue;
      if (been.has(portKey(to))) return true;
      if (!isClosed(to)) queue.push(to);
    }
  }
  return false;
}

const isTrunk = ({ trunks }: Topology, port: Port): boolean =>
  (trunks.get(port.switch) ?? []).some(({ from }) => samePort(from, port));
