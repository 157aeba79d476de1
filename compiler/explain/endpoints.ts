/** Fields of a flow → the port where it enters the network, and the port of its destination. */
import type { Flow } from "../flowgroup/cube.ts";
import type { Ip } from "../net/index.ts";
import { portKey, type Port, type AttachedHost, type Topology } from "../paths/index.ts";

/** The port where a flow enters (`srcAP`); undefined: it says none, or one of a switch that is not known. */
export function ingressOf({ trunks }: Topology, { srcAP }: Flow): Port | undefined {
  const [, switchName, port] = /^(.*):(\d+)$/.exec((srcAP as string | undefined) ?? "") ?? [];
  return switchName !== undefined && trunks.has(switchName) ? { switch: switchName, port: Number(port) } : undefined;
}

/** The hosts that may send a flow. */
export const possibleSenders = (topology: Topology, { srcHost, srcEth }: Flow): readonly AttachedHost[] =>
  hostsOf(topology, srcHost as Ip | undefined, srcEth as number);

/** The port of the host that a flow goes to: of several with its address the one whose MAC it has. */
export function destinationOf(topology: Topology, { dstHost, dstEth }: Flow): Port | undefined {
  const found = hostsOf(topology, dstHost as Ip | undefined, dstEth as number);
  return (found.find(({ macs }) => macs.includes(dstEth as number)) ?? found[0])?.at;
}

/** The hosts that have an address; those of which no address is known are found by their MAC. */
function hostsOf({ hosts }: Topology, ip: Ip | undefined, mac: number): readonly AttachedHost[] {
  const isIts = (host: { readonly addresses: readonly Ip[]; readonly macs: readonly number[] }): boolean =>
    host.addresses.some(({ family, value }) => family === ip?.family && value === ip.value) ||
    (host.addresses.length === 0 && host.macs.includes(mac));
  return [...hosts.values()].filter(isIts);
}

/** A flow with the port where it leaves, if it shows a known host that it is for (NETWORK, "Forward"). */
export function leaving(flow: Flow, { hosts }: Topology): Flow {
  const { dstEth, dstHost, dstAP } = flow;
  const all = [...hosts.values()];
  const byMac = all.find(({ macs }) => macs.some((mac) => mac === dstEth));
  const isMeant = ({ macs, addresses }: AttachedHost): boolean =>
    macs.length === 0 &&
    typeof dstHost === "object" &&
    addresses.some((one) => one.family === dstHost.family && one.value === dstHost.value);
  const host = byMac ?? all.find(isMeant);
  return dstAP !== undefined || host === undefined ? flow : { ...flow, dstAP: portKey(host.at) };
}
