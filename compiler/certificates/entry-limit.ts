/**
 * A request → whether a switch may hold it (NETWORK, "Admission", "Track", "Limit"). What is accepted and then refused
 * when tables are made is offered to nobody (E801, E811, E815, E816). Ethernet types take no masks, so a range of types is
 * an entry for each of them, or for each of all others; where packets are led there is no entry for all others, nor for all
 * other ports. All other sets are cheap by masks, tags and conjunctions.
 */
import type { Cube } from "../flowgroup/cube.ts";
import { constraint } from "../flowgroup/cubes.ts";
import type { RequestDemand } from "../model/model.ts";
import { ingressSwitchesOf, namesSources, type Topology } from "../paths/index.ts";
import { MOST_ENTRIES } from "../table/entry.ts";

const ALL_TYPES = 0x1_0000;

/** Whether no cube of a request needs more than a table may have for it, or what the network has no place to do. */
export function mayBeHeld({ action, flows, nodes }: RequestDemand, topology: Topology | undefined): boolean {
  const isLed = nodes !== undefined;
  if (flows.cubes.some((cube) => constraint(cube, "dstAP") !== undefined || entriesOf(cube, isLed) > MOST_ENTRIES))
    return false;
  if (topology === undefined || topology.trunks.size < 2) return true;
  // Each switch tracks connections alone.
  if (flows.cubes.some((cube) => constraint(cube, "direction") !== undefined)) return false;
  return action !== "limit" || ingressSwitchesOf(topology, flows).length <= 1 || flows.cubes.every(namesSources);
}

/** The entries that a cube takes by the fields that are dear. */
function entriesOf(cube: Cube, isLed: boolean): number {
  const types = constraint(cube, "ethType");
  const count = types?.kind === "number" ? sizeOf(types.ranges) : undefined;
  if (isLed) return (count ?? 1) * masksOf(cube) * portsOf(cube);
  return count === undefined ? 1 : Math.min(count, ALL_TYPES - count);
}

/** The ports where a cube enters: all but one where it leaves out an access point. */
function portsOf(cube: Cube): number {
  const points = constraint(cube, "srcAP");
  if (points?.kind === "name" && points.not) return Infinity;
  const ports = constraint(cube, "inPort");
  return ports?.kind === "number" ? sizeOf(ports.ranges) : 1;
}

/** About as many masks as the MACs of a cube take. */
function masksOf(cube: Cube): number {
  let count = 1;
  for (const field of ["srcEth", "dstEth"] as const) {
    const macs = constraint(cube, field);
    if (macs?.kind === "number" && sizeOf(macs.ranges) > 1) count *= Math.min(sizeOf(macs.ranges), MAC_BITS);
  }
  return count;
}

const MAC_BITS = 48;

function sizeOf(ranges: readonly number[]): number {
  let size = 0;
  for (let i = 0; i < ranges.length; i += 2) size += ranges[i + 1]! - ranges[i]! + 1;
  return size;
}
