/**
 * A list of revoked certificates (RFC 5280, section 5) → what it says of whom. Node's TLS compares certificates with it
 * in a handshake alone, and shows nothing of it.
 */
import { verify, X509Certificate } from "node:crypto";

/** What a list says. */
export interface RevokedCertificates {
  /** Serial numbers, in hexadecimal as `X509Certificate.serialNumber` has them. */
  readonly serials: ReadonlySet<string>;
  /** From when until when it holds, in Unix milliseconds; Infinity: for ever. */
  readonly from: number;
  readonly until: number;
  /** Its authority's name, in the bytes of a certificate. */
  readonly issuer: Uint8Array;
  /** What is signed, how, and the signature. */
  readonly signed: Uint8Array;
  readonly algorithm: string;
  readonly signature: Uint8Array;
  /** Why it does not name all that are revoked, as a clause; undefined: it does. */
  readonly partial: string | undefined;
}

/** A value of DER: its tag, its content, and all of its bytes. */
interface Value {
  readonly tag: number;
  readonly content: Uint8Array;
  readonly whole: Uint8Array;
}

const BOOLEAN = 0x01;
const INTEGER = 0x02;
const BITS = 0x03;
const OID = 0x06;
const SEQUENCE = 0x30;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;
const EXTENSIONS = 0xa0;

/** Extensions by their object identifiers: `deltaCRLIndicator` and `issuingDistributionPoint`. */
const DELTA = "551d1b";
const DISTRIBUTION_POINT = "551d1c";

class NoList extends Error {}

/** How many lists a file in PEM begins. TLS reads the first alone. */
export function countLists(pem: Uint8Array): number {
  return Buffer.from(pem).toString("latin1").split("-----BEGIN X509 CRL-----").length - 1;
}

/** Reads the first list of a file in PEM; undefined: there is none. */
export function readRevoked(pem: Uint8Array): RevokedCertificates | undefined {
  const text = Buffer.from(pem).toString("latin1");
  const [, base64] = /-----BEGIN X509 CRL-----([^-]*)-----END X509 CRL-----/.exec(text) ?? [];
  if (base64 === undefined) return undefined;
  try {
    return listOf(Buffer.from(base64, "base64"));
  } catch (error) {
    if (!(error instanceof NoList)) throw error;
    return undefined;
  }
}

/** Whether an authority has signed a list; undefined: it has the authority's name, and is signed in a way that is not known here. */
export function isSignedBy(
  { issuer, signed, algorithm, signature }: RevokedCertificates,
  ca: Uint8Array,
): boolean | undefined {
  const certificate = new X509Certificate(ca);
  if (!Buffer.from(subjectOf(certificate.raw)).equals(issuer)) return false;
  const hash = HASHES.get(algorithm);
  if (hash === undefined) return undefined;
  try {
    return verify(hash ?? undefined, signed, certificate.publicKey, signature);
  } catch {
    // A key of another kind than the signature.
    return false;
  }
}

/** Object identifiers of signatures, as their bytes in hexadecimal, and the hash of each; null: it has none of its own. */
const HASHES: ReadonlyMap<string, string | null> = new Map([
  ["2a864886f70d010105", "sha1"],
  ["2a864886f70d01010b", "sha256"],
  ["2a864886f70d01010c", "sha384"],
  ["2a864886f70d01010d", "sha512"],
  ["2a8648ce3d0401", "sha1"],
  ["2a8648ce3d040302", "sha256"],
  ["2a8648ce3d040303", "sha384"],
  ["2a8648ce3d040304", "sha512"],
  ["2b6570", null],
  ["2b6571", null],
]);

function listOf(bytes: Uint8Array): RevokedCertificates {
  const [outer] = valuesOf(bytes);
  const [tbs, algorithm, bits] = within(outer, SEQUENCE);
  if (bits?.tag !== BITS || bits.content[0] !== 0) throw new NoList();
  const fields = [...within(tbs, SEQUENCE)];
  // In the first version there is none.
  if (fields[0]?.tag === INTEGER) fields.shift();
  const [, issuer, from, ...rest] = fields;
  if (issuer?.tag !== SEQUENCE) throw new NoList();
  const until = isTime(rest[0]) ? rest.shift() : undefined;
  const revoked = rest[0]?.tag === SEQUENCE ? within(rest[0], SEQUENCE) : [];
  return {
    serials: new Set(revoked.map((one) => serialOf(within(one, SEQUENCE)[0]))),
    from: timeOf(from),
    until: until === undefined ? Infinity : timeOf(until),
    issuer: issuer.whole,
    signed: tbs!.whole,
    algorithm: oidOf(within(algorithm, SEQUENCE)[0]),
    signature: bits.content.subarray(1),
    partial: partialBy(rest.find(({ tag }) => tag === EXTENSIONS)),
  };
}

