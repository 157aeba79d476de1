/**
 * Flows → whether a switch holds them in few enough entries. Ethernet types take no masks, so a range of types is an entry
 * for each of them, or for each of all others (NETWORK, "Admission"). All other sets are cheap by masks, tags and
 * conjunctions. A request for too many is refused when tables are made (E801), and so it is offered to nobody.
 */
import type { Flowgroup } from "../flowgroup/cube.ts";
import { constraint } from "../flowgroup/cubes.ts";
import { MOST_ENTRIES } from "../table/entry.ts";

const ALL_TYPES = 0x1_0000;

/** Whether no cube has more types than a table may have entries for one cube. */
export const holdsInEntries = ({ cubes }: Flowgroup): boolean =>
  cubes.every((cube) => {
    const set = constraint(cube, "ethType");
    if (set?.kind !== "number") return true;
    let types = 0;
    for (let i = 0; i < set.ranges.length; i += 2) types += set.ranges[i + 1]! - set.ranges[i]! + 1;
    return Math.min(types, ALL_TYPES - types) <= MOST_ENTRIES;
  });
