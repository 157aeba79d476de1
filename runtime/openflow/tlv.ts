/**
 * Type-length-value unions: OpenFlow's actions, instructions, meter bands and the like. A table gives each kind its
 * code and its layout. An element that the table does not have is kept as `unknown` with its bytes, and written back
 * unchanged.
 */
import type { Reader, Writer } from "./buffer.ts";
import { struct, type Codec, type WireLayout, type LayoutValue } from "./codec.ts";

/** The code and the layout of one kind. */
export type TlvCase<L extends WireLayout = WireLayout> = readonly [code: number, layout: L];
export type Cases = Readonly<Record<string, TlvCase>>;

/** An element of a type that the table does not have. */
export interface Unknown {
  readonly kind: "unknown";
  readonly code: number;
  readonly data: Uint8Array;
}

/** The union that a table of cases describes, distinguished by `kind`. */
export type Union<C extends Cases> =
  | { [K in keyof C & string]: { readonly kind: K } & LayoutValue<C[K][1]> }[keyof C & string]
  | Unknown;

/** Compiled cases: by code for reading, by kind for writing. */
export interface Dispatch {
  readonly byCode: ReadonlyMap<number, Codec<object>>;
  readonly byKind: ReadonlyMap<string, { readonly code: number; readonly codec: Codec<object> }>;
}

export function dispatch(cases: Cases): Dispatch {
  const compiled = Object.entries(cases).map(([kind, [code, layout]]) => ({
    kind,
    code,
    codec: struct(layout, { kind }) as Codec<object>,
  }));
  return {
    byCode: new Map(compiled.map(({ code, codec }) => [code, codec])),
    byKind: new Map(compiled.map(({ kind, code, codec }) => [kind, { code, codec }])),
  };
}

/**
 * The codes of Nicira's extensions (Open vSwitch). They share the type 0xffff and differ in a subtype after the
 * experimenter's number; here both together are one code above 16 bits.
 */
const NICIRA = 0x2320;
export const nicira = (subtype: number): number => NICIRA * 0x10000 + subtype;

function readCode(from: Reader, type: number): number {
  if (type !== 0xffff || from.remaining < 6) return type;
  const start = from.at;
  const code = from.u32() * 0x10000 + from.u16();
  if (code >= nicira(0) && code <= nicira(0xffff)) return code;
  from.at = start;
  return type;
}

function writeType(to: Writer, code: number): void {
  to.u16(code > 0xffff ? 0xffff : code);
}

/**
 * A union of elements with a 16-bit type and a 16-bit length that counts the four bytes of both. With `multiple` the
 * length is a multiple of 8 (actions, instructions); with `padded` zeros that it does not count follow (hello
 * elements).
 */
export function tlv<C extends Cases>(cases: C, form: { multiple?: boolean; padded?: boolean } = {}): Codec<Union<C>> {
  const { byCode, byKind } = dispatch(cases);
  const read = (from: Reader): object => {
    const type = from.u16();
    const length = from.u16();
    if (length < 4 || (form.multiple === true && length % 8 > 0)) from.fail(`an element of length ${length}`);
    const outer = from.enter(Math.max(0, length - 4));
    const start = from.at;
    const codec = byCode.get(readCode(from, type));
    if (codec === undefined) from.at = start;
    const value = codec ? codec.read(from) : { kind: "unknown", code: type, data: from.take(from.remaining) };
    from.leave(outer);
    if (form.padded === true && length % 8 > 0) from.skip(Math.min(8 - (length % 8), from.remaining));
    return value;
  };
  const write = (to: Writer, value: { readonly kind: string }): void => {
    const start = to.at;
    const known = byKind.get(value.kind);
    const code = known ? known.code : (value as Unknown).code;
    writeType(to, code);
    to.u16(0);
    if (code > 0xffff) {
      to.u32(NICIRA);
      to.u16(code % 0x10000);
    }
    if (known) known.codec.write(to, value);
    else to.put((value as Unknown).data);
    if (form.multiple === true) to.align(start);
    to.patch(start + 2, to.at - start);
    if (form.padded === true) to.align(start);
  };
  return { read, write } as Codec<Union<C>>;
}
