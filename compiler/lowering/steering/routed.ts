/**
 * What a box forwards as a router. It shows the MAC of the box, which recognizes the box's own packets, and the address of
 * another host. Two places would take it for the box's own:
 * - the port where its own broadcasts are flooded back: ordinary forwarding takes it there by the address (`routedBy`);
 * - the box's own path, in the region of its sender's flows or in that of the box's. What has more waypoints before it is
 *   led to these. What has none should go on by ordinary forwarding, which stands below: it would go to another box again,
 *   and round until its hops are used up. It is dropped before it comes there (`routedOn`).
 */
import type { Cube } from "../../flowgroup/cube.ts";
import { constraint, intersectCubes } from "../../flowgroup/cubes.ts";
import { cut } from "../../flowgroup/index.ts";
import { cubeKey } from "../../flowgroup/keys.ts";
import { setHolds, setOverlaps } from "../../flowgroup/sets.ts";
import { possible } from "../../flowgroup/universe.ts";
import { printIp } from "../../net/address.ts";
import { leavesAt } from "../../paths/end-ports.ts";
import {
  hostsAtPorts,
  isOfUsersAt,
  portKey,
  samePort,
  type AttachedHost,
  type Flood,
  type Port,
  type SteeredHops,
  type Topology,
} from "../../paths/index.ts";
import { framedBy, recognizedFrom, recognizedWithin } from "../encode/endpoints.ts";
import { partsBetween, type PartBetween } from "./parts-between.ts";
import { shownEndsOf, type Region } from "./regions.ts";
import { sendersAt } from "./shared-hosts.ts";

/**
 * The flows with the addresses of other hosts, for entries at the port by which the flood of a box goes back. Left out are
 * the addresses for which the switch there has an entry of the same priority, as on the switch of a flood's source.
 */
export function routedBy(
  topology: Topology,
  flows: Cube,
  { at, from: box, goesBack }: Flood,
  floods: readonly Flood[],
  boxPorts: ReadonlySet<string>,
): readonly Cube[] {
  if (!goesBack || !boxPorts.has(portKey(box))) return [];
  const hosts = [...topology.hosts.values()];
  const isHome = (port: Port): boolean =>
    floods.some(({ comesHome, from }) => comesHome && from.switch === at.switch && samePort(from, port));
  const texts = ({ addresses }: AttachedHost): readonly string[] => addresses.map((one) => printIp(one));
  const taken = new Set(hosts.filter((host) => samePort(host.at, box) || isHome(host.at)).flatMap(texts));
  const others = Map.groupBy(hosts, (host) => portKey(host.at));
  return [...others.values()]
    .filter((here) => !here.flatMap(texts).some((text) => taken.has(text)))
    .flatMap(([host]) => recognizedWithin(flows, topology, host!.at, undefined, false))
    .flatMap((one) => (one.source ? [] : [one.flows]));
}

/** How a region leads its flows. */
export interface Leading {
  /**
   * The region's flows without where they come in and leave, and without their user: the MAC shows the user of a box, the address
   * that of a sender.
   */
  readonly open: Cube;
  /** The priority just below those of its entries. */
  readonly base: number;
  readonly steered: Pick<SteeredHops, "hops" | "returns" | "drops">;
  readonly region: Region;
  /** Whether it has entries for its flows on every switch, also where no path of theirs leads. */
  readonly isEverywhere: boolean;
}

type Out = number | "IN_PORT";

/** Flows that a box forwarded as a router, and where a region sends them that would take them for the box's own. */
export interface RoutedOn {
  readonly at: Port;
  readonly flows: Cube;
  readonly priority: number;
  /** Undefined: they are dropped. */
  readonly port: Out | undefined;
}

/**
 * What the entries of a region for packets with the MAC of a box would lead away, though the box forwarded it for another.
 * `all`: the regions, of which others may lead these packets through the box.
 */
