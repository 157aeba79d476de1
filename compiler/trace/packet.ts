/**
 * A packet as a switch sees it, and the two readings of it: the fields that entries match, and the flow (SEMANTICS,
 * "Flows and time") that policy speaks of, with users from the directory.
 */
import type { Flow } from "../flowgroup/cube.ts";
import type { Field } from "../flowgroup/fields.ts";
import { SCTP } from "../flowgroup/prerequisites.ts";
import type { Directory } from "../model/model.ts";
import type { Ip } from "../net/address.ts";
import type { MatchField } from "../table/entry.ts";
import { UserIndex } from "../lowering/encode/user-index.ts";

/** Concrete headers. What a packet lacks is absent here. */
export interface Packet {
  readonly inPort: number;
  readonly ethSrc: number;
  readonly ethDst: number;
  /** 0-4095; absent: untagged. */
  readonly vlan?: number | undefined;
  readonly ethType: number;
  readonly ip?: {
    readonly src: Ip;
    readonly dst: Ip;
    /** As on the wire: ICMPv6 is 58. */
    readonly protocol: number;
    readonly dscp: number;
    readonly fragment: "no" | "first" | "later";
  };
  /** TCP, UDP and SCTP. */
  readonly ports?: { readonly src: number; readonly dst: number };
  /** ICMP over IPv4 and ICMPv6 over IPv6. */
  readonly icmp?: { readonly type: number; readonly code: number };
  /** The address that a neighbour solicitation or advertisement is about. Absent: its source. */
  readonly ndTarget?: bigint;
  /**
   * The link-layer address in neighbour discovery: the source's in a solicitation, the target's in an advertisement.
   */
  readonly ndLink?: number;
  /** Connection tracking says that it goes against the direction in which its connection was opened. */
  readonly response?: true;
  /** Connection tracking calls it invalid: it belongs to no connection and opens none. */
  readonly invalid?: true;
  /** ARP over IPv4. */
  readonly arp?: {
    readonly op: number;
    readonly spa: number;
    readonly tpa: number;
    readonly sha: number;
    readonly tha: number;
  };
}

/** Transports with ports, by IP protocol. */
export const PORTED: Readonly<Record<number, "tcp" | "udp" | "sctp">> = { 6: "tcp", 17: "udp", 132: "sctp" };

/** Whether the IP protocol is ICMP of its own family. */
export function isIcmp(family: 4 | 6, protocol: number): boolean {
  return protocol === (family === 4 ? 1 : 58);
}

/** Whether a switch reads the header of the transport: of fragments it does not, though the first one carries it. */
export function showsTransport({ ip }: Packet): boolean {
  return ip?.fragment === "no";
}

/**
 * Later fragments over IPv6 show the number of the fragment header, whatever they are of (found by `ofproto/trace`).
 */
const LATER = 44;

/** Whether a packet hides even its transport: Open vSwitch reads no further than its fragment header. */
export function hidesTransport({ ip }: Packet): boolean {
  return ip?.src.family === 6 && ip.fragment === "later";
}

/**
 * Whether a packet shows no ports. Ports that are both 0 count as none, because a header that is cut short reads so.
 */
const showsNoPorts = ({ ports }: Packet): boolean => ports?.src === 0 && ports.dst === 0;

/** Whether a whole packet is of no direction: tracking calls it invalid, or does not see it (NETWORK, "Track"). */
export const isUndirected = (packet: Packet): boolean =>
  showsTransport(packet) && (packet.invalid === true || packet.ip!.protocol === SCTP);

/** The fields of its flow that a packet does not show. */
export function hiddenFields(packet: Packet): readonly Field[] {
  const { ip } = packet;
  if (ip === undefined || (showsTransport(packet) && !showsNoPorts(packet))) return [];
  // No fragment is sent to connection tracking.
  const untracked: readonly Field[] = showsTransport(packet) ? [] : ["direction"];
  if (hidesTransport(packet)) return ["transport", "srcPort", "dstPort", "icmpType", "icmpCode", ...untracked];
  if (PORTED[ip.protocol] !== undefined) return ["srcPort", "dstPort", ...untracked];
  return isIcmp(ip.src.family, ip.protocol) ? ["icmpType", "icmpCode", ...untracked] : untracked;
}

const shownProtocol = (packet: Packet): number => (hidesTransport(packet) ? LATER : packet.ip!.protocol);

