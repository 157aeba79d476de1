/**
 * A set of values of one wire field as alternative matches, counted before they are made; and as a tag: the list of
 * blocks that an earlier table classifies, taken of the set or of its complement, whichever is shorter.
 */
import type { FieldSet } from "../flowgroup/cube.ts";
import { subtractRanges, type Ranges } from "../flowgroup/ranges.ts";
import type { IpSet } from "../flowgroup/sets.ts";
import { MAX_V4, MAX_V6 } from "../net/address.ts";
import { maskOf, rangeToPrefixes } from "../net/cover.ts";
import type { FieldMatch, MatchField } from "./entry.ts";
import { exact, masked } from "./match.ts";

/** The tables that tag, each by one attribute of the packet. */
export type Dimension = "Port" | "SourceMac" | "DestinationMac" | "Source" | "Destination" | "Kind";

/** A block of values: the first `length` bits of `value` are fixed, out of the `bits` of its space. */
export interface TagBlock {
  readonly space: "4" | "6" | "mac" | "port" | "kind";
  readonly value: bigint;
  readonly length: number;
}

/** A set that an earlier table classifies; `negated`: the packets outside the blocks are meant. */
export interface TagUse {
  readonly dimension: Dimension;
  /** Equal lists of blocks have equal keys. */
  readonly key: string;
  readonly blocks: readonly TagBlock[];
  readonly negated: boolean;
}

/** One condition of a match that can be met in several ways. INVARIANT: alternatives are disjoint. */
export interface Dim {
  readonly count: number;
  readonly alternatives: () => readonly (readonly FieldMatch[])[];
  readonly tag?: TagUse;
}

const once = (make: () => readonly (readonly FieldMatch[])[]): (() => readonly (readonly FieldMatch[])[]) => {
  let made: readonly (readonly FieldMatch[])[] | undefined;
  return () => (made ??= make());
};

/** A number field that takes masks, the present part of the set only. `bits` counts without VLAN's presence bit. */
export function maskedDim(field: MatchField, ranges: Ranges<number>, bits: number): Dim {
  const blocks = blocksOf(ranges, bits);
  const alternatives = once(() =>
    blocks.map(({ value, length }) => {
      const one = masked(field, BigInt(value), maskOf(length, bits));
      return one === undefined ? [] : [one];
    }),
  );
  return { count: blocks.length, alternatives };
}

/** A number field that takes exact values only. */
export function exactDim(field: MatchField, ranges: Ranges<number>): Dim {
  const alternatives = once(() => values(ranges).map((value) => [exact(field, value)]));
  return { count: size(ranges), alternatives };
}

/** VLAN ids carry OpenFlow's presence bit 0x1000; an untagged frame has id 0 without it (OpenFlow 1.3.5, 7.2.3.8). */
export function vlanDim(set: Extract<FieldSet, { kind: "number" }>): Dim {
  const blocks = blocksOf(set.ranges, 12);
  const tagged = blocks.map(({ value, length }) => [
    masked("vlan_vid", BigInt(value) | 0x1000n, maskOf(length, 12) | 0x1000n)!,
  ]);
  const all = set.absent ? [[exact("vlan_vid", 0)], ...tagged] : tagged;
  return { count: all.length, alternatives: () => all };
}

/** The addresses of one family; no dim where the family is held whole. */
export function addressDim(set: IpSet, side: "src" | "dst", family: 4 | 6): Dim {
  const tag = addressTag(set, side);
  const field: MatchField = family === 4 ? `ipv4_${side}` : `ipv6_${side}`;
  const bits = family === 4 ? 32 : 128;
  const blocks = family === 4 ? prefixes(set.v4, 32) : prefixes(set.v6, 128);
  const alternatives = once(() =>
    blocks.map(({ value, length }) => {
      const one = masked(field, BigInt(value), maskOf(length, bits));
      return one === undefined ? [] : [one];
    }),
  );
  return { count: blocks.length, alternatives, tag };
}

/** The tag of a set of addresses: its members or its holes. Frames without address are outside all blocks. */
export function addressTag(set: IpSet, side: "src" | "dst"): TagUse {
  const members = addressBlocks(set.v4, set.v6);
  const holes = addressBlocks(subtractRanges([0, MAX_V4], set.v4), subtractRanges([0n, MAX_V6], set.v6));
  const negated = set.absent || holes.length < members.length;
  return tagOf(side === "src" ? "Source" : "Destination", negated ? holes : members, negated);
}

/** Adds a tag to a dim of a field with `bits` bits, where values outside all blocks are meant to be many. */
export function numberTag(
  dimension: "Port" | "SourceMac" | "DestinationMac",
  ranges: Ranges<number>,
  bits: number,
): TagUse | undefined {
  const space = dimension === "Port" ? "port" : "mac";
  const holes = subtractRanges([0, 2 ** bits - 1], ranges);
  const negated = holes.length <= ranges.length && (dimension !== "Port" || size(holes) < size(ranges));
  const listed = negated ? holes : ranges;
  if (dimension === "Port" && size(listed) > 65_536) return undefined;
  const blocks =
    dimension === "Port"
      ? values(listed).map((value) => ({ value, length: 32 }))
      : blocksOf(listed, bits);
  return tagOf(
    dimension,
    blocks.map(({ value, length }) => ({ space, value: BigInt(value), length })),
    negated,
  );
}

/** A tag by these blocks. */
export function tagOf(dimension: Dimension, blocks: readonly TagBlock[], negated: boolean): TagUse {
  const key = blocks.map(({ space, value, length }) => `${space}:${value.toString(16)}/${length}`).join(",");
  return { dimension, key, blocks, negated };
}

/** How many values ranges hold. */
export function size(ranges: Ranges<number>): number {
  let count = 0;
  for (let i = 0; i < ranges.length; i += 2) count += ranges[i + 1]! - ranges[i]! + 1;
  return count;
}

/** All values, one by one. */
export function values(ranges: Ranges<number>): number[] {
  const all: number[] = [];
  for (let i = 0; i < ranges.length; i += 2) for (let v = ranges[i]!; v <= ranges[i + 1]!; v++) all.push(v);
  return all;
}

function blocksOf(ranges: Ranges<number>, bits: number): { value: number; length: number }[] {
  const blocks: { value: number; length: number }[] = [];
  for (let i = 0; i < ranges.length; i += 2) blocks.push(...rangeToPrefixes(ranges[i]!, ranges[i + 1]!, bits));
  return blocks;
}

function prefixes(ranges: Ranges<number> | Ranges<bigint>, bits: number): { value: number | bigint; length: number }[] {
  const blocks: { value: number | bigint; length: number }[] = [];
  for (let i = 0; i < ranges.length; i += 2) {
    for (const block of rangeToPrefixes(ranges[i] as bigint, ranges[i + 1] as bigint, bits)) blocks.push(block);
  }
  return blocks;
}

function addressBlocks(v4: Ranges<number>, v6: Ranges<bigint>): TagBlock[] {
  return [
    ...prefixes(v4, 32).map(({ value, length }): TagBlock => ({ space: "4", value: BigInt(value), length })),
    ...prefixes(v6, 128).map(({ value, length }): TagBlock => ({ space: "6", value: BigInt(value), length })),
  ];
}
