/**
 * Cookies: a 16-bit owner mark and a 48-bit hash of the statement's identity (NETWORK, "Cookies"). Never an index,
 * so moving a statement to another line changes no entry; and an entry without our mark is foreign.
 */

/** The upper 16 bits of every cookie of ours: reads, with some good will, as `glaz`. */
export const COOKIE_OWNER = 0x61a2n;

const known = new Map<string, bigint>();

/** The identities of `systemCookie`. A statement's label may read the same (`@default deny …`), and gets another cookie. */
const RESERVED = /^(?:default|curtain|(?:table|host|port|link|statement):.*)$/s;

/** The cookie of a statement. */
export function cookieOf(statement: string): bigint {
  return systemCookie(RESERVED.test(statement) ? `statement:${statement}` : statement);
}

/** The cookie of what no statement asked for: the default, the tables themselves, hosts, ports and links. */
export function systemCookie(statement: string): bigint {
  let cookie = known.get(statement);
  if (cookie === undefined) {
    const [low, high] = hash(statement);
    cookie = (COOKIE_OWNER << 48n) | (BigInt(high & 0xffff) << 32n) | BigInt(low);
    if (known.size >= 1 << 20) known.clear();
    known.set(statement, cookie);
  }
  return cookie;
}

/** Whether an entry with this cookie was put there by us. */
export function isOurs(cookie: bigint): boolean {
  return cookie >> 48n === COOKIE_OWNER;
}

/** A number of 32 bits, never 0, that depends on the text alone. */
export function hash32(text: string): number {
  return hash(text)[0] || 1;
}

/** Two lanes of multiply and xor over the UTF-16 units, mixed at the end as MurmurHash3 does: 64 well spread bits. */
function hash(text: string): readonly [low: number, high: number] {
  let a = 0x9e3779b9;
  let b = 0x85ebca6b;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x9e3779b1);
    b = Math.imul(b ^ unit, 0x5f356495);
    a ^= a >>> 15;
    b ^= b >>> 13;
  }
  a = mix(a ^ text.length);
  b = mix(b ^ a);
  return [mix(a ^ b) >>> 0, b >>> 0];
}

function mix(of: number): number {
  let h = of;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
