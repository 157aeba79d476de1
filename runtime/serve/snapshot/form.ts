/**
 * A server's snapshot ↔ bytes: all that its records before one have come to. Lines of JSON: a head that names the place in
 * the log, what the records tell beside the network, the network's own snapshot, and the sum of all bytes before.
 */
import { createHash } from "node:crypto";
import { readSnapshot } from "#compiler/admission/snapshot/read.ts";
import {
  MOST_SNAPSHOT_BYTES,
  type NetworkSnapshot,
  type TakenSnapshot,
} from "#compiler/admission/snapshot/snapshot.ts";
import { snapshotParts } from "#compiler/admission/snapshot/write.ts";
import type { LogEnd } from "../../log/log.ts";
import { Persons, type TakenName } from "../names/persons.ts";
import { OwnNumbers } from "./own-numbers.ts";
import type { KeptSentence } from "./sentences.ts";
import type { KeyedAnswer } from "../../log/once.ts";
import { recordHash, type JsonValue } from "../../log/record.ts";

const FORMAT = "glazier server";
/** The version that is written. In the first one speakers had no numbers of their own. */
const VERSION = 2;
const isKnown = (v: number): boolean => v === 1 || v === VERSION;
const NETWORK_LINE = '{"is":"network"}\n';

/** A sentence that was accepted under an earlier policy and is not any more. */
export interface FallenSentence {
  readonly number: number;
  readonly by: string;
  readonly text: string;
  /** What is missed of it; absent: not known. */
  readonly parts?: readonly FallenPart[];
}

/** What a fallen statement asked for, as far as it is known. */
export interface FallenPart {
  /** Of a request: its speaker. */
  readonly by?: string;
  readonly share?: string;
  /** The share and those above it, where they stood. */
  readonly within?: readonly string[];
  /** When it would have ended, in Unix seconds; absent: never. */
  readonly end?: number;
}

export interface ServerSnapshot {
  /** Where the log ended: the records before `at` are in it. */
  readonly end: LogEnd;
  readonly fallen: readonly FallenSentence[];
  readonly tokens: readonly (readonly [digest: string, name: string])[];
  /** In the order of their records. */
  readonly keys: readonly KeyedAnswer[];
  readonly network: NetworkSnapshot;
  /** The target for which the tables of the policy were found without faults; absent: not known. */
  readonly target?: string | undefined;
  readonly numbers: OwnNumbers;
  readonly persons: Persons;
  /** What another policy would decide again, in the snapshot that a shortened log keeps; else the records say it. */
  readonly sentences?: readonly KeptSentence[] | undefined;
}

/** The same as it is taken. */
export type TakenServerSnapshot = Omit<ServerSnapshot, "network"> & { readonly network: TakenSnapshot };

/** What vouches for a snapshot: a record of the log holds it. */
export interface SnapshotMark {
  /** The number of records in it. */
  readonly of: number;
  /** SHA-256 of its bytes. */
  readonly sum: string;
  /** Of the network's state. */
  readonly digest: string;
}

/** What bytes hold, and the mark that the log must have of them. */
export interface ReadServerSnapshot {
  readonly snapshot: ServerSnapshot;
  readonly mark: SnapshotMark;
}

/** It would be longer than any that is read. */
export class SnapshotTooLong extends Error {}

/** About so many characters are made at a time: what is said waits for them, and they take about a millisecond. */
const SIZE = 1 << 14;