export function routedOn(
  topology: Topology,
  one: Leading,
  all: readonly Leading[],
  boxPorts: ReadonlySet<string>,
): readonly RoutedOn[] {
  // Only an entry for a box's own path, or for its MAC, takes anything for the box's own.
  const hosts = isByMac(one) ? topology.hosts.values() : hostsAtPorts(topology, distinct(one.steered.hops));
  return boxesAt(hosts, boxPorts).flatMap((box): readonly RoutedOn[] => {
    const isBack = ({ at, from }: SteeredHops["returns"][number]): boolean => samePort(at, box) && !samePort(from, box);
    const here = distinct(one.steered.returns.filter(isBack));
    const through = returningAt(all, box).filter((other) => isOfKind(other, one));
    // Who is a source of the region is led by it, whatever other regions do.
    const elsewhere = through.flatMap((by) => {
      const back = by === one ? [] : by.steered.returns.filter(isBack);
      const isApart = back.length === 0 || !mayLeaveAtOne(topology, by, one);
      const both = isApart ? undefined : intersectCubes(by.open, one.open);
      if (both === undefined) return [];
      return distinct(back).flatMap((port): readonly Sender[] => {
        const above = leadingFrom(all, port).filter(
          (other) => isOfKind(other, one) && other.base > by.base && mayLeaveAtOne(topology, by, other),
        );
        return sendersAt(topology, port, [...(leads(one, port) ? [one] : []), ...above]).flatMap(([sources, led]) =>
          led.includes(one) ? [] : [{ from: port, by, sources, within: leftOf(both, led) }],
        );
      });
    });
    const senders = [
      ...here.map((from): Sender => ({ from, by: one, within: () => [one.open], sources: topology })),
      ...elsewhere,
    ];
    return [
      ...onPathOfBox(topology, one, { box, senders, boxPorts }),
      ...elsewhere.flatMap((sender) => aheadElsewhere(topology, one, { box, sender, boxPorts })),
    ];
  });
}

/** Boxes at a port, a region that leads what others send through them, and one that steers what shows their MAC. */
export interface TakenForOwn {
  readonly box: Port;
  readonly through: Region;
  readonly by: Region;
}

/** Where what a box forwards may be taken for its own, whatever `routedOn` finds: for N860. */
export function takenForOwn(
  topology: Topology,
  all: readonly Leading[],
  boxPorts: ReadonlySet<string>,
): readonly TakenForOwn[] {
  return all.flatMap((one) => {
    const macs = constraint(one.open, "srcEth");
    const isNamed = (host: AttachedHost): boolean =>
      (macs === undefined || host.macs.some((mac) => setHolds(macs, mac))) &&
      isOfUsersAt(topology, one.region.cube, host.at);
    const hosts = one.isEverywhere && isByMac(one) ? [...topology.hosts.values()] : [];
    const named = boxesAt(hosts.filter(isNamed), boxPorts);
    const leading = boxesAt(hostsAtPorts(topology, distinct(one.steered.hops)), boxPorts);
    return distinct([...leading, ...named].map((from) => ({ from }))).flatMap((box) => {
      const isDropped = named.some((at) => samePort(at, box));
      if (!isDropped && toBoxes(topology, one, box, boxPorts).length === 0) return [];
      const mac = recognizedWithin(one.open, topology, box, undefined, one.region.fragments === "apart");
      const own = mac.flatMap(({ flows, source }) => (source ? [flows] : []));
      const shown = isDropped ? [framedBy(one.open, topology, [box]) ?? []].flat() : own;
      // Of a region above, as through the boxes of one list, the addresses of senders decide before that MAC.
      const others = returningAt(all, box).filter((other) => other !== one && other.base <= one.base);
      return others.flatMap((other): readonly TakenForOwn[] => {
        const from = distinct(
          other.steered.returns.filter(({ at, from: port }) => samePort(at, box) && !samePort(port, box)),
        );
        const isTaken = shown
          .flatMap((flows) => intersectCubes(flows, other.open) ?? [])
          .flatMap((flows) => recognizedFrom(flows, topology, from))
          .some(({ flows, kind }) => kind === "address" && possible(flows));
        return isTaken && isOfKind(other, one) ? [{ box, through: other.region, by: one.region }] : [];
      });
    });
  });
}

