/**
 * Bytes → the snapshot that was written as them, or a clause that says why they are none. The digests are compared
 * before anything else is read, and every value is checked: what is read is a snapshot in full or not at all.
 */
import type { Piece } from "../../certificates/verdict.ts";
import type { StatedPrivileges } from "../../model/model.ts";
import type { Kept } from "../../model/times.ts";
import type { Interval } from "../../net/interval.ts";
import { PROMISES } from "../../paths/index.ts";
import type { Source } from "../../source.ts";
import type { RequestKind } from "../../syntax/ast.ts";
import { STEERS } from "../state/steering.ts";
import { asFlowgroup } from "./cubes.ts";
import {
  Fields,
  asOneOf,
  asInteger,
  asList,
  asNatural,
  asText,
  nameOfPart,
  refuse,
  SnapshotFault,
  type ReadValue,
  type What,
} from "./fields.ts";
import {
  MOST_SNAPSHOT_BYTES,
  SNAPSHOT_VERSION,
  type NetworkSnapshot,
  type Sha256,
  type SnapshotCharge,
  type SnapshotRequest,
  type SnapshotShare,
  type SnapshotSpan,
} from "./snapshot.ts";
import { SNAPSHOT_FORMAT } from "./write.ts";

/** What bytes hold. */
export interface ReadSnapshot {
  readonly snapshot: NetworkSnapshot;
  /** Of the state. */
  readonly digest: string;
}

/**
 * Reads a snapshot.
 *
 * @param most The most bytes that are read.
 * @returns A clause where the bytes are no snapshot, or not one of this version.
 */
export function readSnapshot(bytes: Uint8Array, sha256: Sha256, most = MOST_SNAPSHOT_BYTES): ReadSnapshot | string {
  if (bytes.length > most) return `it is longer than ${most} bytes`;
  const lines = new LineReader(bytes);
  try {
    return read(lines, sha256);
  } catch (error) {
    if (!(error instanceof SnapshotFault)) throw error;
    return `line ${lines.number}: ${error.message}`;
  }
}

function read(lines: LineReader, sha256: Sha256): ReadSnapshot | string {
  const { bytes } = lines;
  const head = headOf(lines.next());
  if (typeof head === "string") return head;
  const last = bytes.lastIndexOf(NEWLINE, -2) + 1;
  const [, digest, sum] = END.exec(new TextDecoder().decode(bytes.subarray(last, last + 200))) ?? [];
  if (digest === undefined) return "it is cut off or damaged: it does not end as a snapshot does";
  if (sum !== sha256(bytes.subarray(0, last))) return "it is damaged: its bytes do not have the sum that it ends with";
  const { body, state } = bodyOf(lines, last);
  if (digest !== sha256(bytes.subarray(0, state))) return "its state does not have the digest that it ends with";
  return { snapshot: { ...head, ...body }, digest };
}

function headOf(line: unknown): Pick<NetworkSnapshot, "now" | "policy"> | string {
  if (typeof line !== "object" || line === null || !("format" in line) || line.format !== SNAPSHOT_FORMAT)
    return "it is no snapshot of glazier";
  const fields = new Fields(line, "the head");
  const version = fields.get("v", asNatural);
  if (version !== SNAPSHOT_VERSION)
    return `it is of version ${version}, and this program reads version ${SNAPSHOT_VERSION}`;
  fields.get("format", asText);
  const now = fields.get("now", asInteger);
  const policy = fields.get("policy", (value, what) => {
    const of = new Fields(value, what);
    const read = { hash: of.get("hash", asText), now: of.get("now", asInteger) };
    of.done();
    return read;
  });
  fields.done();
  return { now, policy };
}

/** The last line, which every snapshot that was written to its end has; nothing else stands in it. */
const END = /^\{"digest":"([0-9a-f]{64})","is":"end","sum":"([0-9a-f]{64})"\}\n$/;

/** The lines of a snapshot by what they are, in the order in which these stand. */
const SECTIONS = ["kept", "user", "share", "guard", "request", "rule", "text", "place"] as const;
type Section = (typeof SECTIONS)[number];

/** Lines between which any order is meant. */
const sectionOf = (is: Section): number => SECTIONS.indexOf(is === "rule" ? "request" : is === "place" ? "text" : is);