/** The bytes of a snapshot in parts; its mark, once all of them were taken. */
export function* serverSnapshotParts(snapshot: TakenServerSnapshot): Generator<Uint8Array, SnapshotMark> {
  const sum = createHash("sha256");
  const counted = (bytes: Uint8Array): Uint8Array => {
    sum.update(bytes);
    return bytes;
  };
  let text = "";
  for (const line of linesOf(snapshot)) {
    text += `${JSON.stringify(line)}\n`;
    if (text.length < SIZE) continue;
    yield counted(Buffer.from(text));
    text = "";
  }
  yield counted(Buffer.from(text + NETWORK_LINE));
  const own = createHash("sha256");
  const sha256 = {
    update: (bytes: Uint8Array): void => void own.update(bytes),
    digest: (): string => own.copy().digest("hex"),
  };
  const parts = snapshotParts(snapshot.network, sha256, SIZE);
  let size = 0;
  let next = parts.next();
  for (; next.done !== true; next = parts.next()) {
    if ((size += next.value.length) > MOST_SNAPSHOT_BYTES)
      throw new SnapshotTooLong(`the snapshot would be longer than ${MOST_SNAPSHOT_BYTES} bytes`);
    yield counted(next.value);
  }
  const mark = { of: snapshot.end.at, sum: sum.digest("hex"), digest: next.value };
  yield Buffer.from(sumLine(mark.sum));
  return mark;
}

const sumLine = (sum: string): string => `{"is":"sum","sum":"${sum}"}\n`;

function* linesOf({ end, fallen, tokens, keys, target, numbers, persons }: TakenServerSnapshot): Generator<object> {
  const { at, hash, time, term } = end;
  const { first, last } = numbers;
  yield { format: FORMAT, v: VERSION, at, hash, time, term, first, ...(target !== undefined && { target }) };
  for (const [by, own] of last) yield { is: "numbers", by, own };
  for (const [name, taken] of persons.taken) yield { is: "person", name, ...taken };
  for (const one of fallen) yield { is: "fallen", ...one };
  for (const [digest, name] of tokens) yield { is: "token", digest, name };
  for (const key of keys) yield { is: "key", ...key };
}

/** A snapshot with its network as bytes. */
export interface ServerLines {
  readonly end: LogEnd;
  readonly mark: SnapshotMark;
  /** The lines before those of the network, and those with the line that begins them. */
  readonly before: Buffer;
  readonly network: Buffer;
  /** What another policy would decide again; absent: the records say it. */
  readonly sentences?: () => Generator<KeptSentence>;
}

/** The lines of a snapshot; undefined: the bytes are none. */
export function serverLines(bytes: Uint8Array): ServerLines | undefined {
  const parts = partsOf(bytes);
  if (typeof parts === "string") return undefined;
  const { before, network, sum } = parts;
  const [head] = linesIn(before);
  const last = network.subarray(network.lastIndexOf("\n", -2) + 1);
  const { digest } = JSON.parse(last.toString()) as Line;
  if (head === undefined || head.format !== FORMAT || !isKnown(head.v)) return undefined;
  const { at, hash, time, term, sentences } = head;
  const own = function* (): Generator<KeptSentence> {
    for (const line of linesIn(before)) if (line.is === "sentence") yield sentenceOf(line);
  };
  return {
    end: { at, hash, time, term },
    mark: { of: at, sum, digest },
    before,
    network,
    ...(sentences === true && { sentences: own }),
  };
}

/** The requests that stand in a network. */
export function* requestIdsIn(network: Buffer): Generator<string> {
  for (const { is, id } of linesIn(network)) if (is === "request") yield id!;
}

/** The numbers of the sentences that fell under the policy of a snapshot. */
export function fallenIn(before: Buffer): ReadonlySet<number> {
  const numbers = new Set<number>();
  for (const { is, number } of linesIn(before)) if (is === "fallen") numbers.add(number);
  return numbers;
}

/** The bytes of a snapshot with the sentences that another policy would decide again, and the mark of it. */
export function withSentences(
  { end, mark: { digest }, before, network }: ServerLines,
  sentences: Iterable<KeptSentence>,
): { readonly bytes: Buffer; readonly mark: SnapshotMark } {
  const first = before.indexOf("\n") + 1;
  const head = JSON.parse(before.toString("utf8", 0, first)) as object;
  const parts = [Buffer.from(`${JSON.stringify({ ...head, sentences: true })}\n`), before.subarray(first)];
  for (const one of sentences) parts.push(Buffer.from(`${JSON.stringify({ is: "sentence", ...one })}\n`));
  const all = Buffer.concat([...parts, network]);
  const sum = recordHash(all);
  return { bytes: Buffer.concat([all, Buffer.from(sumLine(sum))]), mark: { of: end.at, sum, digest } };
}

