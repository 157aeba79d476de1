/**
 * Reads from the bytes of a frame what it shows to a switch, by the standards (IEEE 802.3, 802.1Q; RFC 791, 826, 8200,
 * 9293, 768, 9260, 792, 4443) and by NETWORK, "What a switch can show". The reader shares nothing with the compiler or
 * the switch, because the matrix compares all three.
 */
import type { Ip } from "#compiler/net/address.ts";
import type { Packet } from "#compiler/trace/packet.ts";

type Frame = Uint8Array;

const two = (frame: Frame, at: number): number => (frame[at]! << 8) | frame[at + 1]!;
const number = (frame: Frame, at: number, bytes: number): number =>
  frame.subarray(at, at + bytes).reduce((sum, byte) => sum * 256 + byte, 0);
const wide = (frame: Frame, at: number): bigint =>
  frame.subarray(at, at + 16).reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);

const IPV4 = 0x0800;
const IPV6 = 0x86dd;
const ARP = 0x0806;
/** The least Ethernet type. A smaller number is a length (IEEE 802.3, 3.2.6), and such frames show `NO_TYPE`. */
const LEAST_TYPE = 0x0600;
const NO_TYPE = 0x05ff;
/** A SNAP header of organisation 0, which gives the type (RFC 1042). */
const SNAP = "aaaa03000000";
/** The shortest headers of TCP, UDP, SCTP and ICMP, in bytes. A shorter one shows nothing, and its fields read as 0. */
const SHORTEST: Readonly<Record<number, number>> = { 6: 20, 17: 8, 132: 12 };
const SHORTEST_ICMP = { 4: 8, 6: 4 } as const;
/** The extension headers that a switch skips: hop-by-hop, routing, authentication, destination options. */
const SKIPPED = [0, 43, 51, 60];
const FRAGMENT = 44;

/** The packet that a switch sees in a frame that comes in at a port. */
export function readFrame(frame: Frame, inPort: number): Packet {
  const isTagged = [0x8100, 0x88a8].includes(two(frame, 12));
  const link = {
    inPort,
    ethDst: number(frame, 0, 6),
    ethSrc: number(frame, 6, 6),
    ...(isTagged && { vlan: two(frame, 14) & 0xfff }),
  };
  let at = isTagged ? 16 : 12;
  let ethType = two(frame, at);
  at += 2;
  if (ethType < LEAST_TYPE) {
    const isSnap = Buffer.from(frame.subarray(at, at + 6)).toString("hex") === SNAP;
    ethType = isSnap && two(frame, at + 6) >= LEAST_TYPE ? two(frame, at + 6) : NO_TYPE;
    at += 8;
  }
  const rest = frame.subarray(at);
  if (ethType === IPV4) return { ...link, ethType, ...overIpv4(rest) };
  if (ethType === IPV6) return { ...link, ethType, ...overIpv6(rest) };
  if (ethType === ARP) return { ...link, ethType, arp: readArp(rest) };
  return { ...link, ethType };
}

/** A malformed header shows nothing. All of its fields read as 0. */
const nothing = (family: 4 | 6): Pick<Packet, "ip" | "invalid"> => {
  const none: Ip = family === 4 ? { family, value: 0 } : { family, value: 0n };
  return { ip: { src: none, dst: none, protocol: 0, dscp: 0, fragment: "no" }, invalid: true };
};

/** Whether the tracker calls a whole packet invalid by its headers alone (NETWORK, "Track"). `pseudo`: both addresses. */
function isInvalid(payload: Frame, protocol: number, pseudo: Frame, family: 4 | 6): boolean {
  const sum = (pre: readonly number[]): boolean => {
    const all = [...pre, ...payload, ...(payload.length % 2 === 1 ? [0] : [])];
    let total = 0;
    for (let i = 0; i < all.length; i += 2) total += (all[i]! << 8) | all[i + 1]!;
    while (total > 0xffff) total = (total & 0xffff) + (total >> 16);
    return total === 0xffff;
  };
  const head = [...pseudo, 0, protocol, payload.length >> 8, payload.length & 255];
  if (protocol === 6) {
    const stated = ((payload[12] ?? 0) >> 4) * 4;
    return stated < 20 || stated > payload.length || !sum(head) || two(payload, 0) === 0 || two(payload, 2) === 0;
  }
  if (protocol === 17) {
    if (payload.length < 8 || two(payload, 4) !== payload.length) return true;
    if (two(payload, 0) === 0 || two(payload, 2) === 0) return true;
    return two(payload, 6) === 0 ? family === 6 : !sum(head);
  }
  if (protocol === 1 && family === 4) return payload.length < 8 || !sum([]) || ![8, 13, 15, 17].includes(payload[0]!);
  if (protocol === 58 && family === 6) return payload.length < 8 || !sum(head) || payload[0] !== 128;
  return false;
}

