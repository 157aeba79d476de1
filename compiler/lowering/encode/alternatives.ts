/**
 * A set of values of one wire field → alternative matches, counted before they are made, and → a tag: a list of blocks
 * that an earlier table classifies, made of the set or of its complement, whichever is shorter.
 */
import type { FieldSet } from "../../flowgroup/cube.ts";
import { subtractRanges, type Ranges } from "../../flowgroup/ranges.ts";
import type { IpSet } from "../../flowgroup/sets.ts";
import { MAX_V4, MAX_V6 } from "../../net/address.ts";
import { maskOf, rangeToPrefixes } from "../../net/cover.ts";
import type { FieldMatch, MatchField } from "../../table/entry.ts";
import { exact, masked, WIDTHS } from "../../table/match.ts";
import { append } from "../../net/lists.ts";
import { countBlocks, holed } from "./holes.ts";

/** The tables that tag, each by one attribute of the packet. */
export type TagStage = "Port" | "SourceMac" | "DestinationMac" | "Source" | "Destination" | "Kind";

/**
 * A block of values: the first `length` bits of `value` are fixed, out of the `bits` of its space. A kind has 24 bits, of
 * the Ethernet type and the transport; what of it shows no ports is a block of length 25.
 */
export interface TagBlock {
  readonly space: "4" | "6" | "mac" | "port" | "kind";
  readonly value: bigint;
  readonly length: number;
}

/** A set that an earlier table classifies. `negated`: it is the packets outside the blocks. */
export interface TagUse {
  readonly stage: TagStage;
  /** Equal lists of blocks have equal keys. */
  readonly key: string;
  readonly blocks: readonly TagBlock[];
  /** The number of blocks, known before they are made. */
  readonly count: number;
  readonly negated: boolean;
}

/** One condition of a match, with its alternatives. INVARIANT: alternatives are disjoint. */
export interface Condition {
  readonly count: number;
  readonly alternatives: () => readonly (readonly FieldMatch[])[];
  readonly tag?: TagUse;
  /** A few blocks around the set, and a tag by the holes in them. Both together are the set. */
  readonly holed?: HoledCondition | undefined;
}

/** A match on blocks and on a tag that says that the packet is in no hole of theirs. */
export interface HoledCondition {
  readonly count: number;
  readonly alternatives: Condition["alternatives"];
  readonly tag: TagUse;
}

const once = (make: () => readonly (readonly FieldMatch[])[]): (() => readonly (readonly FieldMatch[])[]) => {
  let made: readonly (readonly FieldMatch[])[] | undefined;
  return () => (made ??= make());
};

/** A number field that takes masks, the present part of the set only. `bits` counts without VLAN's presence bit. */
export function maskedCondition(field: MatchField, ranges: Ranges<number>, bits: number): Condition {
  if (last?.field === field && last.ranges === ranges && last.bits === bits) return last.condition;
  const condition = maskedBlocks(field, ranges, bits);
  last = { field, ranges, bits, condition };
  return condition;
}

/** The last of them: requests that follow each other often share their ports, and so share what matches these. */
let last:
  | {
      readonly field: MatchField;
      readonly ranges: Ranges<number>;
      readonly bits: number;
      readonly condition: Condition;
    }
  | undefined;

