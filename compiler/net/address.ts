/**
 * Addresses as values, from text and back. Parsing is exact: `010.1.1.1` and `10.1` are errors, never octal or short
 * forms. IPv6 is read as RFC 4291 section 2.2 says and written as RFC 5952 says.
 */
import { bad, good, type Parsed } from "./parsed.ts";

/** An IP address. IPv4 as an unsigned 32-bit number, IPv6 as a 128-bit integer. */
export type Ip = { readonly family: 4; readonly value: number } | { readonly family: 6; readonly value: bigint };

/** An address block; the bits below `length` are zero. */
export interface Prefix {
  readonly address: Ip;
  /** Number of leading bits that are fixed: 0-32 or 0-128. */
  readonly length: number;
}

/** The largest address of each family. */
export const MAX_V4: number = 2 ** 32 - 1;
export const MAX_V6: bigint = (1n << 128n) - 1n;

/** `10.0.0.1` as an unsigned 32-bit number: four decimal parts, without leading zeros. */
export function parseIpv4(text: string): Parsed<number> {
  const parts = text.split(".");
  if (parts.length !== 4) return bad("an IPv4 address has four parts");
  let value = 0;
  for (const part of parts) {
    if (!/^\d{1,3}$/.test(part)) return bad("a part of an IPv4 address is a number from 0 to 255");
    if (part.length > 1 && part.startsWith("0")) {
      return bad("a part of an IPv4 address has no leading zeros", parts.map(Number).join("."));
    }
    const octet = Number(part);
    if (octet > 255) return bad("a part of an IPv4 address is a number from 0 to 255");
    value = value * 256 + octet;
  }
  return good(value);
}

/** `2001:db8::1` as a 128-bit integer; the last 32 bits may be written as IPv4. Zones (`%eth0`) are refused. */
export function parseIpv6(text: string): Parsed<bigint> {
  const malformed = bad("an IPv6 address has eight groups of up to four hexadecimal digits, one run of zeros as `::`");
  const halves = text.split("::");
  if (halves.length > 2) return bad("`::` stands at most once in an IPv6 address");
  const head = groups(halves[0]!, halves.length === 1);
  const tail = halves.length === 2 ? groups(halves[1]!, true) : [];
  if (head === undefined || tail === undefined) return malformed;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return malformed;
  let value = 0n;
  for (const group of [...head, ...Array<number>(missing).fill(0), ...tail]) value = (value << 16n) | BigInt(group);
  return good(value);
}

/** The groups on one side of `::`; only the last group of the whole address may be IPv4. */
function groups(text: string, last: boolean): number[] | undefined {
  if (text === "") return [];
  const found: number[] = [];
  const parts = text.split(":");
  for (const [i, part] of parts.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      found.push(Number.parseInt(part, 16));
    } else {
      const v4 = parseIpv4(part);
      if (!v4.ok || !last || i !== parts.length - 1) return undefined;
      found.push(Math.floor(v4.value / 65536), v4.value % 65536);
    }
  }
  return found;
}

/** An address of either family. */
export function parseIp(text: string): Parsed<Ip> {
  if (text.includes(":")) {
    const v6 = parseIpv6(text);
    return v6.ok ? good({ family: 6, value: v6.value }) : v6;
  }
  const v4 = parseIpv4(text);
  return v4.ok ? good({ family: 4, value: v4.value }) : v4;
}

/** Dotted decimal. */
export function printIpv4(value: number): string {
  return `${Math.floor(value / 2 ** 24)}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

/**
 * RFC 5952: lower case, no leading zeros, `::` for the longest run of two or more zero groups (the first of equals),
 * and IPv4-mapped addresses (`::ffff:0:0/96`) with their last 32 bits in dotted decimal (section 5).
 */
export function printIpv6(value: bigint): string {
  if (value >> 32n === 0xffffn) return `::ffff:${printIpv4(Number(value & 0xffffffffn))}`;
  const parts: number[] = [];
  for (let shift = 112n; shift >= 0n; shift -= 16n) parts.push(Number((value >> shift) & 0xffffn));
  let start = 0;
  let length = 1;
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && parts[end] === 0) end++;
    if (end - i > length) [start, length] = [i, end - i];
  }
  const hex = (some: readonly number[]): string => some.map((part) => part.toString(16)).join(":");
  return length < 2 ? hex(parts) : `${hex(parts.slice(0, start))}::${hex(parts.slice(start + length))}`;
}

/** An address in the canonical text of its family. */
export function printIp(ip: Ip): string {
  return ip.family === 4 ? printIpv4(ip.value) : printIpv6(ip.value);
}

/** IPv4 before IPv6, then by value. */
export function compareIp(a: Ip, b: Ip): number {
  if (a.family !== b.family) return a.family - b.family;
  return a.value < b.value ? -1 : a.value > b.value ? 1 : 0;
}

/** `02:00:00:00:00:01` as a 48-bit number: six pairs of hexadecimal digits. */
export function parseMac(text: string): Parsed<number> {
  if (/^([0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}$/.test(text)) return good(Number.parseInt(text.replaceAll(":", ""), 16));
  const digits = text.replaceAll(/[-:.]/g, "");
  const fault = "a MAC address has six pairs of hexadecimal digits, separated by colons";
  return /^[0-9a-fA-F]{12}$/.test(digits) ? bad(fault, printMac(Number.parseInt(digits, 16))) : bad(fault);
}

/** Six lower-case pairs, separated by colons. */
export function printMac(value: number): string {
  return value
    .toString(16)
    .padStart(12, "0")
    .replaceAll(/(..)(?=.)/g, "$1:");
}
