/** Addresses that no host has as its own (RFC 1122, 3.2.1.3; RFC 4291, 2.5-2.7; IEEE 802). */
import type { Ip } from "./address.ts";

/** What the address is, where no host can have it: `a multicast address`. */
export function hostlessIp({ family, value }: Ip): string | undefined {
  if (family === 6) {
    if (value === 0n) return "no address at all";
    if (value === 1n) return "a loopback address";
    return value >> 120n === 0xffn ? MULTICAST : undefined;
  }
  if (value === 0) return "no address at all";
  if (value === 2 ** 32 - 1) return BROADCAST;
  const first = Math.floor(value / 2 ** 24);
  if (first === 127) return "a loopback address";
  return first >= 224 && first < 240 ? MULTICAST : undefined;
}

/** The same of a MAC, as a 48-bit number. */
export function hostlessMac(mac: number): string | undefined {
  if (mac === 0) return "no address at all";
  if (mac === 2 ** 48 - 1) return BROADCAST;
  return Math.floor(mac / 2 ** 40) % 2 === 1 ? MULTICAST : undefined;
}

const MULTICAST = "a multicast address";
const BROADCAST = "the broadcast address";
