/** Terms as other languages compare and name them → those of a flowgroup here. */
import { fieldElsewhere } from "../../diagnostics/elsewhere.ts";
import { DOMAINS } from "../../flowgroup/fields.ts";
import type { FaultPlace, Habit } from "./habit.ts";

/** The field that a word means, here or elsewhere. */
function fieldFor(word: string): string | undefined {
  if (Object.hasOwn(DOMAINS, word)) return word;
  const known = fieldElsewhere(word);
  return known !== undefined && "field" in known ? known.field : undefined;
}

/** The first and the last number of a field that has an order. */
function ends(field: string): { readonly first: number; readonly last: number } | undefined {
  const domain = DOMAINS[field as keyof typeof DOMAINS];
  return domain.kind === "number" && /Port$|dscp|vlan|icmp/.test(field) ? { first: 0, last: domain.max } : undefined;
}

/** Protocols that stand before a field elsewhere, and what they add. */
const PROTOCOLS: Readonly<Record<string, string>> = {
  tcp: "transport=TCP",
  udp: "transport=UDP",
  sctp: "transport=SCTP",
};

/** What a comparison by a word or a sign says here. */
function compared(field: string, sign: string, first: string, second: string | undefined): string | undefined {
  const range = ends(field);
  const number = Number(first);
  switch (sign.toLowerCase()) {
    case "range":
    case "between":
      return second === undefined ? undefined : `${field}=${first}-${second}`;
    case "eq":
    case "is":
    case "":
      return `${field}=${first}`;
    case "ne":
    case "neq":
    case "<>":
      return `${field}!=${first}`;
    case "gt":
    case "=>":
      return range && number < range.last ? `${field}=${number + (sign === "=>" ? 0 : 1)}-${range.last}` : undefined;
    case "=>=":
    case "ge":
    case "gte":
      return range && `${field}=${number}-${range.last}`;
    case "lt":
    case "=<":
      return range && number > range.first ? `${field}=${range.first}-${number - 1}` : undefined;
    case "=<=":
    case "le":
    case "lte":
      return range && `${field}=${range.first}-${number}`;
    default:
      return undefined;
  }
}

const SIGN = String.raw`(range|between|eq|is|neq?|gte?|lte?|ge|le|<>|=<=?|=>=?|)`;
const VALUE = String.raw`([\w.:/-]*\w)`;
const TERM = new RegExp(
  String.raw`^(?:(tcp|udp|sctp|ip[46]?|ipv[46]|eth|ether|th)(?:\s+|\.))?([A-Za-z][\w-]*)\s*${SIGN}\s*${VALUE}(?:(?:\s+|\s*,\s*)(\d+))?\s*(?=[,)])`,
  "i",
);

/** `dstPort eq 80`, `dstPort range 80 90`, `dstPort=<1024`, `tcp dport 80`, `ip saddr 10.0.0.1`, `ip.src == 10.0.0.1`. */
function word({ source, start, end }: FaultPlace): Habit | undefined {
  const from = source.text.slice(Math.max(0, start - 64), start).search(/(?<=[(,]\s*)[A-Za-z][^(,]*$/);
  if (from < 0) return undefined;
  const at = Math.max(0, start - 64) + from;
  const text = source.text.slice(at, start + 128).replace(/\s*==\s*/, " ");
  const [all, protocol, named, sign, first, second] = TERM.exec(text) ?? [];
  if (named === undefined || (second !== undefined && !/^(?:range|between)$/i.test(sign!))) return undefined;
  const before = protocol?.toLowerCase();
  const field = fieldFor(named);
  if (field === undefined || (protocol === undefined && sign === "")) return undefined;
  const term = compared(field, sign!, first!, second);
  if (term === undefined) return undefined;
  const added = before === undefined ? "" : (PROTOCOLS[before] ?? "");
  const written = added === "" ? term : `${added}, ${term}`;
  const length = source.text.slice(at, start + 128).length - text.length + all!.length;
  if (at + length < end) return undefined;
  return {
    help: "a term names a field and, behind `=` or `!=`, its value",
    change: { start: at, end: at + length, text: written },
  };
}

/** `srcHost=10.0.0.1|10.0.0.2`, `dstPort=80/443` is none: a slash has other meanings. */
function either({ source, start, found }: FaultPlace): Habit | undefined {
  if (found !== "|" && found !== "or") return undefined;
  const before = /(=\s*)([\w.:-]+)\s*$/.exec(source.text.slice(Math.max(0, start - 64), start));
  const behind = /^(?:\s*(?:\|\|?|\bor\b)\s*[\w.:-]+)+(?=\s*[,)])/.exec(source.text.slice(start, start + 256))?.[0];
  if (before === null || behind === undefined) return undefined;
  const values = [before[2]!, ...behind.split(/\s*(?:\|\|?|\bor\b)\s*/).slice(1)];
  const from = start - before[0].length + before[1]!.length;
  return {
    help: "a set stands in braces",
    change: { start: from, end: start + behind.length, text: `{${values.join(", ")}}` },
  };
}

/** Habits of terms. */
export const TERMS: readonly ((place: FaultPlace) => Habit | undefined)[] = [word, either];