function maskedBlocks(field: MatchField, ranges: Ranges<number>, bits: number): Condition {
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
export function exactCondition(field: MatchField, ranges: Ranges<number>): Condition {
  const alternatives = once(() => values(ranges).map((value) => [exact(field, value)]));
  return { count: size(ranges), alternatives };
}

/** VLAN ids carry OpenFlow's presence bit 0x1000; an untagged frame has id 0 without it (OpenFlow 1.3.5, 7.2.3.8). */
export function vlanCondition(set: Extract<FieldSet, { kind: "number" }>): Condition {
  const blocks = blocksOf(set.ranges, 12);
  const tagged = blocks.map(({ value, length }) => [
    masked("vlan_vid", BigInt(value) | 0x1000n, maskOf(length, 12) | 0x1000n)!,
  ]);
  const all = set.absent ? [[exact("vlan_vid", 0)], ...tagged] : tagged;
  return { count: all.length, alternatives: () => all };
}

/** The addresses of one family. Its only alternative is empty if the set holds the whole family. */
export function addressCondition(set: IpSet, side: "src" | "dst", family: 4 | 6): Condition {
  const matches = addressMatches(set, side, family);
  // One block is one match: no tag and no holes could be less, and most rules name one address.
  if (matches.count === 1) return matches;
  return { ...matches, tag: addressTag(set, side), holed: holedCondition(set, side, family) };
}

function addressMatches(set: IpSet, side: "src" | "dst", family: 4 | 6): Omit<HoledCondition, "tag"> {
  const field: MatchField = family === 4 ? `ipv4_${side}` : `ipv6_${side}`;
  const alternatives = once(() =>
    addressBlocks(family === 4 ? set.v4 : [], family === 6 ? set.v6 : []).map(({ value, length }) => {
      const one = masked(field, value, maskOf(length, WIDTHS[field]));
      return one === undefined ? [] : [one];
    }),
  );
  return { count: family === 4 ? countBlocks(set.v4, 32) : countBlocks(set.v6, 128), alternatives };
}

/** The set as blocks with holes, where that is fewer blocks and has any hole in this family. */
function holedCondition(set: IpSet, side: "src" | "dst", family: 4 | 6): HoledCondition | undefined {
  const found = set.absent ? undefined : holed(set);
  if (found?.whole === undefined) return undefined;
  const { whole, holes } = found;
  const members = (): readonly TagBlock[] => addressBlocks(holes.v4, holes.v6);
  const count = countBlocks(holes.v4, 32) + countBlocks(holes.v6, 128);
  const tag = tagOf(side === "src" ? "Source" : "Destination", count, members, true);
  return { ...addressMatches(whole, side, family), tag };
}

/** The tag of a set of addresses, by its members or its holes. Frames without an address are outside all blocks. */
export function addressTag(set: IpSet, side: "src" | "dst"): TagUse {
  const stage = side === "src" ? "Source" : "Destination";
  const count = countBlocks(set.v4, 32) + countBlocks(set.v6, 128);
  const members = (): readonly TagBlock[] => addressBlocks(set.v4, set.v6);
  if (!set.absent && count < 2) return tagOf(stage, count, members, false);
  const v4 = subtractRanges([0, MAX_V4], set.v4);
  const v6 = subtractRanges([0n, MAX_V6], set.v6);
  const holes = countBlocks(v4, 32) + countBlocks(v6, 128);
  if (!set.absent && count <= holes) return tagOf(stage, count, members, false);
  return tagOf(stage, holes, () => addressBlocks(v4, v6), true);
}

/** The tag of a set of numbers of `bits` bits, by its values, or by its holes if these are fewer. */
export function numberTag(
  stage: "Port" | "SourceMac" | "DestinationMac",
  ranges: Ranges<number>,
  bits: number,
): TagUse {
  const space = stage === "Port" ? "port" : "mac";
  const holes = subtractRanges([0, 2 ** bits - 1], ranges);
  const negated = holes.length <= ranges.length && (stage !== "Port" || size(holes) < size(ranges));
  const listed = negated ? holes : ranges;
  const block = (value: number, length: number): TagBlock => ({ space, value: BigInt(value), length });
  if (stage === "Port") {
    const all = (): TagBlock[] => values(listed).map((value) => block(value, 32));
    return tagOf(stage, size(listed), all, negated);
  }
  const blocks = blocksOf(listed, bits).map(({ value, length }) => block(value, length));
  return tagOf(stage, blocks.length, () => blocks, negated);
}

/** A tag by these blocks. They are made only when they are used, since most tags are compared and not chosen. */
export function tagOf(stage: TagStage, count: number, make: () => readonly TagBlock[], negated: boolean): TagUse {
  let made: readonly TagBlock[] | undefined;
  let key: string | undefined;
  const blocks = (): readonly TagBlock[] => (made ??= make());
  return {
    stage,
    count,
    negated,
    get blocks() {
      return blocks();
    },
    get key() {
      key ??= blocks()
        .map(({ space, value, length }) => `${space}:${value.toString(16)}/${length}`)
        .join(",");
      return key;
    },
  };
}

/** The number of values in ranges. */
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
  for (let i = 0; i < ranges.length; i += 2) append(blocks, rangeToPrefixes(ranges[i]!, ranges[i + 1]!, bits));
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
