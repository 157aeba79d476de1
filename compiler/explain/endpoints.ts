/** Fields of a flow → the port where it enters the network, and the port of its destination. */
import type { Flow } from "../flowgroup/cube.ts";
import type { Ip } from "../net/index.ts";
import type { Port, AttachedHost, Topology } from "../paths/index.ts";

/** The port where a flow enters (`srcAP`); undefined: it says none, or one of a switch that is not known. */
export function ingressOf({ trunks }: Topology, { srcAP }: Flow): Port | undefined {
  const [, switchName, port] = /^(.*):(\d+)$/.exec((srcAP as string | undefined) ?? "") ?? [];
  return switchName !== undefined && trunks.has(switchName) ? { switch: switchName, port: Number(port) } : undefined;
}

/** The host that sends a flow. */
export const sourceOf = (topology: Topology, { srcHost, srcEth }: Flow): AttachedHost | undefined =>
  hostOf(topology, srcHost as Ip | undefined, srcEth as number);

/** The port of the host that a flow goes to. */
export const destinationOf = (topology: Topology, { dstHost, dstEth }: Flow): Port | undefined =>
  hostOf(topology, dstHost as Ip | undefined, dstEth as number)?.at;

/** The host that has an address; hosts of which no address is known are found by their MAC. */
function hostOf({ hosts }: Topology, ip: Ip | undefined, mac: number): AttachedHost | undefined {
  const isIts = (host: { readonly addresses: readonly Ip[]; readonly macs: readonly number[] }): boolean =>
    host.addresses.some(({ family, value }) => family === ip?.family && value === ip.value) ||
    (host.addresses.length === 0 && host.macs.includes(mac));
  return [...hosts.values()].find(isIts);
}