/** The value of every field that the packet has. A fragment's ports and ICMP fields read as 0, as in Open vSwitch. */
export function matchFieldsOf(packet: Packet): Map<MatchField, bigint> {
  const fields = new Map<MatchField, bigint>();
  const set = (field: MatchField, value: number | bigint): void => void fields.set(field, BigInt(value));
  set("in_port", packet.inPort);
  set("eth_src", packet.ethSrc);
  set("eth_dst", packet.ethDst);
  set("vlan_vid", packet.vlan === undefined ? 0 : packet.vlan | 0x1000);
  set("eth_type", packet.ethType);
  if (packet.arp !== undefined) {
    const { op, spa, tpa, sha, tha } = packet.arp;
    set("arp_op", op);
    set("arp_spa", spa);
    set("arp_tpa", tpa);
    set("arp_sha", sha);
    set("arp_tha", tha);
  }
  if (packet.ip === undefined) return fields;
  const { src, dst, dscp, fragment } = packet.ip;
  const protocol = shownProtocol(packet);
  set(src.family === 4 ? "ipv4_src" : "ipv6_src", src.value);
  set(dst.family === 4 ? "ipv4_dst" : "ipv6_dst", dst.value);
  set("ip_proto", protocol);
  set("ip_dscp", dscp);
  set("ip_frag", { no: 0, first: 1, later: 3 }[fragment]);
  const { ports, icmp } = showsTransport(packet) ? packet : { ports: undefined, icmp: undefined };
  const name = PORTED[protocol];
  if (name !== undefined) {
    set(`${name}_src`, ports?.src ?? 0);
    set(`${name}_dst`, ports?.dst ?? 0);
  }
  if (isIcmp(src.family, protocol)) {
    const version = src.family === 4 ? "icmpv4" : "icmpv6";
    set(`${version}_type`, icmp?.type ?? 0);
    set(`${version}_code`, icmp?.code ?? 0);
    const isAbout = src.family === 6 && icmp?.code === 0 && (icmp.type === 135 || icmp.type === 136);
    if (isAbout) {
      set("ipv6_nd_target", packet.ndTarget ?? src.value);
      set(icmp.type === 135 ? "ipv6_nd_sll" : "ipv6_nd_tll", packet.ndLink ?? 0);
    }
  }
  return fields;
}

/** The users that a packet may be of, on each side where there are several. */
export interface PossibleUsers {
  readonly user?: readonly string[];
  readonly dstUser?: readonly string[];
}

/** The users that a packet may be of where it does not show which (NETWORK, "Addresses, users, hosts"). */
export function possibleUsers(
  { ip, ethSrc, ethDst, inPort }: Packet,
  directory: Directory | UserIndex,
  switchName?: string,
): PossibleUsers {
  const userIndex = indexOf(directory);
  const user = userIndex.usersOf(ip?.src, ethSrc, { switch: switchName, port: inPort });
  const dstUser = userIndex.usersOf(ip?.dst, ethDst);
  return { ...(user.length > 1 && { user }), ...(dstUser.length > 1 && { dstUser }) };
}

const indexOf = (directory: Directory | UserIndex): UserIndex =>
  directory instanceof UserIndex ? directory : new UserIndex(directory);

/**
 * The flow of a packet on a switch; without a name on the only switch, which has none. A packet that may be of several
 * users has none in it (`possibleUsers`).
 */
export function flowOf(packet: Packet, directory: Directory | UserIndex, switchName?: string): Flow {
  const userIndex = indexOf(directory);
  const { ip, vlan } = packet;
  const { ports, icmp } = showsTransport(packet) ? packet : { ports: undefined, icmp: undefined };
  const user = userIndex.userOf(ip?.src, packet.ethSrc, { switch: switchName, port: packet.inPort });
  const dstUser = userIndex.userOf(ip?.dst, packet.ethDst);
  return {
    ...(user !== undefined && { user }),
    ...(dstUser !== undefined && { dstUser }),
    ...(ip !== undefined && { srcHost: ip.src, dstHost: ip.dst }),
    srcEth: packet.ethSrc,
    dstEth: packet.ethDst,
    ...(vlan !== undefined && { vlan }),
    ethType: packet.ethType,
    ...(ip !== undefined && { transport: transportOf(ip.src.family, shownProtocol(packet)), dscp: ip.dscp }),
    ...(showsTransport(packet) && !isUndirected(packet) && { direction: packet.response === true ? 1 : 0 }),
    ...(ports !== undefined && { srcPort: ports.src, dstPort: ports.dst }),
    ...(icmp !== undefined && { icmpType: icmp.type, icmpCode: icmp.code }),
    ...(switchName !== undefined && { switch: switchName, srcAP: `${switchName}:${packet.inPort}` }),
    inPort: packet.inPort,
  };
}

/**
 * ICMP is one transport over both families; the two rare opposites (58 over IPv4, 1 over IPv6) swap numbers, as in
 * `fields.ts`.
 */
function transportOf(family: 4 | 6, protocol: number): number {
  return family === 6 && (protocol === 1 || protocol === 58) ? 59 - protocol : protocol;
}
