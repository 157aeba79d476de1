/** The flows between two ports → the parts that switches recognize, with the priorities of their entries. */
import type { Cube } from "../../flowgroup/cube.ts";
import type { Port, Topology } from "../../paths/index.ts";
import { framedTo, recognizedWithin } from "../encode/endpoints.ts";
import { ANYWHERE, inRank, THERE, THERE_BY_MAC } from "./ranks.ts";

/** Flows between two ports. `isRouted`: sent to a host as if it were a router. */
export interface PartBetween {
  readonly part: Cube;
  readonly priority: number;
  readonly isRouted: boolean;
}

/** What `partsBetween` asks for. */
export interface BetweenPorts {
  readonly from: Port | undefined;
  readonly to: Port | undefined;
  /** See `recognizedWithin`. */
  readonly others: boolean;
  /** Whether what is only framed to a host at `to` counts, too. */
  readonly isRouted: boolean;
  /** The priority just below the region's. */
  readonly base: number;
}

/** The flows between two ports. Those that an address recognizes stand above those that a MAC does. */
export function partsBetween(
  flows: Cube,
  topology: Topology,
  { from, to, others, isRouted, base }: BetweenPorts,
): readonly PartBetween[] {
  const found = recognizedWithin(flows, topology, from, to, others).map((one) => {
    const rank = to === undefined ? ANYWHERE : one.destination ? THERE_BY_MAC : THERE;
    return { part: one.flows, priority: base + inRank(rank, one.source), isRouted: false };
  });
  if (to === undefined || !isRouted) return found;
  // A steered flow may end at a router, which only its MAC recognizes. The same holds for frames without an address.
  const routed = recognizedWithin(flows, topology, from, undefined, others).flatMap((one) => {
    const part = framedTo(one.flows, topology, to);
    return part ? [{ part, priority: base + inRank(THERE_BY_MAC, one.source), isRouted: true }] : [];
  });
  return [...found, ...routed];
}