/** The parts of a snapshot whose sum is right; as a clause why the bytes are none. */
function partsOf(
  bytes: Uint8Array,
): { readonly before: Buffer; readonly network: Buffer; readonly sum: string } | string {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const last = all.lastIndexOf("\n", -2) + 1;
  const sum = recordHash(all.subarray(0, last));
  if (!all.subarray(last).equals(Buffer.from(sumLine(sum))))
    return "it is cut off or damaged: its bytes do not have the sum that it ends with";
  const network = all.indexOf(NETWORK_LINE);
  if (network < 0) return "it is no snapshot of a server";
  return { before: all.subarray(0, network), network: all.subarray(network, last), sum };
}

function* linesIn(bytes: Buffer): Generator<Line> {
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf("\n", at);
    if (end < 0) return;
    yield JSON.parse(bytes.toString("utf8", at, end)) as Line;
    at = end + 1;
  }
}

/** Reads a snapshot; as a clause why the bytes are none. */
export function readServerSnapshot(bytes: Uint8Array): ReadServerSnapshot | string {
  const parts = partsOf(bytes);
  if (typeof parts === "string") return parts;
  const { before, network, sum } = parts;
  const [head, ...lines] = parsed(before.toString());
  if (head?.format !== FORMAT) return "it is no snapshot of a server";
  if (!isKnown(head.v)) return `it is of version ${head.v}, and this program reads version ${VERSION}`;
  const own = readSnapshot(network.subarray(NETWORK_LINE.length), recordHash);
  if (typeof own === "string") return own;
  const { at, hash, time, term, target, first = at } = head;
  const numbers = lines.filter(({ is }) => is === "numbers");
  const snapshot: ServerSnapshot = {
    end: { at, hash, time, term },
    fallen: lines.filter(({ is }) => is === "fallen").map(fallenOf),
    tokens: lines.filter(({ is }) => is === "token").map(({ digest, name }) => [digest, name]),
    keys: lines.filter(({ is }) => is === "key").map(keyOf),
    network: own.snapshot,
    target,
    numbers: new OwnNumbers(
      Math.max(1, first),
      numbers.map((one) => [one.by, one.own!]),
    ),
    persons: new Persons(
      lines.filter(({ is }) => is === "person").map(({ name, person, since }) => [name, { person, since }]),
    ),
    sentences: head.sentences === true ? lines.filter(({ is }) => is === "sentence").map(sentenceOf) : undefined,
  };
  return { snapshot, mark: { of: at, sum, digest: own.digest } };
}

const fallenOf = ({ number, by, text, parts }: Line): FallenSentence => ({ number, by, text, ...(parts && { parts }) });

const keyOf = ({ by, key, body, n, at, answer }: Line): KeyedAnswer => ({ by, key, body, n, at, answer });

const sentenceOf = ({ number, own, by, text, at, id, answers }: Line): KeptSentence => ({
  number,
  ...(own !== undefined && { own }),
  by,
  text,
  at,
  ...(id !== undefined && { id }),
  ...(answers !== undefined && { answers }),
});

function parsed(text: string): readonly Line[] {
  try {
    return text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Line);
  } catch {
    return [];
  }
}

/** A line whose sum is right is one that this program wrote: its fields are those of its kind. */
type Line = { readonly is?: string; readonly format?: string; readonly v: number; readonly digest: string } & {
  readonly name: string;
  readonly target?: string;
  readonly id?: string;
  readonly own?: number;
  readonly first?: number;
  readonly sentences?: true;
  readonly answers?: readonly JsonValue[];
} & LogEnd &
  TakenName &
  FallenSentence &
  KeyedAnswer;
