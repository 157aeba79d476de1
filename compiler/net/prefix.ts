/** Address blocks: `10.0.0.0/8` from text and back, and as the range of addresses that they hold. */
import { parseIp, parseIpv4, printIp, type Ip, type Prefix } from "./address.ts";
import { bad, good, type Parsed } from "./parsed.ts";

/** The number of bits of an address of this family. */
export function widthOf(ip: Ip): number {
  return ip.family === 4 ? 32 : 128;
}

/** The block of this length that holds the address. */
export function prefixOf(ip: Ip, length: number): Prefix {
  if (ip.family === 4) {
    const size = 2 ** (32 - length);
    return { address: { family: 4, value: Math.floor(ip.value / size) * size }, length };
  }
  const below = BigInt(128 - length);
  return { address: { family: 6, value: (ip.value >> below) << below }, length };
}

/** `10.0.0.0/8`; bits below the length must be zero, so that what is written is what is meant. */
export function parsePrefix(text: string): Parsed<Prefix> {
  const slash = text.indexOf("/");
  if (slash < 0) return bad("a prefix is an address, `/` and a number of bits");
  const ip = parseIp(text.slice(0, slash));
  if (!ip.ok) return ip;
  const bits = text.slice(slash + 1);
  const width = widthOf(ip.value);
  const masked = bits.includes(".") && ip.value.family === 4 ? maskLength(bits) : undefined;
  if (masked !== undefined) {
    const { address, length } = prefixOf(ip.value, masked);
    const isBlock = address.value === ip.value.value;
    const text = `${printIp(address)}/${length}`;
    return isBlock
      ? bad("the length of a prefix is a number of bits, not a mask", text)
      : bad(`the length of a prefix is a number of bits, not a mask; \`${text}\` is the whole block of this address`);
  }
  if (!/^(0|[1-9]\d{0,2})$/.test(bits) || Number(bits) > width) {
    return bad(`the length of an IPv${ip.value.family} prefix is a number from 0 to ${width}`);
  }
  const prefix = prefixOf(ip.value, Number(bits));
  if (prefix.address.value !== ip.value.value) {
    // Which of the two is meant is not ours to choose: the block may be far wider.
    const both = `\`${printPrefix(prefix)}\` is the whole block, \`${printIp(ip.value)}\` the address alone`;
    return bad(`the address has bits set beyond the first ${bits}; ${both}`);
  }
  return good(prefix);
}

/** The number of bits that a netmask (`255.255.255.0`) or a wildcard mask (`0.0.0.255`) fixes. */
function maskLength(text: string): number | undefined {
  const mask = parseIpv4(text);
  if (!mask.ok) return undefined;
  const bits = mask.value.toString(2).padStart(32, "0");
  if (/^1*0*$/.test(bits)) return bits.lastIndexOf("1") + 1;
  return /^0+1+$/.test(bits) ? bits.indexOf("1") : undefined;
}

/** `10.0.0.0/8`; a single address without its length. */
export function printPrefix(prefix: Prefix): string {
  const text = printIp(prefix.address);
  return prefix.length === widthOf(prefix.address) ? text : `${text}/${prefix.length}`;
}

/** The first and the last address of a block. */
export function prefixRange(prefix: Prefix): { readonly low: Ip; readonly high: Ip } {
  const { address, length } = prefix;
  return address.family === 4
    ? { low: address, high: { family: 4, value: address.value + 2 ** (32 - length) - 1 } }
    : { low: address, high: { family: 6, value: address.value + (1n << BigInt(128 - length)) - 1n } };
}
