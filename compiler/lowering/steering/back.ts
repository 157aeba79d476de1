/**
 * Flows that come back from waypoints → what the spoof guard lets in there, with the priorities of its entries (NETWORK,
 * "Spoof"). They were judged where they entered.
 */
import type { Cube } from "../../flowgroup/cube.ts";
import { cube as cubeOf, intersectCubes } from "../../flowgroup/cubes.ts";
import { IPV6 } from "../../flowgroup/prerequisites.ts";
import { numbers } from "../../flowgroup/sets.ts";
import { possible } from "../../flowgroup/universe.ts";
import { portKey, type Port, type SteeredHops, type Topology } from "../../paths/index.ts";
import type { EntryPosition } from "../contributions/contribution.ts";
import { RETURNED, RETURNED_CHECKED, RETURNED_UNKNOWN } from "../spoof/spoof-entries.ts";
import { RETURNED_IPV6 } from "../spoof/sender-entries.ts";
import { isKnown, returnedFrom, sentToPort, type SentPart } from "./senders.ts";

/** What comes back at a port, and what the spoof guard does with it. */
export interface Back extends SentPart {
  readonly at: Port;
  readonly position: EntryPosition;
}

/** What comes back of some flows. */
export function backOf(flows: Cube, topology: Topology, returns: SteeredHops["returns"]): readonly Back[] {
  const alike = Map.groupBy(returns, ({ at, from, to }) =>
    [portKey(at), to && portKey(to), isKnown(topology, from)].join(" "),
  );
  return [...alike.values()].flatMap((some) => {
    const { at, from, to } = some[0]!;
    const sources = some.map((one) => one.from);
    const isOfKnown = isKnown(topology, from);
    return returnedFrom(flows, topology, sources, at).flatMap(({ flows: sent, isBound, isChecked }) => {
      const trusted = isOfKnown && isBound ? RETURNED : RETURNED_UNKNOWN;
      const position: EntryPosition = isChecked
        ? { stage: "Spoof", priority: RETURNED_CHECKED, effect: "check" }
        : { stage: "Spoof", priority: trusted, effect: "trust" };
      // What is led by the MAC of its end comes back, too: ARP, and what a router is to forward.
      return sentToPort(sent, topology, to).flatMap((part): readonly Back[] => {
        const six = isChecked && part.asked === undefined ? intersectCubes(part.flows, OF_IPV6) : undefined;
        return [{ at, ...part, position }, ...(six && possible(six) ? [{ at, flows: six, position: NEXT }] : [])];
      });
    });
  });
}

/** The table Sender would take neighbour discovery for that of the host at the port itself. */
const NEXT: EntryPosition = { stage: "Sender", priority: RETURNED_IPV6, effect: "allow" };
const OF_IPV6: Cube = cubeOf({ ethType: numbers("ethType", IPV6) });
