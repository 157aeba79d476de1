/** A port and a cube → the flows that the known hosts at that port can send. */
import type { Cube } from "../../flowgroup/cube.ts";
import { constraint, withConstraint } from "../../flowgroup/cubes.ts";
import { addressSet, setHolds, type IpSet } from "../../flowgroup/sets.ts";
import { holdsUnknown, withSenders } from "../../paths/end-ports.ts";
import { hostsAtPorts, portKey, type Port, type AttachedHost, type Topology } from "../../paths/index.ts";
import {
  arpOf,
  framedBy,
  framedTo,
  isToAddresses,
  lackedBy,
  narrow,
  recognizedFrom,
  uncheckedSources,
  within,
} from "./endpoints.ts";
import { toldApart } from "./draft.ts";
import { allBut, beyondAddresses, MAX_MAC, setBut } from "./seats.ts";
import { addressKey } from "./whereabouts.ts";

const hostsAt = (topology: Topology, port: Port): readonly AttachedHost[] => hostsAtPorts(topology, [port]);

/** Whether a host is known at a port. */
export const isKnown = (topology: Topology, port: Port): boolean => hostsAt(topology, port).length > 0;

/** The names of the hosts at a port that have no stated MAC. */
export const withUnstatedMac = (topology: Topology, port: Port): readonly string[] =>
  hostsAt(topology, port).flatMap(({ name, macs }) => (macs.length === 0 ? [name] : []));

/** The IPv4 addresses of a host. */
export const ofIpv4 = ({ addresses }: Pick<AttachedHost, "addresses">): readonly number[] =>
  addresses.flatMap((one) => (one.family === 4 ? [one.value] : []));

/** The IPv4 addresses of the hosts at a port that have no stated MAC, each once. */
const bareAddresses = (topology: Topology, port: Port): readonly number[] => [
  ...new Set(hostsAt(topology, port).flatMap((host) => (host.macs.length > 0 ? [] : ofIpv4(host)))),
];

/**
 * Flows from a port with hosts without a stated MAC, in two parts: what shows a stated address or MAC, so that later
 * switches recognize its source, and all of them if there is more; undefined if there is not.
 */
export function recognizable(
  flows: Cube,
  topology: Topology,
  port: Port,
): { readonly led: readonly Cube[]; readonly rest: Cube | undefined } {
  const here = hostsAt(topology, port);
  const addresses = addressSet(here.flatMap((host) => host.addresses));
  const byAddress = addresses && narrow(flows, "srcHost", addresses);
  const byMac = framedBy(flows, topology, [port]);
  const led = [...(byAddress ? [byAddress] : []), ...(byMac ? [byMac] : [])];
  const others = narrow(flows, "srcHost", addressSet(uncheckedSources(here))!);
  const isMore =
    !isOfIp(flows, topology) || (others !== undefined && beyondAddresses(others, lackedBy(here)) !== undefined);
  return isMore ? { led, rest: flows } : { led: [flows], rest: undefined };
}

/** Whether flows are IP alone. */
function isOfIp(flows: Cube, topology: Topology): boolean {
  const types = constraint(flows, "ethType");
  const isIp = types !== undefined && (setHolds(types, 0x0800) || setHolds(types, 0x86dd));
  return isIp || isToAddresses(flows, topology) || ONLY_IP.some((field) => constraint(flows, field) !== undefined);
}

/**
 * The part of the flows that may come in at a port, or undefined if there is none. The spoof guard (`spoof/`) drops
 * what comes in there with the source of another port. So n sources at n ports need n entries and not n × n. Addresses
 * of a family that some host there does not state are not checked, and all of them stay.
 */
export function sendable(flows: Cube, topology: Topology, port: Port): Cube | undefined {
  const here = hostsAt(topology, port);
  const bySource = constraint(flows, "srcHost") ?? (constraint(flows, "user") && constraint(flows, "transport"));
  if (here.length === 0 || bySource === undefined) return flows;
  return narrow(
    flows,
    "srcHost",
    addressSet([...here.flatMap(({ addresses }) => addresses), ...uncheckedSources(here)])!,
  );
}

/**
 * The part of flows of users, `unknown` among them, that comes in at a port. Who is known there tells it, and not the addresses of
 * all others: a bound MAC does, and of hosts without one what shows no MAC and no address of others there.
 */
export const ofUsersAt = (flows: Cube, topology: Topology, port: Port): readonly Cube[] =>
  !holdsUnknown(flows) || hostsAt(topology, port).length === 0 ? [flows] : sentByUsersAt(flows, topology, port);

/** The same of any users, at a port where a host is known. */
export function sentByUsersAt(flows: Cube, topology: Topology, port: Port): readonly Cube[] {
  const here = hostsAt(topology, port);
  const open = withConstraint(flows, "user", undefined);
  const senders = withSenders(topology, flows);
  const own = hostsAt(senders, port);
  if (own.length === here.length) return [open];
  const framed = framedBy(open, senders, [port]);
  const byMac = framed ? [framed] : [];
  const bare = own.filter(({ macs }) => macs.length === 0);
  if (bare.length === 0) return byMac;
  const others = here.filter(({ name }) => !senders.hosts.has(name));
  const theirMacs = butThose(others, own, ({ macs }) => macs);
  const theirs = butThose(
    others.filter(({ macs }) => macs.length === 0),
    bare,
    ({ addresses }) => addresses.map(addressKey),
  );
  const told = others.flatMap(({ addresses }) => addresses.filter((one) => theirs.includes(addressKey(one))));
  const unframed = theirMacs.length === 0 ? open : narrow(open, "srcEth", setBut(theirMacs, MAX_MAC));
  if (told.length === 0) return unframed ? [unframed] : [];
  // What shows no address is dropped there (`shared-hosts.ts`).
  const shown = unframed && toldApart(unframed);
  const untold = shown && narrow(shown, "srcHost", allBut(told, true) as IpSet);
  return [...(untold ? [untold] : []), ...byMac];
}

