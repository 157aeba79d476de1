/** A packet → its path through all switches of a network, and whether that is the path which the policy asks for. */
import type { FlowSteering } from "../explain/steering.ts";
import type { Host } from "../model/model.ts";
import { samePort, type Port, type AttachedHost, type Topology } from "../paths/topology.ts";
import type { Table } from "../table/entry.ts";
import type { Entering } from "./complete-packet.ts";
import type { Packet } from "./packet.ts";
import { areJoined, hasPath } from "./paths.ts";
import { faultsOfWalk, walk, type Visit, type Walk } from "./walk.ts";

export interface Journey extends Walk {
  readonly topology: Topology;
  readonly verdict: "allow" | "deny";
  /** The differences from the path that the policy asks for. */
  readonly faults: readonly string[];
}

/** In a network with more links than this no path is searched for a dropped packet. */
const MOST_LINKS = 12;

/**
 * Follows a packet from switch to switch; undefined where no links are known, or where the packet enters by a link and
 * is therefore on its way already. `asked`: whether the policy lets the packet pass, how it is steered, and
 * whether waypoints forward it as routers.
 */
export function follow(
  { packet, switch: switchName }: Entering,
  topology: Topology | undefined,
  tables: ReadonlyMap<string, Table>,
  asked: { readonly passes: boolean; readonly led: FlowSteering | undefined; readonly isRouted?: boolean },
): Journey | undefined {
  const isWired = [...(topology?.trunks.values() ?? [])].some((links) => links.length > 0);
  if (topology === undefined || !isWired || switchName === undefined || !tables.has(switchName)) return undefined;
  const from = { switch: switchName, port: packet.inPort };
  if (topology.trunks.get(switchName)!.some((link) => samePort(link.from, from))) return undefined;
  const addressed = addressedHosts(topology, packet);
  const goal = destination(addressed);
  const { lists = [], avoid = [], lost } = asked.led ?? {};
  const went = walk(tables, topology, packet, from, { lists, to: goal ?? addressed.byAddress?.at }, asked.isRouted);
  // A packet that is flooded on a switch where no other host stands is not dropped.
  const comesOut = ({ outcome, leaves }: Visit): boolean =>
    outcome.outputs.some((one) => typeof one === "string" && one !== "IN_PORT") ||
    leaves.some(({ next }) => !next) ||
    (outcome.outputs.length > 0 && leaves.length === 0);
  const journey = { ...went, topology, verdict: went.visits.some(comesOut) ? "allow" : "deny" } as const;
  if (lost !== undefined) {
    const isWrong = canArrive(topology, from, addressed, { lists, avoid });
    return { ...journey, faults: isWrong ? ["it is dropped, and there is a way"] : [] };
  }
  if (!asked.passes) return { ...journey, faults: [] };
  const to = goal && !samePort(goal, from) && areJoined(topology, switchName, goal.switch) ? goal : undefined;
  return { ...journey, faults: faultsOfWalk(topology, went, { lists, avoid, to }) };
}

/** Whether a path leads a packet to all hosts that its addresses mean; false where that is not searched. */
function canArrive(
  topology: Topology,
  from: Port,
  { byMac, byAddress }: Addressed,
  steering: Pick<FlowSteering, "lists" | "avoid">,
): boolean {
  const isKnown = [...topology.hosts.values()].some(({ at }) => samePort(at, from));
  const links = [...topology.trunks.values()].reduce((sum, some) => sum + some.length, 0) / 2;
  const ends = [byMac, byAddress].flatMap((host) => host?.at ?? []);
  // A waypoint keeps what is for it by its address, though the way leads to the host of the MAC.
  const isKept = byMac !== byAddress && steering.lists.some((list) => list.includes(byAddress?.name ?? ""));
  // A packet that is led by nodes may need a known end.
  const isUnknown = byMac === undefined && byAddress?.macs.length !== 0;
  const isOpen = isUnknown && steering.lists.length > 0;
  return (
    isKnown &&
    !isOpen &&
    !isKept &&
    links <= MOST_LINKS &&
    ends.every((end) => !samePort(end, from)) &&
    (ends.length === 0 ? [undefined] : ends).every((to) => hasPath(topology, { from, to, ...steering }))
  );
}

/** The hosts that a packet's destination addresses mean. */
interface Addressed {
  readonly byMac?: AttachedHost;
  readonly byAddress?: AttachedHost;
}

function addressedHosts({ hosts }: Topology, { ethDst, ip }: Packet): Addressed {
  const hasAddress = ({ addresses }: Host): boolean =>
    addresses.some(({ family, value }) => family === ip?.dst.family && value === ip.dst.value);
  const all = [...hosts.values()];
  const byMac = all.find(({ macs }) => macs.includes(ethDst));
  const byAddress = byMac && hasAddress(byMac) ? byMac : all.find(hasAddress);
  return { ...(byMac && { byMac }), ...(byAddress && { byAddress }) };
}

/** Where a packet is to arrive: at the one host that both of its addresses mean. */
function destination({ byMac, byAddress }: Addressed): Port | undefined {
  const isOne = byMac === undefined ? byAddress?.macs.length === 0 : byAddress === undefined || byAddress === byMac;
  return isOne ? (byMac ?? byAddress)!.at : undefined;
}