/** Fields of a list that holds for some certificates or reasons alone (RFC 5280, 5.2.5), by their tags. */
const PARTS: ReadonlyMap<number, string> = new Map([
  [0x82, "is a list of certificates of authorities alone"],
  [0x83, "is a list for some reasons alone"],
  [0x84, "is a list of certificates of other authorities, too"],
  [0x85, "is a list of attribute certificates alone"],
]);

/** What a list says of itself that whoever reads it must know: what is not known here may be that it is no whole one. */
function partialBy(extensions: Value | undefined): string | undefined {
  if (extensions === undefined) return undefined;
  const [all] = valuesOf(extensions.content);
  for (const one of within(all, SEQUENCE)) {
    const [id, ...more] = within(one, SEQUENCE);
    const name = oidOf(id);
    const isCritical = more[0]?.tag === BOOLEAN && more[0].content[0] !== 0;
    if (name === DELTA) return "is a delta list, which says what has changed since another one, and not who is revoked";
    if (name === DISTRIBUTION_POINT) {
      const [point] = valuesOf(more.at(-1)?.content ?? new Uint8Array());
      const part = within(point, SEQUENCE).find(
        ({ tag, content }) => PARTS.has(tag) && content.some((byte) => byte !== 0),
      );
      if (part !== undefined) return PARTS.get(part.tag);
    } else if (isCritical) return `has a critical extension that is not known here (${dotted(id!.content)})`;
  }
  return undefined;
}

/** An object identifier as people write it. */
function dotted(bytes: Uint8Array): string {
  const numbers: number[] = [];
  let number = 0;
  for (const byte of bytes) {
    number = number * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      numbers.push(number);
      number = 0;
    }
  }
  const [first = 0, ...rest] = numbers;
  const top = Math.min(Math.floor(first / 40), 2);
  return [top, first - 40 * top, ...rest].join(".");
}

/** The name that a certificate is of, in its bytes. */
function subjectOf(certificate: Uint8Array): Uint8Array {
  const [tbs] = within(valuesOf(certificate)[0], SEQUENCE);
  const fields = [...within(tbs, SEQUENCE)];
  if (fields[0]?.tag === 0xa0) fields.shift();
  return fields[4]!.whole;
}

function oidOf(value: Value | undefined): string {
  if (value?.tag !== OID) throw new NoList();
  return Buffer.from(value.content).toString("hex");
}

/** Without zeros before it, in whole bytes, as Node writes it. */
function serialOf(value: Value | undefined): string {
  if (value?.tag !== INTEGER) throw new NoList();
  return Buffer.from(value.content)
    .toString("hex")
    .toUpperCase()
    .replace(/^(?:00)+(?=..)/, "");
}

const isTime = (value: Value | undefined): boolean => value?.tag === UTC_TIME || value?.tag === GENERALIZED_TIME;

/** In Unix milliseconds. */
function timeOf(value: Value | undefined): number {
  if (value === undefined || !isTime(value)) throw new NoList();
  const text = Buffer.from(value.content).toString("latin1");
  const [, years, month, day, hour, minute, second] =
    /^(\d{2}|\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/.exec(text) ?? [];
  if (years === undefined) throw new NoList();
  const year = years.length === 4 ? Number(years) : Number(years) + (Number(years) < 50 ? 2000 : 1900);
  return Date.UTC(year, Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
}

function within(value: Value | undefined, tag: number): readonly Value[] {
  if (value?.tag !== tag) throw new NoList();
  return valuesOf(value.content);
}

/** The values that stand one after the other. */
function valuesOf(bytes: Uint8Array): readonly Value[] {
  const values: Value[] = [];
  for (let at = 0; at < bytes.length;) {
    const [tag, first = -1] = [bytes[at]!, bytes[at + 1]];
    const more = first < 0x80 ? 0 : first & 0x7f;
    let length = first < 0x80 ? first : 0;
    if (first < 0 || first === 0x80 || more > 4) throw new NoList();
    for (let i = 0; i < more; i++) length = length * 256 + (bytes[at + 2 + i] ?? 0);
    const begin = at + 2 + more;
    const end = begin + length;
    if (end > bytes.length) throw new NoList();
    values.push({ tag, content: bytes.subarray(begin, end), whole: bytes.subarray(at, end) });
    at = end;
  }
  return values;
}
