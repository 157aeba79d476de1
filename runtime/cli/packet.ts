/** A few fields of a packet → a whole packet: what is not said is taken from the directory, else a plain value is chosen. */
import type { Decided } from "#compiler/compile.ts";
import { renderFlow, witness, type Flow } from "#compiler/flowgroup/index.ts";
import type { Directory, Host } from "#compiler/model/model.ts";
import type { Ip } from "#compiler/net/index.ts";
import { flowOf, isIcmp, PORTED, type Packet } from "#compiler/semantics/packet.ts";
import { readFlowgroup } from "./flows.ts";
import { exit, Failure, type Io } from "./io.ts";
import { readTcpdump } from "./tcpdump.ts";

/** A packet, where it enters the network, and the flow that the policy sees in it. */
export interface Entering {
  readonly packet: Packet;
  /** The switch that it enters by; absent in a network of one unnamed switch. */
  readonly switch?: string;
  readonly flow: Flow;
  /** What nobody said and nobody knows, as `field=value`; chosen. */
  readonly chosen: string;
}

const same = (a: Ip, b: Ip): boolean => a.family === b.family && a.value === b.value;

/** A dynamic port (RFC 6335, section 6): no rule means it in particular. */
const anyPort = 49_152;
/** For experiments (RFC 3692): an IP protocol without ports that no rule means in particular. */
const anyProtocol = 253;
const ipv6 = 0x86dd;
const ipv4 = 0x0800;

/** Completes a packet of which some fields are known. */
export function complete(said: Flow, directory: Directory): Entering {
  const hosts = [...directory.hosts.values()];
  const hostOf = (user: unknown): Host | undefined => {
    const place = directory.userHosts.find((one) => one.user === user);
    return place && directory.hosts.get(place.host);
  };
  const chosen: { -readonly [Field in keyof Flow]: Flow[Field] } = {};
  const choose = <Field extends keyof Flow>(
    field: Field,
    value: NonNullable<Flow[Field]>,
  ): NonNullable<Flow[Field]> => {
    if (said[field] !== undefined) return said[field];
    chosen[field] = value;
    return value;
  };
  const number = (field: keyof Flow, value: number): number => choose(field, value) as number;
  const src = (said.srcHost as Ip | undefined) ?? hostOf(said.user)?.addresses[0];
  const dst = (said.dstHost as Ip | undefined) ?? hostOf(said.dstUser)?.addresses[0];
  const family = src?.family ?? dst?.family ?? (said.ethType === ipv6 ? 6 : 4);
  const isIp = said.ethType === undefined || said.ethType === ipv4 || said.ethType === ipv6;
  const nobody: Ip = family === 4 ? { family: 4, value: 0 } : { family: 6, value: 0n };

  const from = hosts.find((host) => src !== undefined && host.addresses.some((ip) => same(ip, src)));
  const to = hosts.find((host) => dst !== undefined && host.addresses.some((ip) => same(ip, dst)));
  const ethSrc = (said.srcEth as number | undefined) ?? from?.macs[0] ?? number("srcEth", 0x02_00_00_00_00_01);
  const ethDst = (said.dstEth as number | undefined) ?? to?.macs[0] ?? number("dstEth", 0x02_00_00_00_00_02);
  const place = from?.at ?? hosts.find((host) => host.macs.includes(ethSrc))?.at;
  const on = (said.switch as string | undefined) ?? place?.switch ?? [...directory.switches.keys()].toSorted()[0];
  const inPort = (said.inPort as number | undefined) ?? place?.port ?? number("inPort", 1);
  const link = { inPort, ethSrc, ethDst, ...(said.vlan !== undefined && { vlan: said.vlan as number }) };

  let packet: Packet = { ...link, ethType: (said.ethType as number | undefined) ?? ipv4 };
  if (isIp) {
    const transport = number("transport", anyProtocol);
    const protocol = family === 6 && (transport === 1 || transport === 58) ? 59 - transport : transport;
    const source = src ?? (choose("srcHost", nobody) as Ip);
    const destination = dst ?? (choose("dstHost", nobody) as Ip);
    const ip = {
      src: source,
      dst: destination,
      protocol,
      dscp: (said.dscp as number | undefined) ?? 0,
      fragment: "no",
    } as const;
    packet = { ...link, ethType: family === 4 ? ipv4 : ipv6, ip };
    if (PORTED[protocol] !== undefined)
      packet = { ...packet, ports: { src: number("srcPort", anyPort), dst: number("dstPort", anyPort) } };
    if (isIcmp(family, protocol))
      packet = { ...packet, icmp: { type: number("icmpType", family === 4 ? 8 : 128), code: number("icmpCode", 0) } };
  }
  const flow = flowOf(packet, directory, on);
  return { packet, ...(on !== undefined && { switch: on }), flow, chosen: renderFlow(chosen) };
}

/** A packet from words on the command line: fields of the policy's language, or a line of tcpdump's. */
export function readPacket(words: string, decided: Decided, io: Io): Entering {
  const said = witness(readFlowgroup(readTcpdump(words) ?? words, decided, io));
  if (said === undefined) throw new Failure(exit.usage, "no packet is like that");
  return complete(said, decided.model.directory);
}
