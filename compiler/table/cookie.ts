/**
 * Cookies: a 16-bit owner mark and a 48-bit hash of the statement's identity (NETWORK, "Cookies"). A cookie is never an
 * index, so moving a statement to another line changes no entry. An entry without our mark is foreign.
 */

import { SteadyMap } from "../net/steady-map.ts";

/** The upper 16 bits of every cookie of ours. */
export const COOKIE_OWNER = 0x61a2n;

const known = new SteadyMap<string, bigint>();

/** Identities that `systemCookie` alone uses. A statement with such a label (`@default deny …`) gets another cookie. */
const RESERVED = /^(?:default|curtain|(?:table|host|port|link|statement):.*)$/s;

/** The cookie of a statement, from its identity. */
export function cookieOf(statement: string): bigint {
  return systemCookie(RESERVED.test(statement) ? `statement:${statement}` : statement);
}

/** The cookie of entries that no statement asked for: the default, the tables themselves, hosts, ports and links. */
export function systemCookie(identity: string): bigint {
  let cookie = known.get(identity);
  if (cookie === undefined) {
    const [low, high] = hash(identity);
    cookie = (COOKIE_OWNER << 48n) | (BigInt(high & 0xffff) << 32n) | BigInt(low);
    if (known.size >= 1 << 20) known.clear();
    known.set(identity, cookie);
  }
  return cookie;
}

/**
 * Another cookie for a statement whose `cookieOf` another statement shares; each round gives a different one. The round
 * comes first in the hashed text, so texts that were crafted to share one hash do not share the next.
 */
export function probedCookie(statement: string, round: number): bigint {
  return systemCookie(`${round}\0${statement}`);
}

/** Whether an entry with this cookie is ours. */
export function isOurs(cookie: bigint): boolean {
  return cookie >> 48n === COOKIE_OWNER;
}

/** A hash of the text: 32 bits, never 0. */
export function hash32(text: string): number {
  return hash(text)[0] || 1;
}

/** `hash32` of many texts that begin alike: what they share is read once. */
export function hash32After(start: string): (rest: string) => number {
  const before = unitsOf(start, SEED);
  return (rest) => finished(unitsOf(rest, before), start.length + rest.length)[0] || 1;
}

/** 64 well spread bits: two lanes of multiply and xor over the UTF-16 units, mixed at the end as MurmurHash3 does. */
function hash(text: string): readonly [low: number, high: number] {
  return finished(unitsOf(text, SEED), text.length);
}

/** The two lanes. */
type Lanes = readonly [a: number, b: number];

const SEED: Lanes = [0x9e3779b9, 0x85ebca6b];

/** The lanes after more units. */
function unitsOf(text: string, lanes: Lanes): Lanes {
  let [a, b] = lanes;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x9e3779b1);
    b = Math.imul(b ^ unit, 0x5f356495);
    a ^= a >>> 15;
    b ^= b >>> 13;
  }
  return [a, b];
}

function finished([lane, other]: Lanes, length: number): readonly [low: number, high: number] {
  const a = mix(lane ^ length);
  const b = mix(other ^ a);
  return [mix(a ^ b) >>> 0, b >>> 0];
}

function mix(lane: number): number {
  let h = lane;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
