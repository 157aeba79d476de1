/** Whether statements hold a packet that does not show all of its flow: which fields it hides, and why. */
import { holdsAmong, holdsHiding, holdsUndirected, type Holds } from "../explain/fragments.ts";
import { withConstraint } from "../flowgroup/index.ts";
import type { Entering } from "./complete-packet.ts";
import { hiddenFields, isUndirected } from "./packet.ts";

/** The rule for a packet. `fragments` is the policy's `default fragments`. */
export function holdsPacket({ packet, among = {} }: Entering, fragments: "allow" | "deny"): Holds {
  const hiding = holdsHiding(hiddenFields(packet), fragments);
  return holdsAmong(among, isUndirected(packet) ? holdsUndirected(hiding) : hiding);
}

/** The same whoever's it is: an address that hosts of several users share does not show that. */
export const holdsOfAnybody =
  (holds: Holds): Holds =>
  (kind, cube, flow) =>
    holds(kind, withConstraint(withConstraint(cube, "user", undefined), "dstUser", undefined), flow);
