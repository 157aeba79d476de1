/** The MAC that what a host sends gets back once a waypoint has forwarded it as a router (NETWORK, "Restore"). */
import { sha256 } from "../net/sha256.ts";
import type { AttachedHost, Topology } from "./topology.ts";

/** A host → the least of its MACs; of one without a stated MAC a made-up one, always the same, that no host has. */
export function restoredMacs({
  hosts,
}: Pick<Topology, "hosts">): (host: Pick<AttachedHost, "name" | "macs">) => number {
  let bound: ReadonlySet<number> | undefined;
  return ({ name, macs: [first] }) => {
    if (first !== undefined) return first;
    bound ??= new Set([...hosts.values()].flatMap(({ macs }) => macs));
    for (let round = 0; ; round++) {
      // The first byte says that it is of one host, and that nobody was given it (IEEE 802, 8.4).
      const mac = Number(`0x02${sha256(`${round} ${name}`).slice(0, 10)}`);
      if (!bound.has(mac)) return mac;
    }
  };
}
