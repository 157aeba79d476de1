/**
 * A snapshot → its bytes: lines of JSON, keys in order of text, so that one state has one text. First comes the state,
 * then the places of its statements in their texts, last the digests. Where a statement is written is no part of what it
 * is (SEMANTICS, "Files"), so replicas that read it from different texts have one digest of the state.
 */
import type { Interval } from "../../net/interval.ts";
import { byText } from "../../net/order.ts";
import { SteadyMap } from "../../net/steady-map.ts";
import { flowsJson } from "./cubes.ts";
import {
  MOST_SNAPSHOT_BYTES,
  SNAPSHOT_VERSION,
  type Sha256,
  type SnapshotCharge,
  type SnapshotRequest,
  type SnapshotShare,
  type SnapshotSpan,
  type TakenSnapshot,
} from "./snapshot.ts";

export const SNAPSHOT_FORMAT = "glazier snapshot";

/** A snapshot as it is kept. */
export interface WrittenSnapshot {
  readonly bytes: Uint8Array;
  /** Of the state: equal iff two networks stand in the same way. */
  readonly digest: string;
}

/**
 * The bytes of a snapshot.
 *
 * @param most The most bytes that may be written.
 * @returns A clause where it would be longer.
 */
export function writeSnapshot(
  snapshot: TakenSnapshot,
  sha256: Sha256,
  most = MOST_SNAPSHOT_BYTES,
): WrittenSnapshot | string {
  const text = new Lines(most);
  for (const line of stateLines(snapshot)) text.add(line);
  const digest = sha256(text.bytes());
  for (const line of placeLines(snapshot)) text.add(line);
  text.add({ digest, is: "end", sum: sha256(text.bytes()) });
  if (text.isFull) return `it would be longer than ${most} bytes`;
  return { bytes: text.bytes(), digest };
}

/** SHA-256 of bytes that come one after the other. */
export interface RunningSha256 {
  update(bytes: Uint8Array): void;
  /** Of all bytes until now, as 64 hexadecimal digits; more may follow. */
  digest(): string;
}

/**
 * The bytes of a snapshot in parts, for those who have something else to do between two of them. The network may go on
 * meanwhile: a snapshot is a value.
 *
 * @param size About so many bytes are a part.
 * @returns The digest of the state, once all parts were taken.
 */
export function* snapshotParts(
  snapshot: TakenSnapshot,
  sha256: RunningSha256,
  size = 1 << 16,
): Generator<Uint8Array, string> {
  const encoder = new TextEncoder();
  let text = "";
  const part = (): Uint8Array => {
    const bytes = encoder.encode(text);
    sha256.update(bytes);
    text = "";
    return bytes;
  };
  for (const line of stateLines(snapshot)) {
    text += `${typeof line === "string" ? line : JSON.stringify(line)}\n`;
    if (text.length >= size) yield part();
  }
  yield part();
  const digest = sha256.digest();
  for (const line of placeLines(snapshot)) {
    text += `${line}\n`;
    if (text.length >= size) yield part();
  }
  if (text !== "") yield part();
  text = `${JSON.stringify({ digest, is: "end", sum: sha256.digest() })}\n`;
  yield part();
  return digest;
}

/** The digest of the state alone. */
export function digestOf(snapshot: TakenSnapshot, sha256: Sha256): string {
  const text = new Lines(Infinity);
  for (const line of stateLines(snapshot)) text.add(line);
  return sha256(text.bytes());
}

/** Lines as bytes that grow; they are encoded by the thousand. */
class Lines {
  readonly #most: number;
  readonly #encoder = new TextEncoder();
  #bytes = new Uint8Array(1 << 16);
  #length = 0;
  #pending: string[] = [];
  isFull = false;

  constructor(most: number) {
    this.#most = most;
  }

  add(line: object | string): void {
    if (this.isFull) return;
    this.#pending.push(typeof line === "string" ? line : JSON.stringify(line));
    if (this.#pending.length === 1_000) this.#encode();
  }

  /** All lines until now. */
  bytes(): Uint8Array {
    this.#encode();
    return this.#bytes.subarray(0, this.#length);
  }

  #encode(): void {
    if (this.#pending.length === 0) return;
    const more = this.#encoder.encode(`${this.#pending.join("\n")}\n`);
    this.#pending = [];
    const length = this.#length + more.length;
    if (length > this.#most) {
      this.isFull = true;
      return;
    }
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(2 * this.#bytes.length, length));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(more, this.#length);
    this.#length = length;
  }
}

function* stateLines({
  now,
  policy,
  kept,
  users,
  shares,
  guards,
  requests,
}: TakenSnapshot): Generator<object | string> {
  yield { format: SNAPSHOT_FORMAT, now, policy: { hash: policy.hash, now: policy.now }, v: SNAPSHOT_VERSION };
  for (const [key, { from, to }] of kept) {
    yield { ...(from !== undefined && { from }), is: "kept", key, ...(to !== undefined && { to }) };
  }
  for (const name of users) yield { is: "user", name };
  for (const share of shares) yield shareJson(share);
  for (const id of guards) yield { id, is: "guard" };
  yield* requests;
}

export const requestLine = (request: SnapshotRequest): string => JSON.stringify(requestJson(request));

function shareJson({ name, speakers, open, level, made }: SnapshotShare): object {
  return {
    ...(made && { flows: flowsJson(made.flows) }),
    is: "share",
    ...(level !== undefined && { level }),
    name,
    ...(open && { open }),
    ...(made && { parent: made.parent }),
    speakers,
    ...(made && {
      stated: Object.fromEntries(Object.entries(made.stated).toSorted(([a], [b]) => byText(a, b))),
      statement: made.statement,
    }),
  };
}

function requestJson(request: SnapshotRequest): object {
  const { id } = request;
  const charge = request.charge && { charge: chargeJson(request.charge) };
  if (request.of === "rule") return { ...charge, id, is: "rule" };
  const { kind, share, speaker, pieces, level, rate, nodes, text } = request;
  return {
    ...charge,
    id,
    is: "request",
    kind,
    level,
    ...(nodes && { nodes }),
    pieces: pieces.map(({ flows, interval }) => ({ flows: flowsJson(flows), time: timeJson(interval) })),
    ...(rate !== undefined && { rate }),
    share,
    speaker,
    ...(text !== id && { text }),
  };
}

const chargeJson = ({ links, promise }: SnapshotCharge): object => ({ links, promise });

/** Without an end it has a start alone. */
const timeJson = ({ start, end }: Interval): readonly number[] => (end === Infinity ? [start] : [start, end]);

/** The texts once each, before the first place in each. */
function* placeLines({ places }: TakenSnapshot): Generator<string> {
  const numbers = new SteadyMap<string, number>();
  let last: string | undefined;
  let number = 0;
  for (const { text, start, end } of places) {
    if (text !== last) {
      const known = numbers.get((last = text));
      number = known ?? numbers.size;
      if (known === undefined) {
        numbers.set(text, number);
        yield text;
      }
    }
    yield `{"at":[${number},${start},${end}],"is":"place"}`;
  }
}

/** The line of a text. */
export const textLine = (source: SnapshotSpan["source"]): string =>
  JSON.stringify(
    "file" in source
      ? { file: source.file, is: "text", nth: source.nth }
      : { is: "text", name: source.name, text: source.text },
  );
