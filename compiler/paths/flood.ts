/**
 * Where a flood from the last waypoint of a path goes: along the spanning tree, as ordinary forwarding floods
 * (`forwarding.ts`). Where it meets a port of the path, the packet would be led round once more, and so on for ever.
 */
import { spanningTree } from "./forwarding.ts";
import { portKey, samePort, type Port, type Topology } from "./topology.ts";
import type { WaypointPath } from "./waypoint-path.ts";

/** Whether a flood that begins where the path ends comes to a port where the path comes in. */
export function floodMeets(topology: Topology, { legs, at }: WaypointPath): boolean {
  const path = legs.flat().map((hop): Port => ({ switch: hop.switch, port: hop.in }));
  const [first] = path;
  if (first === undefined) return false;
  const been = new Set(path.map(portKey));
  const tree = spanningTree(topology, new Set());
  const isClosed = (port: Port): boolean => isTrunk(topology, port) && !tree.has(portKey(port));
  // What comes in by a link outside the tree is not flooded.
  if (isClosed(at)) return false;
  // A host that is no waypoint gives nothing back: its source gets its own broadcast, and that is all.
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