/**
 * Whether one packet may be of two regions, as far as `dstAP` says. Where it names ports of known hosts alone, the entries of that
 * region ask for these hosts, and a region of other ports leads nothing to them.
 */
function mayLeaveAtOne({ hosts }: Topology, { region: a }: Leading, { region: b }: Leading): boolean {
  const [first, second] = [constraint(a.cube, "dstAP"), constraint(b.cube, "dstAP")];
  if (first === undefined || second === undefined || setOverlaps(first, second)) return true;
  const known = new Set([...hosts.values()].map(({ at }) => portKey(at)));
  return ![first, second].some((set) => set.kind === "name" && !set.not && set.names.every((name) => known.has(name)));
}

/** The regions, found again by the ports that `portsOf` gives for each of them. INVARIANT: their list does not change any more. */
function indexed(
  portsOf: (steered: Leading["steered"]) => readonly Port[],
): (all: readonly Leading[], port: Port) => readonly Leading[] {
  const known = new WeakMap<readonly Leading[], ReadonlyMap<string, readonly Leading[]>>();
  return (all, port) => {
    let found = known.get(all);
    if (found === undefined) known.set(all, (found = byPort(all, portsOf)));
    return found.get(portKey(port)) ?? [];
  };
}

function byPort(
  all: readonly Leading[],
  portsOf: (steered: Leading["steered"]) => readonly Port[],
): ReadonlyMap<string, readonly Leading[]> {
  const found = new Map<string, Leading[]>();
  for (const one of all) {
    for (const key of new Set(portsOf(one.steered).map(portKey))) {
      const here = found.get(key);
      if (here === undefined) found.set(key, [one]);
      else here.push(one);
    }
  }
  return found;
}

/** The regions that hold flows from a port. */
const leadingFrom = indexed(({ hops, drops }) => [...hops, ...drops].map(({ from }) => from));

/** The regions of which something comes back at a port. */
const returningAt = indexed(({ returns }) => returns.map(({ at }) => at));

/** Whether a region holds flows from a port. */
const leads = ({ steered: { hops, drops } }: Leading, port: Port): boolean =>
  [...hops, ...drops].some(({ from }) => samePort(from, port));

/** What these regions leave of some flows to a port: one of other ports alone (`dstAP`) leads nothing there. */
const leftOf =
  (flows: Cube, above: readonly Leading[]): Sender["within"] =>
  (to) => {
    const led = above.filter(({ region: { cube } }) => to === undefined || leavesAt(cube, to));
    return led.reduce<readonly Cube[]>((left, { open }) => left.flatMap((one) => cut(one, open)), [flows]);
  };

/** Whose flows a region leads through a box, and those of them to a port that no region above it leads. */
interface Sender {
  readonly from: Port;
  readonly by: Leading;
  readonly within: (to: Port | undefined) => readonly Cube[];
  /** The topology, or one with those of the hosts there of whom it is so. */
  readonly sources: Topology;
}

/**
 * Where the box's own path leads to another box: what has waypoints left goes on to these, and the rest is dropped. To lead it
 * to each host, as ordinary forwarding does, would cost entries for each pair of hosts.
 */
