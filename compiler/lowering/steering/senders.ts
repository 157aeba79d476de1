/** A port and a cube → the flows that the known hosts at that port can send. */
import type { Cube } from "../../flowgroup/cube.ts";
import { constraint, withConstraint } from "../../flowgroup/cubes.ts";
import { addressSet, numbers, setHolds, setIntersect } from "../../flowgroup/sets.ts";
import { samePort, type Port, type AttachedHost, type Topology } from "../../paths/index.ts";
import { framedBy, narrow, recognizedFrom } from "../encode/endpoints.ts";

const hostsAt = ({ hosts }: Topology, port: Port): readonly AttachedHost[] =>
  [...hosts.values()].filter(({ at }) => samePort(at, port));

/** Whether a host is known at a port. */
export const isKnown = ({ hosts }: Topology, port: Port): boolean =>
  [...hosts.values()].some(({ at }) => samePort(at, port));

/** The names of the hosts at a port that have no stated MAC. */
export const withUnstatedMac = (topology: Topology, port: Port): readonly string[] =>
  hostsAt(topology, port).flatMap(({ name, macs }) => (macs.length === 0 ? [name] : []));

/** The part of the flows that is IP. */
export const ofIp = (flows: Cube): readonly Cube[] =>
  IP.flatMap((one) => {
    const had = constraint(flows, "ethType");
    const both = had === undefined ? one : setIntersect(had, one);
    return both === undefined ? [] : [withConstraint(flows, "ethType", both)];
  });

/** The flows, for an entry below those of `ofIp` that holds the rest of them; undefined if they are IP alone. */
export function withoutIp(flows: Cube): Cube | undefined {
  const types = constraint(flows, "ethType");
  const isIp = types !== undefined && (setHolds(types, 0x0800) || setHolds(types, 0x86dd));
  return isIp || ONLY_IP.some((field) => constraint(flows, field) !== undefined) ? undefined : flows;
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
  const states = (family: 4 | 6): boolean =>
    here.every(({ addresses }) => addresses.some((address) => address.family === family));
  const rest = [states(4) ? NO_ADDRESS_YET : EVERY_V4, states(6) ? LINK_LOCAL : EVERY_V6];
  return narrow(flows, "srcHost", addressSet([...here.flatMap(({ addresses }) => addresses), ...rest])!);
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
 * its host, or with that of the waypoint, which may forward as a router does. `isBound`: whether an address recognizes
 * them, or they are ARP. Else a MAC does, which must come with no bound address.
 */
export function returnedFrom(
  flows: Cube,
  topology: Topology,
  from: readonly Port[],
  at: Port,
): readonly { readonly flows: Cube; readonly isBound: boolean }[] {
  const hasUnstatedMac = (port: Port): boolean => withUnstatedMac(topology, port).length > 0;
  const byRouter = hasUnstatedMac(at) ? undefined : framedBy(flows, topology, [at]);
  const isChecked = (port: Port): boolean => isKnown(topology, at) && !hasUnstatedMac(port);
  const [checked, others] = [from.filter(isChecked), from.filter((port) => !isChecked(port))];
  const whole = (ports: readonly Port[]): readonly { readonly flows: Cube; readonly isBound: boolean }[] =>
    ports.length === 0
      ? []
      : recognizedFrom(flows, topology, ports).map((one) => ({ flows: one.flows, isBound: one.kind !== "mac" }));
  if (hasUnstatedMac(at)) return whole(from);
  const routed = byRouter === undefined || checked.length === 0 ? [] : recognizedFrom(byRouter, topology, checked);
  return [
    ...whole(others),
    ...routed.flatMap((one) => (one.kind === "address" ? [{ flows: one.flows, isBound: true }] : [])),
    ...checked.flatMap((port) =>
      recognizedFrom(flows, topology, [port]).flatMap((one) => {
        const own = one.kind === "address" ? framedBy(one.flows, topology, [port]) : one.flows;
        return own === undefined ? [] : [{ flows: own, isBound: one.kind !== "mac" }];
      }),
    ),
  ];
}

const IP = [0x0800, 0x86dd].map((type) => numbers("ethType", type));
const ONLY_IP = ["srcHost", "dstHost", "dstUser", "user", "transport", "dscp", "srcPort", "dstPort"] as const;

const NO_ADDRESS_YET = { family: 4, value: 0 } as const;
const EVERY_V4 = { address: NO_ADDRESS_YET, length: 0 } as const;
const EVERY_V6 = { address: { family: 6, value: 0n }, length: 0 } as const;
const LINK_LOCAL = { address: { family: 6, value: 0xfe80n << 112n }, length: 10 } as const;
