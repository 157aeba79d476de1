/**
 * Flows that come back from a waypoint are judged again, as if they came in where their source is. So a host that is a
 * waypoint gains nothing by using another host's address. A rule that names a switch, port or access point holds such
 * flows by the port of their source, and not by the port where they come back. The spoof guard lets them in there (NETWORK,
 * "Spoof").
 */
import type { Cube } from "../../flowgroup/cube.ts";
import { IPV6 } from "../../flowgroup/prerequisites.ts";
import { possible } from "../../flowgroup/universe.ts";
import type { EntryPosition } from "../contributions/contribution.ts";
import { RETURNED, RETURNED_CHECKED, RETURNED_UNKNOWN } from "../spoof/spoof-entries.ts";
import { RETURNED_IPV6 } from "../spoof/sender-entries.ts";
import { isKnown, returnedFrom, sentToPort, type SentPart } from "../encode/senders.ts";
import { bitOf, constraint, cube as cubeOf, intersectCubes, withConstraint } from "../../flowgroup/cubes.ts";
import { cut } from "../../flowgroup/index.ts";
import { nameSet, negation, numbers } from "../../flowgroup/sets.ts";
import { comesInAt, holdsUnknown, INGRESS, withSenders } from "../../paths/end-ports.ts";
import { portKey, type Port, type SteeredHops, type Topology } from "../../paths/index.ts";
import { framedBy, narrow, recognizedFrom, recognizedWithin, within } from "../encode/endpoints.ts";
import { append } from "../../net/lists.ts";

/** Packets that come in at the port `at` with a source at the port `from` come back from a waypoint. */
export interface Returned {
  readonly at: Port;
  readonly from: Port;
}

/** The hosts whose addresses and MACs tell flows of a cube: of users, `unknown` among them, those of these, and boxes. */
export function sourcesOf(cube: Cube, topology: Topology, boxPorts: ReadonlySet<string>): Topology {
  if (!holdsUnknown(cube)) return topology;
  const { hosts } = withSenders(topology, cube);
  const isSource = (name: string, { at }: { readonly at: Port }): boolean =>
    hosts.has(name) || boxPorts.has(portKey(at));
  return { ...topology, hosts: new Map([...topology.hosts].filter(([name, host]) => isSource(name, host))) };
}

const PLACED = INGRESS.reduce((mask, field) => mask | bitOf(field), 0);

/** Whether a cube constrains where its flows come in. */
export const namesIngress = ({ mask }: Cube): boolean => (mask & PLACED) !== 0;

/** The most comparisons of a piece with a part that comes back; they are counted, so the bound is the same everywhere. */
export const MOST_RETURN_STEPS = 2_000_000;

/**
 * The flows that a cube of `namesIngress` holds on one switch, as a union of cubes; undefined if that takes
 * more than `MOST_RETURN_STEPS`.
 */
export function cubesJudgedOn(
  of: Cube,
  switchName: string | undefined,
  returns: readonly Returned[],
  topology: Topology,
): readonly Cube[] | undefined {
  let steps = 0;
  let own: readonly Cube[] = [of];
  const others: Cube[] = [];
  const anywhere = INGRESS.reduce((rest, field) => withConstraint(rest, field, undefined), of);
  for (const { at, from } of returns) {
    if (at.switch !== switchName || comesInAt(of, at) === comesInAt(of, from)) continue;
    const there = cubeOf({ inPort: numbers("inPort", at.port) });
    if (comesInAt(of, from)) {
      const back = narrow(anywhere, "inPort", numbers("inPort", at.port))!;
      append(others, within(back, topology, from, undefined));
    } else
      for (const hole of within(there, topology, from, undefined)) {
        steps += own.length;
        own = own.flatMap((one) => cut(one, hole));
      }
    if (steps > MOST_RETURN_STEPS) return undefined;
  }
  return [...own, ...others];
}

/**
 * The flows of a cube as every switch can recognize them: if it constrains where they come in, by the hosts there; if it holds
 * what is of no known user, by the hosts of its users, for another's may show what no fact states. `flows` is the cube `of`
 * without what constrains where they come in. `isByMac`: a MAC recognizes them.
 */
export function fromIngressHosts(
  flows: Cube,
  of: Cube,
  topology: Topology,
): readonly { readonly flows: Cube; readonly isByMac: boolean }[] {
  const isOpen = holdsUnknown(of);
  if (!namesIngress(of) && !isOpen) return [{ flows, isByMac: false }];
  const known = isOpen ? withSenders(topology, of) : topology;
  const held = isOpen ? withConstraint(flows, "user", undefined) : flows;
  const ports = [...known.hosts.values()].map(({ at }) => at).filter((at) => comesInAt(of, at));
  if (ports.length === 0) return [];
  const framed = framedBy(held, known, ports);
  const sent = recognizedFrom(held, known, ports).map((one) => ({
    flows: one.flows,
    isByMac: one.kind !== "address",
  }));
  return [...sent, ...(framed ? [{ flows: framed, isByMac: true }] : [])];
}

/** The fields that name where flows enter and leave: the paths say that instead. */
const ENDS = ["srcAP", "dstAP", "switch", "inPort"] as const;