function onPathOfBox(
  topology: Topology,
  one: Leading,
  of: { readonly box: Port; readonly senders: readonly Sender[]; readonly boxPorts: ReadonlySet<string> },
): readonly RoutedOn[] {
  const { box, senders, boxPorts } = of;
  if (senders.length === 0) return [];
  const ways = new Map([...new Set(senders.map(({ by }) => by))].map((by) => [by, outsOf(by)]));
  const mac = recognizedWithin(one.open, topology, box, undefined, one.region.fragments === "apart");
  // What the MAC of the box recognizes as its own.
  const own = mac.flatMap(({ flows, source }) => (source ? [flows] : []));
  return toBoxes(topology, one, box, boxPorts).flatMap(({ to, hop }) => {
    const at = { switch: hop.switch, port: hop.in };
    const sent = senders.flatMap((sender): readonly (typeof sender & Pick<RoutedOn, "port">)[] => {
      const out = (towards: Port | undefined): Out | undefined =>
        ways.get(sender.by)!.get(bound(hop, sender.from, towards));
      // Its own entry stands above these, or `aheadElsewhere` puts one there.
      if (out(to) !== undefined) return [];
      // To this end its region has a drop of its own, as for what a host sends to itself.
      const ends = sender.by.steered.drops.some(
        (one) => samePort(one.from, sender.from) && one.to && to && samePort(one.to, to),
      );
      const open = ends ? undefined : out(undefined);
      if (open === undefined) return [{ ...sender, port: undefined }];
      return sender.by.base > one.base ? [] : [{ ...sender, port: open }];
    });
    const shared = ({ sources, from }: Sender): string => (sources === topology ? "" : portKey(from));
    const alike = Map.groupBy(
      sent,
      (sender) => `${sender.port} ${sender.within(to).map(cubeKey).join()} ${shared(sender)}`,
    );
    return [...alike.values()].flatMap((some) => {
      const { port, within, sources } = some[0]!;
      return own
        .flatMap((flows) => within(to).flatMap((one) => intersectCubes(flows, one) ?? []))
        .flatMap((flows) => recognizedFrom(flows, sources, distinct(some)))
        .flatMap(({ flows, kind }) => (kind === "address" && possible(flows) ? between(topology, one, flows, to) : []))
        .map((one) => ({ at, flows: one.flows, priority: one.priority, port }));
    });
  });
}

/** Where a region sends flows, by place and ends. */
const outsOf = ({ steered }: Leading): ReadonlyMap<string, Out> =>
  new Map(
    steered.hops.map(({ from, to, hop }) => [bound(hop, from, to), hop.in === hop.out ? "IN_PORT" : hop.out] as const),
  );

/** Where another region leads these packets to waypoints that are left, and does not stand above this one. */
function aheadElsewhere(
  topology: Topology,
  one: Leading,
  of: { readonly box: Port; readonly sender: Sender; readonly boxPorts: ReadonlySet<string> },
): readonly RoutedOn[] {
  const { box, sender, boxPorts } = of;
  const { from, by, sources } = sender;
  const isOwn = one.steered.hops.some((hop) => samePort(hop.from, box));
  if (by.base > one.base || (!isOwn && !isByMac(one))) return [];
  const put = (at: Port, to: Port | undefined, port: Out | undefined): readonly RoutedOn[] => {
    const parts = recognizedFrom(by.open, sources, [from]).flatMap((part) =>
      part.kind === "address" ? between(topology, by, part.flows, to) : [],
    );
    const within = sender.within(to).flatMap((flows) => framedBy(flows, topology, [box]) ?? []);
    return parts.flatMap(({ flows: part, priority }) =>
      within.flatMap((some): readonly RoutedOn[] => {
        const flows = intersectCubes(part, some);
        return flows && possible(flows) ? [{ at, flows, priority: one.base + priority - by.base, port }] : [];
      }),
    );
  };
  const paths = Map.groupBy(
    by.steered.hops.filter((hop) => samePort(hop.from, from)),
    ({ to }) => to && portKey(to),
  );
  return [
    ...[...paths.values()].flatMap((path) =>
      behind(topology, path, box, boxPorts).flatMap(({ to, hop }) =>
        put({ switch: hop.switch, port: hop.in }, to, hop.in === hop.out ? "IN_PORT" : hop.out),
      ),
    ),
    // What it drops, as what a host sends to itself, its path to anywhere would lead on.
    ...by.steered.drops.flatMap((drop) => (samePort(drop.from, from) ? put(box, drop.to, undefined) : [])),
  ];
}

