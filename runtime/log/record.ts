/**
 * Records: one JSON object each, `{v, n, term, at, prev, kind, …}`, with sorted keys. `prev` is the SHA-256 of the record
 * before, so no record can be altered, left out or moved without a trace. The bytes that are hashed are the bytes that
 * are stored: nothing is ever written anew in order to be hashed.
 */
import { hash } from "node:crypto";
import { LogError, type LogEnd, type LogFault } from "./log.ts";

/**
 * The version of records that this program writes, and the highest that it reads. Since 2 a `say` has its number among those of
 * its speaker (`own`), and requests have names that are each speaker's own.
 */
const RECORD_VERSION = 2;

/** What a record may tell of. */
const RECORD_KINDS = ["say", "policy", "directory", "switch", "link", "guard", "token", "config", "snapshot"] as const;
export type RecordKind = (typeof RECORD_KINDS)[number];

/** A record has at most so many bytes, in every engine. */
export const LARGEST_RECORD = 512 * 1024;

export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue | undefined };

/** What every record says of itself. */
export interface RecordHead {
  readonly v: number;
  /** Its number. */
  readonly n: number;
  readonly term: number;
  /** Unix milliseconds. It orders records and never goes back. */
  readonly at: number;
  /** SHA-256 of the record before, in hexadecimal. */
  readonly prev: string;
  readonly kind: RecordKind;
}

export type LogRecord = RecordHead & { readonly [key: string]: JsonValue };

/** A record before it has its place: everything but what the log decides. */
export interface RecordDraft {
  readonly kind: RecordKind;
  readonly [key: string]: JsonValue | undefined;
}

export interface SealedRecord {
  readonly bytes: Uint8Array;
  /** Where the log ends with it. */
  readonly end: LogEnd;
  /** The time that it got. */
  readonly at: number;
  /** Milliseconds by which the clock lies behind the log. More than 0: it was set back, and the log's time stands still. */
  readonly behind: number;
}

/** The end of a log without records. */
export const EMPTY_LOG: LogEnd = { at: 0, hash: "0".repeat(64), time: 0, term: 0 };

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export const recordHash = (bytes: Uint8Array | string): string => hash("sha256", bytes, "hex");

/** One text for one value: no blanks, keys sorted by UTF-16 units at every depth. Throws for what JSON cannot say. */
export function canonicalJson(value: JsonValue): string {
  if (isSorted(value)) return JSON.stringify(value);
  if (typeof value === "number" && !Number.isFinite(value)) throw new RangeError(`JSON has no ${value}`);
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  const object = value as { readonly [key: string]: JsonValue | undefined };
  let fields = "";
  for (const key of Object.keys(object).sort()) {
    const field = object[key];
    if (field !== undefined) fields += `${fields === "" ? "" : ","}${JSON.stringify(key)}:${canonicalJson(field)}`;
  }
  return `{${fields}}`;
}

/** Whether its keys stand in order already, and it is all that JSON can say: of what was read from a record, always. */
function isSorted(value: JsonValue | undefined): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  if (value === null || typeof value !== "object") return true;
  if (Array.isArray(value)) return value.every(isSorted);
  const object = value as { readonly [key: string]: JsonValue | undefined };
  let last = "";
  for (const key of Object.keys(object)) {
    if (key < last || !isSorted(object[key])) return false;
    last = key;
  }
  return true;
}

/** Gives a draft its place at the end of a log: number, term, time and the hash of the record before. */
export function seal(end: LogEnd, term: bigint, clock: number, draft: RecordDraft): SealedRecord {
  const at = Math.max(Math.floor(clock), end.time);
  const head = { v: RECORD_VERSION, n: end.at, term: Number(term), at, prev: end.hash };
  const bytes = encoder.encode(canonicalJson({ ...draft, ...head }));
  const sealed = { at: end.at + 1, hash: recordHash(bytes), time: at, term: head.term };
  return { bytes, end: sealed, at, behind: Math.max(0, end.time - Math.floor(clock)) };
}

/** Reads a record. Throws `damaged`, or `newer` for a version or kind that this program does not know. */
export function readRecord(bytes: Uint8Array, n: number): LogRecord {
  const record = parse(bytes);
  const { v, kind } = (record ?? {}) as Partial<RecordHead>;
  const whole = isCount(v) && typeof kind === "string";
  if (!whole) throw damaged(n, `record ${n} is no record`);
  if (v > RECORD_VERSION || !(RECORD_KINDS as readonly string[]).includes(kind)) throw newer(n, v, kind);
  const { term, at, prev, n: number } = record as unknown as RecordHead;
  const placed = isCount(number) && isCount(term) && isCount(at) && typeof prev === "string";
  if (!placed) throw damaged(n, `record ${n} lacks its number, term, time or the hash of the record before`);
  return record as unknown as LogRecord;
}

function parse(bytes: Uint8Array): object | undefined {
  try {
    const value: unknown = JSON.parse(decoder.decode(bytes));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** The end of the log with one more record, which may have been read before. Throws `damaged` if that does not continue the chain. */
export function linked(end: LogEnd, bytes: Uint8Array, record = readRecord(bytes, end.at)): LogEnd {
  const { n, term, at, prev } = record;
  if (n !== end.at) throw damaged(end.at, `where record ${end.at} belongs stands record ${n}`);
  if (prev !== end.hash) {
    if (n === 0) throw damaged(0, "record 0 names a record before it, and is the first");
    throw damaged(n - 1, `the chain breaks at record ${n - 1}: record ${n} was written after another one`);
  }
  if (at < end.time) throw damaged(n, `the time of record ${n} lies before that of the record before it`);
  if (term < end.term) throw damaged(n, `the term of record ${n} is lower than that of the record before it`);
  return { at: n + 1, hash: recordHash(bytes), time: at, term };
}

/**
 * The end of the log with these records of one term, which are about to be appended. Throws `misfit`: what would break
 * the chain never gets into it.
 */
export function extended(end: LogEnd, term: bigint, records: readonly Uint8Array[]): LogEnd {
  try {
    return records.reduce((before, bytes) => {
      if (bytes.length > LARGEST_RECORD) throw damaged(before.at, `record ${before.at} has ${bytes.length} bytes`);
      const record = readRecord(bytes, before.at);
      const after = linked(before, bytes, record);
      if (BigInt(after.term) !== term) throw damaged(before.at, `record ${before.at} is of term ${after.term}`);
      if (!sameBytes(encoder.encode(canonicalJson(record)), bytes))
        throw damaged(before.at, `record ${before.at} is not in canonical form`);
      return after;
    }, end);
  } catch (error) {
    if (error instanceof LogError) throw new LogError({ ...error.fault, kind: "misfit" });
    throw error;
  }
}

/** The same bytes. */
export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

function newer(n: number, v: number, kind: string): LogError {
  const what = v > RECORD_VERSION ? `version ${v}` : `kind ${JSON.stringify(kind.slice(0, 40))}`;
  return new LogError({
    kind: "newer",
    record: n,
    message: `record ${n} is of ${what}, which this version of glazier does not know`,
    help: "run the version that wrote it, or a later one",
  });
}

function damaged(n: number, message: string): LogError {
  const help = `restore the log from a backup or a replica that has record ${n}; this one is left as it is`;
  return new LogError({ kind: "damaged", record: n, message, help } satisfies LogFault);
}
