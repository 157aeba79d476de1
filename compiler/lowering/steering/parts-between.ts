/** The flows between two ports → the parts that switches recognize, with the priorities of their entries. */
import type { Cube } from "../../flowgroup/cube.ts";
import { constraint } from "../../flowgroup/cubes.ts";
import { cubeKey } from "../../flowgroup/keys.ts";
import { addressSet } from "../../flowgroup/sets.ts";
import { hostsAtPorts, portKey, type InnerBox, type Port, type SteeredHops, type Topology } from "../../paths/index.ts";
import { framedTo, narrow, recognizedWithin } from "../encode/endpoints.ts";
import { askedAt, type SentPart } from "../encode/senders.ts";

/**
 * The ranks of a region's entries: the highest one that matches a packet decides. Each rank has two priorities, so that
 * an entry that recognizes the source by its address stands above one that recognizes it by its MAC.
 */
export const REGION_RANKS = 8;
export const [THERE, THERE_BY_MAC, ANYWHERE, UNLED, BY_MAC, BY_ADDRESS, FLOOD] = [7, 6, 5, 4, 3, 2, 1];

/** The priority of a rank, above that of the region's lowest entries. */
export const inRank = (rank: number, isSourceByMac = false): number => 2 * rank + (isSourceByMac ? 0 : 1);

/**
 * The same of what comes in at the port of a host without a stated MAC and avoids switches: of flows to a host by its MAC
 * and by its address, of what is dropped beneath them, and of floods. What floods by its port alone stands below all floods of
 * other regions: these show a source, and another could have the same priority.
 */
export const IN_BLIND_RANK = {
  mac: inRank(THERE_BY_MAC, true),
  address: inRank(ANYWHERE, true),
  dropped: inRank(UNLED, true),
  flood: inRank(FLOOD),
  blindFlood: 1,
} as const;

/** Flows between two ports. */
export interface PartBetween extends SentPart {
  readonly priority: number;
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

/**
 * The flows between two ports. Those that an address recognizes stand above those that a MAC does. `sources`: a topology of
 * the hosts that send them; `ends`: one of those that get them, by what shows it.
 */
export function partsBetween(
  flows: Cube,
  topology: Topology,
  { from, to, others, isRouted, base }: BetweenPorts,
  sources = topology,
  ends = topology,
): readonly PartBetween[] {
  const sent = recognizedWithin(flows, sources, from, undefined, others);
  if (to === undefined) return sent.map((one) => ({ flows: one.flows, priority: base + inRank(ANYWHERE, one.source) }));
  const found = sent.flatMap(({ flows: own, source }) =>
    recognizedWithin(own, ends, undefined, to, others).map((one) => {
      const rank = one.destination ? THERE_BY_MAC : THERE;
      return { flows: one.flows, priority: base + inRank(rank, source) };
    }),
  );
  const asking = sent.flatMap((one) =>
    askedAt(one.flows, topology, to).map((arp) => ({ ...arp, priority: base + inRank(THERE, one.source) })),
  );
  // A steered flow may end at a router, which only its MAC recognizes. The same holds for frames without an address.
  const routed = (isRouted ? sent : []).flatMap((one) => {
    const part = framedTo(one.flows, topology, to);
    return part ? [{ flows: part, priority: base + inRank(THERE_BY_MAC, one.source) }] : [];
  });
  return [...found, ...asking, ...routed];
}

/** Whether it is by addresses that the destination is recognized, and the MAC may be that of a host elsewhere. */
export function isByAddress({ flows, asked }: PartBetween, topology: Topology, to: Port): boolean {
  if (asked !== undefined || constraint(flows, "dstHost") === undefined) return false;
  const framed = framedTo(flows, topology, to);
  return framed === undefined || cubeKey(framed) !== cubeKey(flows);
}

/**
 * The waypoints that are passed before another by what may show their addresses: where `ends`, the hosts by what shows that flows are
 * for them, tells them by addresses, and entries lead or drop what is for them, these decide it.
 */
export function innerApart({ inner, hops, drops }: SteeredHops, ends: Topology): readonly InnerBox[] {
  const keyOf = (from: Port, to: Port): string => `${portKey(from)} ${portKey(to)}`;
  const pairs = new Set([...hops, ...drops].flatMap(({ from, to }) => (to ? [keyOf(from, to)] : [])));
  const isByAddress = (box: Port): boolean => hostsAtPorts(ends, [box]).some(({ addresses }) => addresses.length > 0);
  return inner.filter(({ from, box }) => !isByAddress(box) || !pairs.has(keyOf(from, box)));
}

/** What of these parts shows an address of the waypoint at a port, above all that leads it. */
export function toInner(
  parts: readonly PartBetween[],
  topology: Topology,
  box: Port,
  base: number,
): readonly PartBetween[] {
  const addresses = addressSet(hostsAtPorts(topology, [box]).flatMap((host) => host.addresses));
  return parts.flatMap(({ flows, asked, priority }): readonly PartBetween[] => {
    const held = asked || !addresses ? undefined : narrow(flows, "dstHost", addresses);
    const isSourceByMac = (priority - base) % 2 === 0;
    return held ? [{ flows: held, priority: base + inRank(THERE, isSourceByMac) }] : [];
  });
}

/** `partsBetween`, remembered: the hops of one path ask for it again and again. */
export class PartsBetween {
  readonly #topology: Topology;
  readonly #sources: Topology;
  readonly #ends: Topology;
  readonly #known = new Map<Cube, Map<string, readonly PartBetween[]>>();

  constructor(topology: Topology, sources: Topology, ends: Topology) {
    this.#topology = topology;
    this.#sources = sources;
    this.#ends = ends;
  }

  of(flows: Cube, ports: BetweenPorts): readonly PartBetween[] {
    const { from, to, others, isRouted, base } = ports;
    const known = this.#known.get(flows) ?? new Map<string, readonly PartBetween[]>();
    this.#known.set(flows, known);
    const key = `${from && portKey(from)} ${to && portKey(to)} ${others} ${isRouted} ${base}`;
    let found = known.get(key);
    if (found === undefined)
      known.set(key, (found = partsBetween(flows, this.#topology, ports, this.#sources, this.#ends)));
    return found;
  }
}