/** Parts of some flows to a port, told by addresses. */
function between(
  topology: Topology,
  { base, region }: Leading,
  flows: Cube,
  to: Port | undefined,
): readonly PartBetween[] {
  const others = region.fragments === "apart";
  return partsBetween(
    flows,
    topology,
    { from: undefined, to, others, isRouted: true, base },
    topology,
    shownEndsOf(region, topology),
  );
}

/** The hops of a box's own paths in a region, up to the last that leads to another box. */
function toBoxes(
  topology: Topology,
  { steered }: Leading,
  box: Port,
  boxPorts: ReadonlySet<string>,
): readonly SteeredHop[] {
  const isToBox = ({ from, to, hop }: SteeredHop): boolean => {
    const next = { switch: hop.switch, port: hop.out };
    return boxPorts.has(portKey(next)) && !samePort(next, from) && !(to && samePort(next, to));
  };
  const own = steered.hops.filter(({ from }) => samePort(from, box));
  return [...Map.groupBy(own, ({ to }) => to && portKey(to)).values()].flatMap((path) => {
    const some = path.some(isToBox) ? inOrder(topology, path, path[0]!.from) : [];
    return some.slice(0, some.findLastIndex(isToBox) + 1);
  });
}

/** The hops of a path behind a box, up to the next one. */
function behind(
  topology: Topology,
  path: readonly SteeredHop[],
  box: Port,
  boxPorts: ReadonlySet<string>,
): readonly SteeredHop[] {
  const found = inOrder(topology, path, box);
  const next = found.findIndex(({ hop }) => boxPorts.has(portKey({ switch: hop.switch, port: hop.out })));
  return next < 0 ? found : found.slice(0, next + 1);
}

/** Whether a region has entries on every switch that a MAC may meet: it names MACs, or users, whom the MACs of their hosts show. */
const isByMac = ({ open, region: { cube } }: Leading): boolean =>
  constraint(open, "srcEth") !== undefined || constraint(cube, "user") !== undefined;

const boxesAt = (hosts: Iterable<AttachedHost>, boxPorts: ReadonlySet<string>): readonly Port[] =>
  distinct([...hosts].flatMap(({ at }) => (boxPorts.has(portKey(at)) ? [{ from: at }] : [])));

const isOfKind = ({ region: a }: Leading, { region: b }: Leading): boolean =>
  a.fragments === b.fragments && a.undirected === b.undirected;

const distinct = (all: readonly { readonly from: Port }[]): readonly Port[] => [
  ...new Map(all.map(({ from }) => [portKey(from), from])).values(),
];

/** The hops of one path from a port on, in the order in which packets take them. */
function inOrder({ trunks }: Topology, path: readonly SteeredHop[], from: Port): readonly SteeredHop[] {
  const byPort = new Map(path.map((one) => [portKey({ switch: one.hop.switch, port: one.hop.in }), one]));
  const found = new Set<SteeredHop>();
  for (let next = byPort.get(portKey(from)); next !== undefined && !found.has(next);) {
    found.add(next);
    const { hop } = next;
    const link = trunks.get(hop.switch)?.find((one) => one.from.port === hop.out);
    // What goes to no other switch goes to a box, and comes back.
    next = byPort.get(portKey(link?.to ?? { switch: hop.switch, port: hop.out }));
  }
  return [...found];
}

type SteeredHop = SteeredHops["hops"][number];

const bound = (hop: SteeredHop["hop"], from: Port, to: Port | undefined): string =>
  `${hop.switch} ${hop.in} ${portKey(from)} ${to && portKey(to)}`;
