/**
 * Messages of OpenFlow 1.3 ↔ bytes. Decoding is total: every frame gives a message, an `unknown` one with its bytes, or
 * a `malformed` one with the reason. `decode (encode m) = m` always, and `encode (decode b) = b` for frames in
 * canonical form.
 */
import { Reader, Writer } from "./buffer.ts";
import { rest, struct, type Codec, type LayoutValue } from "./codec.ts";
import { EXPERIMENTER_ERROR, layouts, onf, ONF } from "./layouts.ts";

/** The version that this codec speaks: OpenFlow 1.3. */
export const VERSION = 4;

/** The bytes of the header: version, type, length, xid. */
export const HEADER = 8;

type Layouts = typeof layouts;
type Kind = keyof Layouts;

/** A message of the table of layouts. */
type Tabled = {
  [K in Kind]: { readonly type: K; readonly xid: number } & (K extends "hello"
    ? { readonly version: number }
    : object) &
    LayoutValue<Layouts[K][1]>;
}[Kind];

/** A message in a bundle, which is carried out when the bundle is committed. */
export interface BundleAdd {
  readonly type: "bundle_add";
  readonly xid: number;
  readonly bundle: number;
  readonly flags: number;
  /** Its xid is that of the envelope (EXT-230). */
  readonly message: Message;
  readonly properties: Uint8Array;
}

/** A message of a type that OpenFlow 1.3 does not have. */
export interface UnknownMessage {
  readonly type: "unknown";
  readonly xid: number;
  readonly code: number;
  readonly data: Uint8Array;
}

export type Message = Tabled | BundleAdd | UnknownMessage;

/** The message of one type. */
export type MessageOf<T extends Message["type"]> = Extract<Message, { readonly type: T }>;

/** A frame that is not a message. */
export interface MalformedFrame {
  readonly type: "malformed";
  readonly xid: number;
  /** The version and the type of the header, as far as it is there. */
  readonly version: number;
  readonly code: number;
  readonly reason: string;
}

interface Compiled {
  readonly type: string;
  readonly code: number;
  readonly codec: Codec<object>;
}

const compiled: readonly Compiled[] = Object.entries(layouts).map(([type, [code, layout]]) => ({
  type,
  code,
  codec: struct(layout),
}));
const byCode = new Map(compiled.map((one) => [one.code, one]));
const byType = new Map(compiled.map((one) => [one.type, one]));

const BUNDLE_CONTROL = 2300;
const BUNDLE_ADD = 2301;
const EXPERIMENTER = 4;

/** The code of a body beyond the type in its header. The reader is at the body, and moves past the code. */
function refine(from: Reader, type: number): number {
  const start = from.at;
  if (type === 1 && from.remaining >= 8 && from.u16() === 0xffff) {
    from.at = start;
    return EXPERIMENTER_ERROR;
  }
  from.at = start;
  if (type === EXPERIMENTER && from.remaining >= 8 && from.u32() === ONF) {
    const kind = from.u32();
    if (kind === BUNDLE_CONTROL || kind === BUNDLE_ADD) return onf(kind);
  }
  from.at = start;
  return type;
}

/** Reads the message at the cursor. `length`: what its header must say, if that is known. */
function read(from: Reader, length?: number): Message | undefined {
  const version = from.u8();
  const type = from.u8();
  const stated = from.u16();
  const xid = from.u32();
  if (length !== undefined && stated !== length) from.fail(`the header says ${stated} bytes, the frame has ${length}`);
  const outer = from.enter(stated - HEADER);
  if (version !== VERSION && type > 1) from.fail(`version ${version} where ${VERSION} was agreed`);
  const code = refine(from, type);
  const known = byCode.get(code);
  let message: Message;
  if (code === onf(BUNDLE_ADD)) message = readBundleAdd(from, xid);
  else if (known === undefined) message = { type: "unknown", xid, code: type, data: rest.read(from) };
  else {
    const body = known.codec.read(from);
    const header = type === 0 ? { type: known.type, xid, version } : { type: known.type, xid };
    message = Object.assign(header, body) as Message;
  }
  from.leave(outer);
  return from.fault === undefined ? message : undefined;
}

function readBundleAdd(from: Reader, xid: number): Message {
  const bundle = from.u32();
  from.skip(2);
  const flags = from.u16();
  // A bundle in a bundle could be nested without end.
  if (from.depth > 0) from.fail("a bundle inside a bundle");
  from.depth++;
  const message = read(from);
  from.depth--;
  return { type: "bundle_add", xid, bundle, flags, message: message!, properties: rest.read(from) };
}

/** Reads one whole frame. Never throws. */
export function decode(frame: Uint8Array): Message | MalformedFrame {
  const reader = new Reader(frame);
  const message = read(reader, frame.length);
  if (message !== undefined) return message;
  const header = new Reader(frame);
  const version = header.u8();
  const code = header.u8();
  header.skip(2);
  return { type: "malformed", xid: header.u32(), version, code, reason: reader.fault! };
}

/** Appends a message. The writer keeps faults (a number out of range, more than 65,535 bytes). */
export function write(to: Writer, message: Message): void {
  const start = to.at;
  to.u8(message.type === "hello" ? message.version : VERSION);
  if (message.type === "bundle_add") writeBundleAdd(to, message);
  else if (message.type === "unknown") {
    header(to, message.code, message.xid);
    to.put(message.data);
  } else {
    const { code, codec } = byType.get(message.type)!;
    if (code >= onf(0)) experimenterHeader(to, code - onf(0), message.xid);
    else header(to, code === EXPERIMENTER_ERROR ? 1 : code, message.xid);
    codec.write(to, message);
  }
  to.patch(start + 2, to.at - start);
}

function header(to: Writer, type: number, xid: number): void {
  to.u8(type);
  to.u16(0);
  to.u32(xid);
}

function experimenterHeader(to: Writer, type: number, xid: number): void {
  header(to, EXPERIMENTER, xid);
  to.u32(ONF);
  to.u32(type);
}

function writeBundleAdd(to: Writer, message: BundleAdd): void {
  experimenterHeader(to, BUNDLE_ADD, message.xid);
  to.u32(message.bundle);
  to.u16(0);
  to.u16(message.flags);
  write(to, message.message);
  to.put(message.properties);
}

/** Encodes one message. Throws a RangeError for a value that the wire cannot carry, which is the caller's mistake. */
export function encode(message: Message): Uint8Array {
  const writer = new Writer();
  write(writer, message);
  if (writer.fault !== undefined) throw new RangeError(`${message.type}: ${writer.fault}`);
  return writer.flush();
}
