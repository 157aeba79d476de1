/**
 * A server's snapshot ↔ bytes: all that its records before one have come to. Lines of JSON: a head that names the place in
 * the log, what the records tell beside the network, the network's own snapshot, and the sum of all bytes before.
 */
import { createHash } from "node:crypto";
import { readSnapshot } from "#compiler/admission/snapshot/read.ts";
import { MOST_SNAPSHOT_BYTES, type NetworkSnapshot } from "#compiler/admission/snapshot/snapshot.ts";
import { snapshotParts } from "#compiler/admission/snapshot/write.ts";
import type { LogEnd } from "../../log/log.ts";
import type { KeyedAnswer } from "../../log/once.ts";
import { recordHash } from "../../log/record.ts";

const FORMAT = "glazier server";
const VERSION = 1;
const NETWORK_LINE = '{"is":"network"}\n';

/** A sentence that was accepted under an earlier policy and is not any more. */
export interface FallenSentence {
  readonly number: number;
  readonly by: string;
  readonly text: string;
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
}

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

/** About so many characters are made at a time. */
const SIZE = 1 << 16;

/** The bytes of a snapshot in parts; its mark, once all of them were taken. */
export function* serverSnapshotParts(snapshot: ServerSnapshot): Generator<Uint8Array, SnapshotMark> {
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

function* linesOf({ end, fallen, tokens, keys, target }: ServerSnapshot): Generator<object> {
  const { at, hash, time, term } = end;
  yield { format: FORMAT, v: VERSION, at, hash, time, term, ...(target !== undefined && { target }) };
  for (const { number, by, text } of fallen) yield { is: "fallen", number, by, text };
  for (const [digest, name] of tokens) yield { is: "token", digest, name };
  for (const key of keys) yield { is: "key", ...key };
}

/** Reads a snapshot; as a clause why the bytes are none. */
export function readServerSnapshot(bytes: Uint8Array): ReadServerSnapshot | string {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const last = all.lastIndexOf("\n", -2) + 1;
  const sum = recordHash(all.subarray(0, last));
  if (!all.subarray(last).equals(Buffer.from(sumLine(sum))))
    return "it is cut off or damaged: its bytes do not have the sum that it ends with";
  const network = all.indexOf(NETWORK_LINE);
  if (network < 0) return "it is no snapshot of a server";
  const [head, ...lines] = parsed(all.toString("utf8", 0, network));
  if (head?.format !== FORMAT) return "it is no snapshot of a server";
  if (head.v !== VERSION) return `it is of version ${head.v}, and this program reads version ${VERSION}`;
  const own = readSnapshot(all.subarray(network + NETWORK_LINE.length, last), recordHash);
  if (typeof own === "string") return own;
  const { at, hash, time, term, target } = head;
  const snapshot: ServerSnapshot = {
    end: { at, hash, time, term },
    fallen: lines.filter(({ is }) => is === "fallen").map(({ number, by, text }) => ({ number, by, text })),
    tokens: lines.filter(({ is }) => is === "token").map(({ digest, name }) => [digest, name]),
    keys: lines.filter(({ is }) => is === "key").map(keyOf),
    network: own.snapshot,
    target,
  };
  return { snapshot, mark: { of: at, sum, digest: own.digest } };
}

const keyOf = ({ by, key, body, n, at, answer }: Line): KeyedAnswer => ({ by, key, body, n, at, answer });

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
} & LogEnd &
  FallenSentence &
  KeyedAnswer;