/** What stands between head and end; `state`: the length of the state in bytes. */
function bodyOf(lines: LineReader, last: number): { readonly body: Body; readonly state: number } {
  const kept = new Map<string, Kept>();
  const users: string[] = [];
  const shares: SnapshotShare[] = [];
  const guards: string[] = [];
  const requests: SnapshotRequest[] = [];
  const texts: SnapshotSpan["source"][] = [];
  const places: SnapshotSpan[] = [];
  let state = lines.at;
  let section = 0;
  const take = (line: unknown, what: What): void => {
    const fields = new Fields(line, what);
    const is = fields.get("is", asOneOf(SECTIONS));
    if (sectionOf(is) < section) refuse(`a ${is} stands too late`);
    section = sectionOf(is);
    switch (is) {
      case "kept":
        kept.set(fields.get("key", asText), {
          ...fields.optional("from", asInteger),
          ...fields.optional("to", asInteger),
        });
        break;
      case "user":
        users.push(fields.get("name", asText));
        break;
      case "share":
        shares.push(shareOf(fields));
        break;
      case "guard":
        guards.push(fields.get("id", asText));
        break;
      case "rule":
        requests.push({ of: "rule", id: fields.get("id", asText), ...fields.optional("charge", asCharge) });
        break;
      case "request":
        requests.push(requestOf(fields));
        break;
      case "text":
        texts.push(
          fields.has("file")
            ? { file: fields.get("file", asText), ...fields.optional("nth", asNatural) }
            : textOf(fields),
        );
        break;
      case "place":
        places.push(fields.get("at", asPlace(texts)));
        break;
    }
    fields.done();
    if (is !== "text" && is !== "place") state = lines.at;
  };
  while (lines.at < last) {
    const line = lines.next();
    try {
      take(line, undefined);
    } catch (fault) {
      if (!(fault instanceof SnapshotFault)) throw fault;
      take(line, "the line");
    }
  }
  return { body: { kept, users, shares, guards, requests, places }, state };
}

type Body = Omit<NetworkSnapshot, "now" | "policy">;

function shareOf(fields: Fields): SnapshotShare {
  const made = !fields.has("parent")
    ? undefined
    : {
        parent: fields.get("parent", asText),
        flows: fields.get("flows", asFlowgroup),
        stated: fields.get("stated", asStated),
        statement: fields.get("statement", asText),
      };
  return {
    name: fields.get("name", asText),
    speakers: fields.list("speakers", asText),
    open: fields.flag("open"),
    ...fields.optional("level", asNatural),
    ...(made && { made }),
  };
}

const asFlag: ReadValue<boolean> = (value, what) =>
  typeof value === "boolean" ? value : refuse(`${what} is neither true nor false`);

const asTexts: ReadValue<readonly string[]> = (value, what) =>
  asList(value, what).map((one) => asText(one, nameOfPart("an item", what)));

const STATED = {
  allow: asFlag,
  deny: asFlag,
  hint: asFlag,
  query: asFlag,
  reserveMax: asNatural,
  reserveMin: asNatural,
  fill: asNatural,
  capacity: asNatural,
  limitCap: asNatural,
  limitFloor: asNatural,
  waypoint: asTexts,
  avoid: asTexts,
  requests: asNatural,
  entries: asNatural,
} as const satisfies { readonly [Name in keyof StatedPrivileges]-?: ReadValue<StatedPrivileges[Name]> };

const asStated: ReadValue<StatedPrivileges> = (value, what) => {
  const fields = new Fields(value, what);
  const stated = Object.entries<ReadValue<unknown>>(STATED).flatMap(([name, read]) =>
    fields.has(name) ? [[name, fields.get(name, read)]] : [],
  );
  fields.done();
  return Object.fromEntries(stated) as StatedPrivileges;
};

const KINDS: readonly RequestKind[] = ["allow", "deny", "reserve", "limit", "waypoint", "avoid"];

