/**
 * Values of a field → text: addresses as blocks where they are blocks, protocols by name, names quoted where needed.
 */
import { isReserved } from "#grammar/heads.ts";
import { printIp, printMac, type Ip } from "../net/address.ts";
import { rangeToPrefixes } from "../net/cover.ts";
import { printPrefix } from "../net/prefix.ts";
import type { FieldSet, Value } from "./cube.ts";
import type { Field } from "./fields.ts";
import { ICMP, ICMPV6, LATER, SKIPPED } from "./prerequisites.ts";
import { inRanges, subtractRanges, type Ranges } from "./ranges.ts";

/** The names that the language has for values. */
const words: { readonly [F in Field]?: Readonly<Record<number, string>> } = {
  ethType: { 0x0800: "IPv4", 0x0806: "ARP", 0x86dd: "IPv6" },
  transport: { 1: "ICMP", 6: "TCP", 17: "UDP", 132: "SCTP" },
  direction: { 0: "request", 1: "response" },
};

/** One value as it is written in a term. */
export function renderValue(field: Field, value: Value): string {
  if (typeof value === "object") return printIp(value);
  if (typeof value === "number") return number(field, value);
  return field === "srcAP" || field === "dstAP" ? accessPoint(value) : quote(value);
}

function number(field: Field, value: number): string {
  return words[field]?.[value] ?? literal(field, value);
}

function literal(field: Field, value: number): string {
  if (field === "srcEth" || field === "dstEth") return printMac(value);
  return field === "ethType" ? `0x${value.toString(16).padStart(4, "0")}` : String(value);
}

/**
 * The values of a set, each range as one text; for “all names but these” those names. Some transports mean one thing where
 * they are written as one value, and another in a range (`DOMAINS.transport`): one that is skipped over IPv6 means IPv4 alone
 * and, as `0-0`, both families; 1 means ICMP and, in a range, the number 1 over IPv6, too. `isLeftOut`: they are
 * written as what is not in the set, where 44 names nothing.
 */
export function valuesOf(field: Field, set: FieldSet, overIpv6 = false, isLeftOut = false): string[] {
  switch (set.kind) {
    case "name":
      return set.names.map((name) => renderValue(field, name));
    case "number":
      if (field === "transport") return transports(set.ranges, overIpv6, isLeftOut);
      return pairs(set.ranges).flatMap(([low, high]) => numberRange(field, low, high));
    case "ip":
      return [
        ...pairs(set.v4).map(([low, high]) => block({ family: 4, value: low }, { family: 4, value: high })),
        ...pairs(set.v6).map(([low, high]) => block({ family: 6, value: low }, { family: 6, value: high })),
      ];
  }
}

/** Two neighbours are two values; ranges are written in numbers even where their ends have names. */
function numberRange(field: Field, low: number, high: number): string[] {
  if (high - low <= 1) return low === high ? [number(field, low)] : [number(field, low), number(field, high)];
  return [`${literal(field, low)}-${literal(field, high)}`];
}

function transports(ranges: Ranges<number>, overIpv6: boolean, isLeftOut: boolean): string[] {
  const both = inRanges(ranges, ICMP) && inRanges(ranges, ICMPV6);
  // Beside others the number of later IPv6 fragments would name them where it is written as one value.
  const isUnnamed = !isLeftOut && ranges.length > 2;
  const asRange = (value: number): boolean =>
    (isUnnamed && value === LATER) || value === ICMPV6 || (both && value === ICMP) || (overIpv6 && SKIPPED.has(value));
  const one = (value: number): string => (asRange(value) ? `${value}-${value}` : number("transport", value));
  const apart = overIpv6 && !both && inRanges(ranges, ICMP);
  const parts = apart ? [...subtractRanges(ranges, [ICMP, ICMP]), ICMP, ICMP] : ranges;
  return pairs(parts)
    .toSorted(([a], [b]) => a - b)
    .flatMap(([low, high]) => {
      if (low === high) return [one(low)];
      const isOfLater = !isLeftOut && (low === LATER || high === LATER);
      return high - low === 1 && !isOfLater ? [one(low), one(high)] : [`${low}-${high}`];
    });
}

function block(low: Ip, high: Ip): string {
  if (low.value === high.value) return printIp(low);
  const blocks =
    low.family === 4
      ? rangeToPrefixes(low.value, (high as typeof low).value, 32)
      : rangeToPrefixes(low.value, (high as typeof low).value, 128);
  if (blocks.length > 1) return `${printIp(low)}-${printIp(high)}`;
  return printPrefix({ address: low, length: blocks[0]!.length });
}

function pairs<N extends number | bigint>(ranges: readonly N[]): (readonly [low: N, high: N])[] {
  const result: (readonly [N, N])[] = [];
  for (let i = 0; i < ranges.length; i += 2) result.push([ranges[i]!, ranges[i + 1]!]);
  return result;
}

/** `switch:port`, each part quoted where it needs to be. */
function accessPoint(name: string): string {
  const colon = name.lastIndexOf(":");
  if (colon < 0) return quote(name);
  const port = name.slice(colon + 1);
  return `${quote(name.slice(0, colon))}:${/^\d+$/.test(port) ? port : quote(port)}`;
}

/** A name, between quotes unless it can stand bare. */
export function quote(name: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_-]*$/.test(name) && !isReserved(name)) return name;
  return `"${name.replaceAll(/[\\"\n\r\t]/g, (letter) => ESCAPES[letter]!)}"`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  '"': '\\"',
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};
