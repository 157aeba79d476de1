/**
 * A wire format as a value: one table says how a structure is read and how it is written, and TypeScript infers its
 * type from that table. So the three cannot disagree.
 */
import type { Reader, Writer } from "./buffer.ts";

/** Reads and writes one kind of value. The cursor keeps faults. */
export interface Codec<T> {
  read(from: Reader): T;
  write(to: Writer, value: T): void;
}

/** The values of a codec. */
export type Of<C> = C extends Codec<infer T> ? T : never;

/** Bytes without a meaning: written as zeros, ignored when read, absent from the value. */
export interface Gap extends Codec<undefined> {
  readonly gap: number;
}

/** Fields in wire order. */
export type WireLayout = Readonly<Record<string, Codec<unknown>>>;

/** The value that a layout describes. */
export type LayoutValue<L extends WireLayout> = {
  readonly [K in keyof L as L[K] extends Gap ? never : K]: Of<L[K]>;
};

export const u8: Codec<number> = { read: (from) => from.u8(), write: (to, value) => to.u8(value) };
export const u16: Codec<number> = { read: (from) => from.u16(), write: (to, value) => to.u16(value) };
export const u32: Codec<number> = { read: (from) => from.u32(), write: (to, value) => to.u32(value) };
export const u64: Codec<bigint> = { read: (from) => from.bigint(8), write: (to, value) => to.bigint(value, 8) };
/** A MAC address as a 48-bit number. */
export const mac: Codec<number> = { read: (from) => from.number(6), write: (to, value) => to.number(value, 6) };
/** Everything up to the end of the structure. */
export const rest: Codec<Uint8Array> = {
  read: (from) => from.take(from.remaining),
  write: (to, value) => to.put(value),
};

/** Moves past bytes; a gap has no value. */
export function skip(from: Reader, size: number): undefined {
  from.skip(size);
  return undefined;
}

export function gap(size: number): Gap {
  return {
    gap: size,
    read: (from) => skip(from, size),
    write: (to) => to.zeros(size),
  };
}

const utf8 = { encoder: new TextEncoder(), decoder: new TextDecoder("utf-8", { ignoreBOM: true }) };

/**
 * A text in a field of fixed size, ended by NUL if it is shorter. Bytes that are not UTF-8 are read as `?`, so that the
 * text fits when it is written.
 */
export function text(size: number): Codec<string> {
  return {
    read(from) {
      const bytes = from.take(size);
      const end = bytes.indexOf(0);
      return utf8.decoder.decode(end < 0 ? bytes : bytes.subarray(0, end)).replaceAll("\ufffd", "?");
    },
    write(to, value) {
      const bytes = utf8.encoder.encode(value);
      if (bytes.length > size) to.fail(`\`${value}\` is longer than ${size} bytes`);
      else to.put(bytes);
      to.zeros(Math.max(0, size - bytes.length));
    },
  };
}

/** A number whose values all have names; any other value is a fault. */
export function oneOf<const Name extends string>(size: Codec<number>, names: readonly Name[], first = 0): Codec<Name> {
  return {
    read(from) {
      const name = names[size.read(from) - first];
      if (name === undefined) from.fail(`none of ${names.join(", ")}`);
      return name ?? names[0]!;
    },
    write: (to, value) => size.write(to, names.indexOf(value) + first),
  };
}

/** Fields one after the other. `constants` (a tag) are part of every value that is read, and are not written. */
export function struct<L extends WireLayout>(layout: L): Codec<LayoutValue<L>>;
export function struct<L extends WireLayout, const C extends object>(
  layout: L,
  constants: C,
): Codec<C & LayoutValue<L>>;
export function struct<L extends WireLayout>(layout: L, constants: object = {}): Codec<LayoutValue<L>> {
  const fields = Object.entries(layout).map(([name, codec]) => ({ name, codec, silent: "gap" in codec }));
  return {
    read(from) {
      const value: Record<string, unknown> = { ...constants };
      for (const { name, codec, silent } of fields) {
        const part = codec.read(from);
        if (!silent) value[name] = part;
      }
      return value as LayoutValue<L>;
    },
    write(to, value) {
      for (const { name, codec } of fields) codec.write(to, (value as Record<string, unknown>)[name]);
    },
  };
}

/** Items up to the end of the structure. Each must take at least one byte. */
export function listOf<T>(item: Codec<T>): Codec<readonly T[]> {
  return {
    read(from) {
      const items: T[] = [];
      while (from.remaining > 0) items.push(item.read(from));
      return items;
    },
    write(to, values) {
      for (const value of values) item.write(to, value);
    },
  };
}

/** A 16-bit length that counts itself, then the structure. */
export function sized<T>(body: Codec<T>): Codec<T> {
  return {
    read(from) {
      const outer = from.enter(from.u16() - 2);
      const value = body.read(from);
      from.leave(outer);
      return value;
    },
    write(to, value) {
      const start = to.at;
      to.u16(0);
      body.write(to, value);
      to.patch(start, to.at - start);
    },
  };
}
