/** The notation of values in the switch's database (RFC 7047, section 5.1) ↔ JavaScript's own sets and maps. */
import { by } from "../../compiler/net/order.ts";

/** The identifier of a row, or the name of one that the same transaction makes. */
export type RowId = readonly ["uuid" | "named-uuid", string];
export type OvsdbAtom = string | number | boolean | RowId;
export type OvsdbValue =
  | OvsdbAtom
  | readonly ["set", readonly OvsdbAtom[]]
  | readonly ["map", readonly (readonly [OvsdbAtom, OvsdbAtom])[]];

/** One operation of a transaction (section 5.2). */
export type Operation = { readonly op: string; readonly [member: string]: unknown };

export const uuid = (id: string): RowId => ["uuid", id];
export const named = (name: string): RowId => ["named-uuid", name];
export const set = (items: readonly OvsdbAtom[]): OvsdbValue => ["set", items];

/** A map of strings with sorted keys, so that the same content gives the same bytes. */
export function map(entries: Readonly<Record<string, string>>): OvsdbValue {
  return ["map", Object.entries(entries).toSorted(by(([key]) => key))];
}

const isTagged = (value: unknown, tag: string): value is readonly [string, readonly unknown[]] =>
  Array.isArray(value) && value[0] === tag && Array.isArray(value[1]);

/** The members of a set. A single value is a set of one; an absent value has no members. */
export function readSet(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  return isTagged(value, "set") ? value[1] : [value];
}

/** The pairs of a map, neither side converted; none if it is no map. */
export function readPairs(value: unknown): readonly (readonly [unknown, unknown])[] {
  return isTagged(value, "map") ? value[1].filter((pair): pair is [unknown, unknown] => Array.isArray(pair)) : [];
}

/** A map of strings. */
export function readMap(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(readPairs(value).map(([key, item]) => [String(key), String(item)]));
}

/** The identifier in a reference to a row; `undefined` if it is none. */
export function readId(value: unknown): string | undefined {
  return Array.isArray(value) && value[0] === "uuid" && typeof value[1] === "string" ? value[1] : undefined;
}
