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
  let sum = 0;
  for (let i = 0; i < 20; i += 2) sum += (head[i]! << 8) + head[i + 1]!;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  head.splice(10, 2, ...two(~sum & 0xffff));
  return bytes(head, payload);
}

/** An IPv6 packet from `2001:db8::src` to `2001:db8::dst`; extension headers are part of the payload. */
export const ipv6 = (src: number, dst: number, next: number, payload: Uint8Array | readonly number[]): Uint8Array =>
  bytes([0x60, 0, 0, 0, ...two(payload.length), next, 64], v6(src), v6(dst), payload);

/** The header of a UDP datagram without a checksum. */
export const udp = (src: number, dst: number): readonly number[] => [...two(src), ...two(dst), 0, 8, 0, 0];

/** Sends frames from a host. */
export async function sendFrames({ namespace }: LabHost, frames: readonly Uint8Array[]): Promise<void> {
  const input = frames.map((frame) => `${Buffer.from(frame).toString("hex")}\n`).join("");
  await must(["ip", "netns", "exec", namespace, "python3", "-c", SENDER], { input });
}

/**
 * The hosts that receive a frame of `from`. `lookedUp` counts the packets that the switch's first table has matched:
 * only after the switch has matched the frame, silence means that it was dropped.
 */
export async function receivers(
  from: LabHost,
  hosts: readonly LabHost[],
  frame: Uint8Array,
  lookedUp: () => Promise<number>,
): Promise<readonly string[]> {
  const others = hosts.filter((host) => host !== from);
  const heard = (): Promise<number[]> => Promise.all(others.map(async (host) => (await counters(host)).received));
  const [before, seen] = [await heard(), await lookedUp()];
  await sendFrames(from, [frame]);
  if (!(await until(async () => (await lookedUp()) > seen))) throw new Error(`the switch saw no frame of ${from.name}`);
  const after = await heard();
  return others.filter((_, i) => after[i]! > before[i]!).map(({ name }) => name);
}