function requestOf(fields: Fields): SnapshotRequest {
  const id = fields.get("id", asText);
  const kind = fields.get("kind", asOneOf(KINDS));
  const pieces = fields.list("pieces", asPiece);
  if (pieces.length === 0) refuse("a request has no piece");
  const has = (name: string, wanted: boolean): void => {
    if (fields.has(name) !== wanted) refuse(`of a ${kind} there is ${wanted ? "no" : "a"} \`${name}\``);
  };
  has("rate", kind === "reserve" || kind === "limit");
  has("nodes", STEERS.includes(kind as (typeof STEERS)[number]));
  has("charge", kind === "reserve");
  return {
    of: "statement",
    id,
    kind,
    share: fields.get("share", asText),
    speaker: fields.get("speaker", asText),
    pieces,
    level: fields.get("level", asNatural),
    ...fields.optional("rate", asNatural),
    ...fields.optional("nodes", asTexts),
    ...fields.optional("charge", asCharge),
    text: fields.has("text") ? fields.get("text", asText) : id,
  };
}

const asCharge: ReadValue<SnapshotCharge> = (value, what) => {
  const fields = new Fields(value, what);
  const charge = { links: fields.list("links", asText), promise: fields.get("promise", asOneOf(PROMISES)) };
  fields.done();
  return charge;
};

const asPiece: ReadValue<Piece> = (value, what) => {
  const fields = new Fields(value, what);
  const piece = { flows: fields.get("flows", asFlowgroup), interval: fields.get("time", asTime) };
  fields.done();
  return piece;
};

const asTime: ReadValue<Interval> = (value, what) => {
  const [start, end, ...more] = asList(value, what).map((one) => asInteger(one, what));
  if (start === undefined || more.length > 0) return refuse(`${what} is no start with an end or without`);
  if (end !== undefined && end <= start) return refuse(`${what} ends before it begins`);
  return { start, end: end ?? Infinity };
};

function textOf(fields: Fields): Source {
  return { name: fields.get("name", asText), text: fields.get("text", asText) };
}

const asPlace =
  (texts: readonly SnapshotSpan["source"][]): ReadValue<SnapshotSpan> =>
  (value, what) => {
    const numbers = asList(value, what).map((one) => asNatural(one, what));
    const [number, start, end] = numbers;
    if (numbers.length !== 3 || start! > end!) return refuse(`${what} is no place in a text`);
    const source = texts[number!] ?? refuse(`${what} is in a text that is not there`);
    if ("text" in source && end! > source.text.length) return refuse(`${what} is beyond the end of its text`);
    return { source, start: start!, end: end! };
  };

const NEWLINE = 10;

/** About so many bytes are parsed at once. */
const PARSED_AT_ONCE = 1 << 16;

/** Bytes as lines of JSON. Many lines are parsed as one list, which takes half as long as one after the other. */
class LineReader {
  readonly bytes: Uint8Array;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  /** Where the next line begins. */
  at = 0;
  /** The number of the line that was read last. */
  number = 0;
  /** Lines that are parsed, and where each ends; the next one is at `#taken`. */
  #parsed: readonly unknown[] = [];
  #ends: readonly number[] = [];
  #taken = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** The next line; undefined: it is no JSON. */
  next(): unknown {
    if (this.#taken === this.#parsed.length) this.#parse();
    this.number += 1;
    this.at = this.#ends[this.#taken]!;
    return this.#parsed[this.#taken++];
  }

  #parse(): void {
    const ends: number[] = [];
    for (let at = this.at; at < this.bytes.length && at < this.at + PARSED_AT_ONCE; at = ends.at(-1)!) {
      const end = this.bytes.indexOf(NEWLINE, at);
      ends.push(end < 0 ? this.bytes.length : end + 1);
    }
    if (ends.length === 0) ends.push(this.bytes.length);
    const many = this.#value(this.at, ends.at(-1)!, (text) => `[${text.trimEnd().replaceAll("\n", ",")}]`);
    // Each line is one value, or what is wrong with one of them is found by itself.
    const isEach = Array.isArray(many) && many.length === ends.length;
    this.#parsed = isEach ? many : ends.map((end, i) => this.#value(i === 0 ? this.at : ends[i - 1]!, end));
    this.#ends = ends;
    this.#taken = 0;
  }

  #value(from: number, to: number, as = (text: string): string => text): unknown {
    try {
      return JSON.parse(as(this.#decoder.decode(this.bytes.subarray(from, to))));
    } catch {
      return undefined;
    }
  }
}
