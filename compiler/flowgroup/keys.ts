/**
 * Names and order of cubes: a canonical text by which equal cubes are found, and the order in which they are listed.
 */
import type { Cube, FieldSet } from "./cube.ts";
import { constrainedFields } from "./cubes.ts";
import { FIELDS } from "./fields.ts";

/**
 * Texts and hashes of sets with more members than this are remembered. A memory of every small set would only burden
 * the collector.
 */
const LONG = 32;

const setKeys = new WeakMap<FieldSet, string>();
const setHashes = new WeakMap<FieldSet, number>();

function membersOf(set: FieldSet): number {
  return set.kind === "number"
    ? set.ranges.length
    : set.kind === "ip"
      ? set.v4.length + set.v6.length
      : set.names.length;
}

/** A canonical text of a set: equal iff the sets (of one field) are equal. */
export function setKey(set: FieldSet): string {
  if (membersOf(set) <= LONG) return writeSet(set);
  let key = setKeys.get(set);
  if (key === undefined) {
    key = writeSet(set);
    setKeys.set(set, key);
  }
  return key;
}

function writeSet(set: FieldSet): string {
  const absent = set.absent ? "~" : "";
  switch (set.kind) {
    case "number":
      return absent + set.ranges.join();
    case "ip":
      return `${absent}${set.v4.join()}|${set.v6.join()}`;
    case "name":
      return `${absent}${set.not ? "!" : ""}${set.names.map((name) => JSON.stringify(name)).join()}`;
  }
}

/** A canonical text of a cube: equal iff the cubes are equal. */
export function cubeKey(of: Cube): string {
  return constrainedFields(of)
    .map((field, i) => `${field}:${setKey(of.sets[i]!)}`)
    .join(";");
}

/** A number that equal sets share, and different ones rarely. */
export function setHash(set: FieldSet): number {
  if (membersOf(set) <= LONG) return hashSet(set);
  let hash = setHashes.get(set);
  if (hash === undefined) {
    hash = hashSet(set);
    setHashes.set(set, hash);
  }
  return hash;
}

function hashSet(set: FieldSet): number {
  let hash = set.absent ? 1 : 2;
  switch (set.kind) {
    case "number":
      for (const end of set.ranges) hash = mix(hash, end | 0);
      return hash;
    case "ip":
      for (const end of set.v4) hash = mix(hash, end | 0);
      for (const end of set.v6) {
        hash = mix(hash, Number(BigInt.asIntN(32, end)));
        hash = mix(hash, Number(BigInt.asIntN(32, end >> 64n)));
      }
      return hash;
    case "name":
      hash = mix(hash, set.not ? 3 : 4);
      for (const name of set.names) {
        for (let i = 0; i < name.length; i++) hash = mix(hash, name.charCodeAt(i));
        hash = mix(hash, -1);
      }
      return hash;
  }
}

/** FNV-1a, a word at a time, with its high bits folded down. */
function mix(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0x01000193);
  return mixed ^ (mixed >>> 15);
}

/**
 * The order in which cubes are listed: field by field, smaller values first, a cube that does not constrain the field
 * after those that do. A total order; zero only for equal cubes.
 */
export function compareCubes(a: Cube, b: Cube): number {
  let i = 0;
  let j = 0;
  for (let f = 0; f < FIELDS.length; f++) {
    const bit = 1 << f;
    const x = a.mask & bit ? a.sets[i++] : undefined;
    const y = b.mask & bit ? b.sets[j++] : undefined;
    if (x === y) continue;
    if (x === undefined) return 1;
    if (y === undefined) return -1;
    const order = compareSets(x, y);
    if (order !== 0) return order;
  }
  return 0;
}

/** Sets of one kind: values before absent, then list against list. */
function compareSets(a: FieldSet, b: FieldSet): number {
  if (a.absent !== b.absent) return a.absent ? 1 : -1;
  if (a.kind === "number" && b.kind === "number") return compareLists(a.ranges, b.ranges);
  if (a.kind === "ip" && b.kind === "ip") return compareLists(a.v4, b.v4) || compareLists(a.v6, b.v6);
  if (a.kind !== "name" || b.kind !== "name") throw new TypeError("sets of different fields");
  if (a.not !== b.not) return a.not ? 1 : -1;
  return compareLists(a.names, b.names);
}

/** An empty list comes last, so that IPv4 stands before IPv6. */
function compareLists<T extends number | bigint | string>(a: readonly T[], b: readonly T[]): number {
  if (a.length === 0 || b.length === 0) return b.length - a.length;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    if (a[i]! < b[i]!) return -1;
    if (a[i]! > b[i]!) return 1;
  }
  return a.length - b.length;
}
