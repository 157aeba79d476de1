/**
 * Headers, byte by byte, as the standards define them. The frames of the matrix are made of them. Lengths and checksums
 * are right here. A framing that needs wrong ones damages the bytes afterwards.
 */

export type Bytes = readonly number[];

export const two = (value: number): Bytes => [(value >> 8) & 255, value & 255];
const four = (value: number): Bytes => [...two(Math.floor(value / 65_536)), ...two(value % 65_536)];
export const zeros = (count: number): Bytes => Array<number>(count).fill(0);

export const macBytes = (text: string): Bytes => text.split(":").map((byte) => Number.parseInt(byte, 16));

/** An address of either family, in the notation that policies use. */
export function addressBytes(text: string): Bytes {
  if (!text.includes(":")) return text.split(".").map(Number);
  const [head = "", tail = ""] = text.split("::");
  const words = (part: string): readonly number[] =>
    part === "" ? [] : part.split(":").map((word) => Number.parseInt(word, 16));
  const [front, back] = [words(head), words(tail)];
  return [...front, ...zeros(8 - front.length - back.length), ...back].flatMap(two);
}

/** The ones' complement sum of RFC 1071. */
export function checksum(bytes: Bytes): Bytes {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i]! << 8) + (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return two(~sum & 0xffff);
}

export interface Ipv4Head {
  readonly src: string;
  readonly dst: string;
  readonly protocol: number;
  readonly dscp: number;
  /** In units of 8 bytes (RFC 791). */
  readonly offset?: number;
  readonly more?: boolean;
  readonly options?: Bytes;
}

export function ipv4(head: Ipv4Head, payload: Bytes): Bytes {
  const { src, dst, protocol, dscp, offset = 0, more = false, options = [] } = head;
  const length = 20 + options.length;
  const cut = (more ? 0x2000 : 0) | offset;
  const first = [0x40 | (length / 4), dscp << 2, ...two(length + payload.length), ...two(1), ...two(cut), 64, protocol];
  const rest = [...addressBytes(src), ...addressBytes(dst), ...options];
  return [...first, ...checksum([...first, 0, 0, ...rest]), ...rest, ...payload];
}

/** Protocol → where its checksum is, in bytes. */
const SUM_AT: Readonly<Record<number, number>> = { 1: 2, 6: 16, 17: 6, 58: 2 };

/** A payload with its checksum, over a pseudo-header but for ICMP of IPv4; of other protocols as it is. */
export function summed(payload: Bytes, protocol: number, src: string, dst: string): Bytes {
  const at = SUM_AT[protocol];
  const ofFour = !src.includes(":");
  if (at === undefined || payload.length < at + 2 || (ofFour && protocol === 58) || (!ofFour && protocol === 1))
    return payload;
  const pseudo = [...addressBytes(src), ...addressBytes(dst), 0, protocol, ...two(payload.length)];
  const zeroed = payload.toSpliced(at, 2, 0, 0);
  return zeroed.toSpliced(at, 2, ...checksum(protocol === 1 ? zeroed : [...pseudo, ...zeroed]));
}

export interface Ipv6Head {
  readonly src: string;
  readonly dst: string;
  readonly next: number;
  readonly dscp: number;
}

export const ipv6 = ({ src, dst, next, dscp }: Ipv6Head, payload: Bytes): Bytes => [
  0x60 | (dscp >> 2),
  (dscp & 3) << 6,
  0,
  0,
  ...two(payload.length),
  next,
  64,
  ...addressBytes(src),
  ...addressBytes(dst),
  ...payload,
];

/** A header of hop-by-hop, routing (type 4, no segments) or destination options (RFC 8200), of eight bytes. */
export const extension = (next: number, routing = false): Bytes => [
  next,
  0,
  ...(routing ? [4, 0] : [1, 4]),
  0,
  0,
  0,
  0,
];
/** An authentication header with a check value of 12 bytes (RFC 4302). */
export const authentication = (next: number): Bytes => [next, 4, 0, 0, ...four(1), ...four(1), ...zeros(12)];
/** A fragment header (RFC 8200). The offset is in units of 8 bytes. */
export const fragment = (next: number, offset: number, more: boolean): Bytes => [
  next,
  0,
  ...two((offset << 3) | (more ? 1 : 0)),
  ...four(7),
];

export const udp = (src: number, dst: number): Bytes => [...two(src), ...two(dst), ...two(16), 0, 0, ...zeros(8)];
/** A SYN (RFC 9293). */
export const tcp = (src: number, dst: number): Bytes => [
  ...two(src),
  ...two(dst),
  ...zeros(8),
  0x50,
  2,
  ...two(512),
  ...zeros(4),
];
/** The common header and the head of an INIT chunk (RFC 9260). */
export const sctp = (src: number, dst: number): Bytes => [
  ...two(src),
  ...two(dst),
  ...zeros(8),
  1,
  0,
  ...two(20),
  ...zeros(16),
];
export const icmp = (type: number, code: number): Bytes => [type, code, ...zeros(22)];

/** ARP and RARP for IPv4 over Ethernet (RFC 826, RFC 903). */
export const arp = (operation: number, from: readonly [string, string], to: readonly [string, string]): Bytes => [
  ...two(1),
  ...two(0x0800),
  6,
  4,
  ...two(operation),
  ...[from, to].flatMap(([mac, ip]) => [...macBytes(mac), ...addressBytes(ip)]),
];

/** The label that ends a stack (RFC 3032). */
export const label: Bytes = [0, 0x01, 0x01, 64];
