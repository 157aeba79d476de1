/**
 * Raw frames: written byte by byte here, sent from a host's interface, and counted where they come out. The host's
 * network stack does not touch them, so tests can use tags, lengths and extension headers that no program sends.
 */
import { must } from "../process/command.ts";
import { counters } from "./host.ts";
import type { LabHost } from "./topology.ts";
import { until } from "./until.ts";

/** A Python program that sends frames, given in hexadecimal one a line, out of `eth0` as they are. */
const SENDER = `
import socket, sys
out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
out.bind(("eth0", 0))
for line in sys.stdin:
    out.send(bytes.fromhex(line.strip()))
`;

const bytes = (...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => [...part]));
const two = (value: number): readonly number[] => [value >> 8, value & 255];
const mac = (text: string): readonly number[] => text.split(":").map((byte) => Number.parseInt(byte, 16));
const v4 = (text: string): readonly number[] => text.split(".").map(Number);
/** The bytes of `2001:db8::N`. Tests need no other IPv6 addresses. */
const v6 = (last: number): readonly number[] => [0x20, 0x01, 0x0d, 0xb8, ...Array<number>(11).fill(0), last];

/** An Ethernet frame with VLAN tags (type and number), padded to the least length. */
export function ethernet(
  { src, dst, tags = [] }: { readonly src: string; readonly dst: string; readonly tags?: readonly [number, number][] },
  type: number,
  payload: Uint8Array | readonly number[] = [],
): Uint8Array {
  const tagged = tags.flatMap(([tagType, id]) => [...two(tagType), ...two(id)]);
  const frame = bytes(mac(dst), mac(src), tagged, two(type), payload);
  return frame.length >= 60 ? frame : bytes(frame, Array<number>(60 - frame.length).fill(0));
}

/** An IPv4 packet with a right checksum. */
export function ipv4(src: string, dst: string, protocol: number, payload: Uint8Array | readonly number[]): Uint8Array {
  const head = [0x45, 0, ...two(20 + payload.length), 0, 1, 0, 0, 64, protocol, 0, 0, ...v4(src), ...v4(dst)];
  head.splice(10, 2, ...checksum(bytes(head)));
  return bytes(head, payload);
}

/** An IPv6 packet from `2001:db8::src` to `2001:db8::dst`; extension headers are part of the payload. */
export const ipv6 = (src: number, dst: number, next: number, payload: Uint8Array | readonly number[]): Uint8Array =>
  bytes([0x60, 0, 0, 0, ...two(payload.length), next, 64], v6(src), v6(dst), payload);

/** The Internet checksum over these bytes (RFC 1071). */
function checksum(over: Uint8Array): readonly number[] {
  let sum = 0;
  for (let i = 0; i < over.length; i += 2) sum += (over[i]! << 8) + (over[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return two(~sum & 0xffff);
}

/** The flags of a TCP segment. */
export const TCP_FLAGS = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32 } as const;

/** A TCP segment over IPv4, by default the first of its sender. Its checksum is right unless a wrong one is asked for. */
export function tcp4(
  src: string,
  dst: string,
  [from, to]: readonly [from: number, to: number],
  flags: number,
  wrong = false,
  { sequence = 1, data = [] }: { readonly sequence?: number; readonly data?: readonly number[] } = {},
): Uint8Array {
  const number = [...two(sequence >>> 16), ...two(sequence & 0xffff)];
  const segment = [...two(from), ...two(to), ...number, 0, 0, 0, 1, 0x50, flags, 0x20, 0, 0, 0, 0, 0, ...data];
  const sum = checksum(bytes(v4(src), v4(dst), [0, 6, ...two(segment.length)], segment));
  segment.splice(16, 2, ...(wrong ? [sum[0]! ^ 0x55, sum[1]!] : sum));
  return ipv4(src, dst, 6, segment);
}

/** An ICMP message over IPv4, or ICMPv6 between two addresses of sixteen bytes. */
export const icmp4 = (src: string, dst: string, type: number, code: number, rest: readonly number[]): Uint8Array => {
  const message = [type, code, 0, 0, ...rest];
  message.splice(2, 2, ...checksum(bytes(message)));
  return ipv4(src, dst, 1, message);
};

export type V6 = readonly number[];
/** The bytes of `2001:db8::N`, of `fe80::N`, of `ff02::N` (all nodes by default), and of `::`. */
export const site6 = (last: number): V6 => v6(last);
export const local6 = (last: number): V6 => [0xfe, 0x80, ...Array<number>(13).fill(0), last];
export const all6 = (last = 1): V6 => [0xff, 0x02, ...Array<number>(13).fill(0), last];
export const none6: V6 = Array<number>(16).fill(0);

/** An ICMPv6 message with a hop limit of 255, as neighbour discovery needs it. */
export function icmp6(src: V6, dst: V6, type: number, code: number, rest: readonly number[]): Uint8Array {
  const message = [type, code, 0, 0, ...rest];
  message.splice(2, 2, ...checksum(bytes(src, dst, [0, 0, ...two(message.length), 0, 0, 0, 58], message)));
  return bytes([0x60, 0, 0, 0, ...two(message.length), 58, 255], src, dst, message);
}

/** The link-layer address option of neighbour discovery. Kind 1 gives the source's address, kind 2 the target's. */
export const linkOption = (kind: 1 | 2, text: string): readonly number[] => [kind, 1, ...mac(text)];

/** ARP and RARP for IPv4, of Ethernet or another hardware type (6: IEEE 802 networks). */
export const arp = (
  op: number,
  sender: { readonly mac: string; readonly ip: string },
  target: { readonly mac?: string; readonly ip: string },
  hardware = 1,
): readonly number[] => [
  ...two(hardware),
  8,
  0,
  6,
  4,
  ...two(op),
  ...mac(sender.mac),
  ...v4(sender.ip),
  ...mac(target.mac ?? "00:00:00:00:00:00"),
  ...v4(target.ip),
];

/** The head of a UDP datagram without a checksum. */
export const udp = (src: number, dst: number): readonly number[] => [...two(src), ...two(dst), 0, 8, 0, 0];

/** Sends frames from a host. */
export async function sendFrames({ namespace }: LabHost, frames: readonly Uint8Array[]): Promise<void> {
  const input = frames.map((frame) => `${Buffer.from(frame).toString("hex")}\n`).join("");
  await must(["ip", "netns", "exec", namespace, "python3", "-c", SENDER], { input });
}

/**
 * The number of frames that each other host receives of those that `from` sends one after the other. `takenIn` counts the
 * packets that came into a switch. Only after the switches have taken all frames in, and none comes any more, does
 * silence mean a drop: one thread takes in and passes on, and it answers between two rounds over all ports.
 */
export async function heardOf(
  from: LabHost,
  hosts: readonly LabHost[],
  frames: readonly Uint8Array[],
  takenIn: () => Promise<number>,
): Promise<ReadonlyMap<string, number>> {
  const others = hosts.filter((host) => host !== from);
  const heard = (): Promise<number[]> => Promise.all(others.map(async (host) => (await counters(host)).received));
  const [before, seen] = [await heard(), await takenIn()];
  await sendFrames(from, frames);
  let last = seen;
  const isQuiet = async (): Promise<boolean> => {
    const [previous, now] = [last, await takenIn()];
    last = now;
    return now >= seen + frames.length && now === previous;
  };
  if (!(await until(isQuiet, { interval: 5 }))) throw new Error(`the switch did not see all frames of ${from.name}`);
  const after = await heard();
  return new Map(others.map(({ name }, i) => [name, after[i]! - before[i]!]));
}