/** What some hosts have and none of others. */
function butThose<T>(
  some: readonly AttachedHost[],
  others: readonly AttachedHost[],
  of: (host: AttachedHost) => readonly T[],
): readonly T[] {
  const known = new Set(others.flatMap(of));
  return some.flatMap(of).filter((one) => !known.has(one));
}

/** Some flows, or of these only the ARP that asks for one of some addresses, which no flow shows. */
export interface SentPart {
  readonly flows: Cube;
  readonly asked?: readonly number[] | undefined;
}

/** The ARP among the flows that asks for hosts without a stated MAC at a port. Their addresses lead it, as in ordinary forwarding. */
export function askedAt(flows: Cube, topology: Topology, to: Port): readonly SentPart[] {
  const asked = isToAddresses(flows, topology) ? [] : bareAddresses(topology, to);
  const arp = asked.length === 0 ? undefined : arpOf(flows);
  return arp === undefined ? [] : [{ flows: arp, asked }];
}

/**
 * The part of the flows to the hosts at a port, also by their MACs alone, as to a router; all of them if none is given. `ends`:
 * the same hosts, by what shows that flows are for them.
 */
export function sentToPort(
  flows: Cube,
  topology: Topology,
  to: Port | undefined,
  ends = topology,
): readonly SentPart[] {
  const framed = to && framedTo(flows, topology, to);
  const shown = [...within(flows, ends, undefined, to), ...(framed ? [framed] : [])];
  return [...shown.map((one) => ({ flows: one })), ...(to ? askedAt(flows, topology, to) : [])];
}

/**
 * The part of the flows to the hosts at the `dstAP` of a cube; all of them if it names none, or
 * holds all ports but some: what is for nobody known is of these flows, and what is left out has entries above them.
 */
export function sentToNamed(flows: Cube, topology: Topology, of: Cube, ends = topology): readonly SentPart[] {
  const goesTo = constraint(of, "dstAP");
  if (goesTo === undefined || (goesTo.kind === "name" && goesTo.not)) return [{ flows }];
  const ports = [...topology.hosts.values()].map(({ at }) => at);
  const named = ports.filter((at) => setHolds(goesTo, portKey(at)));
  return named.flatMap((to) => sentToPort(flows, topology, to, ends));
}

/** Whether a host at the port may send these flows by their `srcEth`. A host without known MACs may have any. */
export function isSent(flows: Cube, topology: Topology, port: Port): boolean {
  const sources = constraint(flows, "srcEth");
  const here = hostsAt(topology, port);
  if (sources === undefined || here.length === 0) return true;
  return here.some(({ macs }) => macs.length === 0 || macs.some((mac) => setHolds(sources, mac)));
}

/**
 * What hosts at these ports sent and a waypoint at `at` gives back. A packet that shows the address of one host and the
 * MAC of another is of neither: switches would lead it by both, and perhaps round. So an address goes with the MAC of
 * its host, which what a router forwards has got back (`restored.ts`). `isBound`: whether an address recognizes
 * them, or they are ARP. Else a MAC does, which must come with no bound address. `isChecked`: they may show any MAC but a
 * bound one, for the MAC of their host is not known.
 */
export function returnedFrom(
  flows: Cube,
  topology: Topology,
  from: readonly Port[],
  at: Port,
): readonly ReturnedPart[] {
  const hasUnstatedMac = (port: Port): boolean => withUnstatedMac(topology, port).length > 0;
  const [known, others] = [
    from.filter((port) => isKnown(topology, port)),
    from.filter((port) => !isKnown(topology, port)),
  ];
  if (!isKnown(topology, at)) return partsFrom(flows, topology, from);
  const bare = known.filter(hasUnstatedMac);
  return [
    ...partsFrom(flows, topology, others),
    ...(bare.length === 0 ? [] : recognizedFrom(flows, topology, bare)).flatMap((one) =>
      one.kind === "address" ? [{ ...part(one.flows, one.kind), isChecked: true }] : [],
    ),
    ...known.flatMap((port) =>
      recognizedFrom(flows, topology, [port]).flatMap((one) => {
        const own = one.kind === "address" ? framedBy(one.flows, topology, [port]) : one.flows;
        return own === undefined ? [] : [part(own, one.kind)];
      }),
    ),
  ];
}

export interface ReturnedPart {
  readonly flows: Cube;
  readonly isBound: boolean;
  readonly isChecked: boolean;
}

const part = (flows: Cube, kind: "address" | "mac" | "arp"): ReturnedPart => ({
  flows,
  isBound: kind !== "mac",
  isChecked: false,
});

const partsFrom = (flows: Cube, topology: Topology, ports: readonly Port[]): readonly ReturnedPart[] =>
  ports.length === 0 ? [] : recognizedFrom(flows, topology, ports).map((one) => part(one.flows, one.kind));

const ONLY_IP = ["srcHost", "dstHost", "user", "transport", "dscp", "srcPort", "dstPort"] as const;
