/** Whether statements hold a packet that does not show all of its flow: which fields it hides, and why. */
import { holdsAmong, holdsHiding, holdsUndirected, type Holds } from "../explain/fragments.ts";
import type { Entering } from "./complete-packet.ts";
import { hiddenFields, isUndirected } from "./packet.ts";

/** The rule for a packet. `fragments` is the policy's `default fragments`. */
export function holdsPacket({ packet, among = {} }: Entering, fragments: "allow" | "deny"): Holds {
  const hiding = holdsHiding(hiddenFields(packet), fragments);
  return holdsAmong(among, isUndirected(packet) ? holdsUndirected(hiding) : hiding);
}