function overIpv4(packet: Frame): Omit<Packet, "inPort" | "ethSrc" | "ethDst" | "ethType"> {
  const [header, length] = [(packet[0]! & 15) * 4, two(packet, 2)];
  if (header < 20 || length < header || length > packet.length) return nothing(4);
  const [cut, protocol] = [two(packet, 6), packet[9]!];
  const fragment = (cut & 0x1fff) > 0 ? "later" : (cut & 0x2000) > 0 ? "first" : "no";
  const ip = {
    src: { family: 4, value: number(packet, 12, 4) },
    dst: { family: 4, value: number(packet, 16, 4) },
    protocol,
    dscp: packet[1]! >> 2,
    fragment,
  } as const;
  const payload = packet.subarray(header, length);
  const isWrong = packet[0]! >> 4 !== 4 || isInvalid(payload, protocol, packet.subarray(12, 20), 4);
  const invalid = fragment === "no" && isWrong && { invalid: true as const };
  return { ip, ...(fragment !== "later" && transportOf(payload, 4, protocol)), ...invalid };
}

function overIpv6(packet: Frame): Omit<Packet, "inPort" | "ethSrc" | "ethDst" | "ethType"> {
  const length = two(packet, 4);
  if (length > packet.length - 40) return nothing(6);
  const payload = packet.subarray(40, 40 + length);
  const addresses = {
    src: { family: 6, value: wide(packet, 8) },
    dst: { family: 6, value: wide(packet, 24) },
  } as const;
  const dscp = (two(packet, 0) >> 6) & 63;
  // A switch reads only the addresses if the chain of headers breaks off.
  const unread = { ...addresses, protocol: 0, dscp: 0, fragment: "no" } as const;
  let [protocol, at] = [packet[6]!, 0];
  let fragment: "no" | "first" | "later" = "no";
  while ((SKIPPED.includes(protocol) || protocol === FRAGMENT) && fragment !== "later") {
    if (at + 8 > payload.length) return { ip: unread, invalid: true };
    const size = protocol === 51 ? (payload[at + 1]! + 2) * 4 : protocol === FRAGMENT ? 8 : (payload[at + 1]! + 1) * 8;
    if (protocol === FRAGMENT) {
      const cut = two(payload, at + 2);
      if (cut >> 3 > 0) fragment = "later";
      else if ((cut & 1) > 0) fragment = "first";
    }
    protocol = payload[at]!;
    at += size;
    if (at > payload.length) return { ip: unread, invalid: true };
  }
  const ip = { ...addresses, protocol, dscp, fragment };
  const carried = payload.subarray(at);
  const isWrong = isInvalid(carried, protocol, packet.subarray(8, 40), 6);
  const invalid = fragment === "no" && isWrong && { invalid: true as const };
  return { ip, ...(fragment !== "later" && transportOf(carried, 6, protocol)), ...invalid };
}

function transportOf(payload: Frame, family: 4 | 6, protocol: number): Pick<Packet, "ports" | "icmp"> {
  const shortest = SHORTEST[protocol];
  if (shortest !== undefined) {
    // A TCP header gives its own length in words, which must be at least the shortest and fit into the packet.
    const stated = protocol === 6 ? (payload[12] ?? 0) >> 4 : shortest / 4;
    const isCut = payload.length < Math.max(shortest, stated * 4) || stated * 4 < shortest;
    return { ports: isCut ? { src: 0, dst: 0 } : { src: two(payload, 0), dst: two(payload, 2) } };
  }
  if (protocol !== (family === 4 ? 1 : 58)) return {};
  const isCut = payload.length < SHORTEST_ICMP[family];
  return { icmp: isCut ? { type: 0, code: 0 } : { type: payload[0]!, code: payload[1]! } };
}

function readArp(packet: Frame): NonNullable<Packet["arp"]> {
  const isOfIpv4 = two(packet, 0) === 1 && two(packet, 2) === IPV4 && packet[4] === 6 && packet[5] === 4;
  if (!isOfIpv4) return { op: 0, spa: 0, tpa: 0, sha: 0, tha: 0 };
  return {
    op: two(packet, 6),
    sha: number(packet, 8, 6),
    spa: number(packet, 14, 4),
    tha: number(packet, 18, 6),
    tpa: number(packet, 24, 4),
  };
}