export const withoutEnds = (flows: Cube): Cube =>
  ENDS.reduce((rest, field) => withConstraint(rest, field, undefined), flows);

/** The most ports that a cube may leave out by number. */
const MOST_LEFT_OUT = 64;

/** The port numbers that a cube leaves out; undefined if there are many. */
export function numbersLeftOut(flows: Cube): readonly number[] | undefined {
  const ports = constraint(flows, "inPort");
  const others = ports && negation("inPort", ports);
  if (others?.kind !== "number") return undefined;
  const found: number[] = [];
  for (let i = 0; i < others.ranges.length; i += 2)
    for (let port = others.ranges[i]!; port <= others.ranges[i + 1]!; port++)
      if (found.push(port) > MOST_LEFT_OUT) return undefined;
  return found;
}

/** A cube that leaves no port out. */
export function withoutLeftOut(flows: Cube): Cube {
  const places = constraint(flows, "srcAP");
  const anywhere = places?.kind === "name" && places.not ? withConstraint(flows, "srcAP", undefined) : flows;
  return numbersLeftOut(flows) === undefined ? anywhere : withConstraint(anywhere, "inPort", undefined);
}

/**
 * Flows that name where they come in → where these are on one switch, and what comes in there. At a box it is the box's own:
 * else it comes back, and is of its source's port. No set of switches leaves out a port, so beside a box, or a link to another
 * switch, only ports of known hosts are left of it; of what is of no known user the hosts there tell. `others`: see
 * `recognizedWithin`.
 */
export function ingressesOn(
  switchName: string,
  flows: Cube,
  topology: Topology,
  boxPorts: ReadonlySet<string>,
  others: boolean,
): readonly { readonly at: Port | string; readonly held: Cube }[] {
  const here = [...topology.hosts.values()].flatMap(({ at }) =>
    at.switch === switchName && comesInAt(flows, at) ? at : [],
  );
  const ports = [...new Map(here.map((at) => [portKey(at), at])).values()];
  const [boxes, known] = [true, false].map((isBox) => ports.filter((at) => boxPorts.has(portKey(at)) === isBox));
  const open = withoutEnds(flows);
  const own = boxes!.flatMap((at) =>
    recognizedWithin(open, topology, at, undefined, others).map((one) => ({ at, held: one.flows })),
  );
  const atKnown = known!.map((at) => ({ at, held: open }));
  if (holdsUnknown(flows)) return [...atKnown, ...own];
  const holdsLinks = topology.trunks.get(switchName)!.some(({ from }) => comesInAt(flows, from));
  // No entry can ask for all ports but some.
  const leavesOut = withoutLeftOut(flows) !== flows;
  if (boxes!.length === 0 && !holdsLinks && !leavesOut) return [{ at: switchName, held: flows }];
  const points = constraint(flows, "srcAP");
  if (points?.kind !== "name" || points.not) return [...atKnown, ...own];
  const names = nameSet(points.names.filter((name) => !boxPorts.has(name)));
  return [...(names ? [{ at: switchName, held: withConstraint(flows, "srcAP", names) }] : []), ...own];
}

/** What comes back at a port, and what the spoof guard does with it. */
export interface Back extends SentPart {
  readonly at: Port;
  readonly position: EntryPosition;
}

/**
 * What comes back of some flows of these senders, with the priorities of the entries that let it in. They were judged where they
 * entered. `ends`: the hosts that get them, by what shows it.
 */
export function backOf(
  flows: Cube,
  topology: Topology,
  { senders, ends }: { readonly senders: Topology; readonly ends: Topology },
  returns: SteeredHops["returns"],
): readonly Back[] {
  const alike = Map.groupBy(returns, ({ at, from, to }) =>
    [portKey(at), to && portKey(to), isKnown(topology, from)].join(" "),
  );
  return [...alike.values()].flatMap((some) => {
    const { at, from, to } = some[0]!;
    const sources = some.map((one) => one.from);
    const isOfKnown = isKnown(topology, from);
    return returnedFrom(flows, senders, sources, at).flatMap(({ flows: sent, isBound, isChecked }) => {
      const trusted = isOfKnown && isBound ? RETURNED : RETURNED_UNKNOWN;
      const position: EntryPosition = isChecked
        ? { stage: "Spoof", priority: RETURNED_CHECKED, effect: "check" }
        : { stage: "Spoof", priority: trusted, effect: "trust" };
      // What is led by the MAC of its end comes back, too: ARP, and what a router is to forward.
      return sentToPort(sent, topology, to, ends).flatMap((part): readonly Back[] => {
        const six = isChecked && part.asked === undefined ? intersectCubes(part.flows, OF_IPV6) : undefined;
        return [{ at, ...part, position }, ...(six && possible(six) ? [{ at, flows: six, position: NEXT }] : [])];
      });
    });
  });
}

/** The table Sender would take neighbour discovery for that of the host at the port itself. */
const NEXT: EntryPosition = { stage: "Sender", priority: RETURNED_IPV6, effect: "allow" };
const OF_IPV6: Cube = cubeOf({ ethType: numbers("ethType", IPV6) });
