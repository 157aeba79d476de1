/**
 * Uses of tags → their bits and the entries of the tables that tag. These tables write into metadata which sets of
 * addresses, ports or packet kinds hold a packet, so that a rule over a large set, a complement or a product of groups
 * costs one entry. Disjoint sets share a group of bits, whose value names the set. If the bits do not suffice, the sets
 * of a table become classes (of packets that are in the same sets), and a set is the classes inside it. Blocks are
 * nested or disjoint, so the longest one decides: its entry knows all sets that hold it.
 */
import type { Ranges } from "../../flowgroup/ranges.ts";
import { maskOf, rangeToPrefixes } from "../../net/cover.ts";
import type { TagStage, TagBlock, TagUse } from "./alternatives.ts";
import type { FieldMatch, Match } from "../../table/entry.ts";
import { canonicalMatch, exact, masked } from "../../table/match.ts";
import { portless } from "./portless.ts";

/** An entry that gives the packets of one block their bits. */
export interface TagEntry {
  readonly match: Match;
  /** Longest block first. */
  readonly priority: number;
  readonly value: bigint;
  readonly mask: bigint;
}

export interface Bits {
  readonly value: bigint;
  readonly mask: bigint;
}

export interface Tagging {
  readonly bits: number;
  readonly entries: ReadonlyMap<TagStage, readonly TagEntry[]>;
  /** The packets of a use are those whose metadata match one of these. */
  readonly cover: (use: TagUse) => readonly Bits[];
}

/** A group of bits and its classes for each set. A set is named by its index in the order of keys. */
interface Group {
  readonly width: number;
  /** Set → the classes (from 1) inside it. Class 0 is outside every block. */
  readonly classes: ReadonlyMap<number, Ranges<number>>;
  readonly count: number;
  readonly classOf: (members: readonly number[]) => number;
}

/** A block and the sets that hold it, ascending. */
type Nested = readonly [block: TagBlock, members: readonly number[]];

interface TagPlan {
  readonly stage: TagStage;
  readonly keys: readonly string[];
  readonly blocks: readonly Nested[];
  groups: readonly Group[];
  merged: boolean;
}

/** The tables that tag, in the order in which packets meet them. */
export const TAG_STAGES = [
  "Port",
  "SourceMac",
  "DestinationMac",
  "Source",
  "Destination",
  "Kind",
] as const satisfies readonly TagStage[];

/** Numbers the tags of these uses. The result depends on the set of uses, and not on their order or number. */
export function allocate(uses: Iterable<TagUse>, metadataBits: number): Tagging {
  const byStage = new Map<TagStage, Map<string, TagUse>>();
  for (const use of uses) {
    let sets = byStage.get(use.stage);
    if (sets === undefined) byStage.set(use.stage, (sets = new Map()));
    sets.set(use.key, use);
  }
  const plans = TAG_STAGES.filter((stage) => byStage.has(stage)).map((stage) => {
    return planOf(stage, byStage.get(stage)!, metadataBits);
  });
  const widthOf = (plan: TagPlan): number => plan.groups.reduce((sum, { width }) => sum + width, 0);
  const total = (): number => plans.reduce((sum, plan) => sum + widthOf(plan), 0);
  while (total() > metadataBits) {
    const widest = plans.filter(({ merged }) => !merged).toSorted((a, b) => widthOf(b) - widthOf(a))[0];
    if (widest === undefined) break;
    widest.groups = [classGroup([...widest.keys.keys()], alike(widest.blocks))];
    widest.merged = true;
  }
  return number(plans, total());
}

function number(plans: readonly TagPlan[], bits: number): Tagging {
  const entries = new Map<TagStage, readonly TagEntry[]>();
  const covers = new Map<string, { group: Group; set: number; offset: number }>();
  let offset = 0;
  for (const { stage, keys, blocks, groups } of plans) {
    const placed = groups.map((group) => {
      const at = offset;
      offset += group.width;
      for (const set of group.classes.keys()) covers.set(`${stage}|${keys[set]!}`, { group, set, offset: at });
      return { group, at };
    });
    const mask = placed.reduce((sum, { group, at }) => sum | (ones(group.width) << BigInt(at)), 0n);
    entries.set(
      stage,
      blocks.map(([block, members]) => ({
        match: matchOf(block, stage),
        priority: 1 + block.length,
        value: placed.reduce((sum, { group, at }) => sum | (BigInt(group.classOf(members)) << BigInt(at)), 0n),
        mask,
      })),
    );
  }
  const cover = (use: TagUse): readonly Bits[] => {
    const { group, set, offset: at } = covers.get(`${use.stage}|${use.key}`)!;
    return coverOf(group, group.classes.get(set)!, use.negated).map(({ value, mask }) => {
      return { value: value << BigInt(at), mask: mask << BigInt(at) };
    });
  };
  return { bits, entries, cover };
}

const ones = (width: number): bigint => (1n << BigInt(width)) - 1n;

/** The classes of a set, or all others, as values and masks. Classes that do not occur may be in either. */
function coverOf(group: Group, inside: Ranges<number>, negated: boolean): Bits[] {
  const last = 2 ** group.width - 1;
  const wanted: [number, number][] = [];
  if (negated) {
    let from = 0;
    for (let i = 0; i < inside.length; i += 2) {
      if (inside[i]! > from) wanted.push([from, inside[i]! - 1]);
      from = inside[i + 1]! + 1;
    }
    if (from <= group.count) wanted.push([from, last]);
  } else {
    for (let i = 0; i < inside.length; i += 2) {
      const high = inside[i + 1]!;
      wanted.push([inside[i]!, high === group.count && inside.length > 2 ? last : high]);
    }
  }
  return wanted.flatMap(([low, high]) =>
    rangeToPrefixes(low, high, group.width).map(({ value, length }) => {
      return { value: BigInt(value), mask: maskOf(length, group.width) };
    }),
  );
}

/** `most`: the bits of all tags. Where groups alone come to more, the sets are merged at once, since they would be anyway. */
function planOf(stage: TagStage, sets: ReadonlyMap<string, TagUse>, most: number): TagPlan {
  const keys = [...sets.keys()].sort();
  const blocks = nest(keys.map((key) => sets.get(key)!));
  const lists = alike(blocks);
  const coloured = colour(keys.length, lists, most);
  const groups = (coloured ?? [[...keys.keys()]]).map((group) => classGroup(group, lists));
  return { stage, keys, blocks, groups, merged: coloured === undefined };
}

/** All blocks, each with the sets that list it or a block around it. */
function nest(uses: readonly TagUse[]): readonly Nested[] {
  const direct = new Map<string, { block: TagBlock; sets: number[] }>();
  const lengths = new Map<TagBlock["space"], Set<number>>();
  for (const [set, { blocks }] of uses.entries()) {
    for (const block of blocks) {
      const id = blockId(block.space, block.value, block.length);
      const known = direct.get(id);
      if (known === undefined) direct.set(id, { block, sets: [set] });
      else known.sets.push(set);
      const seen = lengths.get(block.space);
      if (seen === undefined) lengths.set(block.space, new Set([block.length]));
      else seen.add(block.length);
    }
  }
  return [...direct.keys()].sort().map((id) => {
    const { block, sets } = direct.get(id)!;
    const around = [...lengths.get(block.space)!].filter((length) => length < block.length);
    const outer = around.flatMap((length) => {
      const value = block.value & maskOf(length, SPACES[block.space]);
      return direct.get(blockId(block.space, value, length))?.sets ?? [];
    });
    if (outer.length === 0) return [block, sets] as const;
    return [block, [...new Set([...sets, ...outer])].sort((a, b) => a - b)] as const;
  });
}

const SPACES = { "4": 32, "6": 128, mac: 48, port: 32, kind: 24 } as const;

function blockId(space: TagBlock["space"], value: bigint, length: number): string {
  return `${space}:${value.toString(16)}/${length}`;
}

/**
 * Groups of pairwise disjoint sets, made greedily in the order of the sets; undefined if there are more than `most`. Two
 * sets meet where one of the lists has both. Each list knows the groups of its sets so far, so no pair is looked at.
 */
function colour(
  count: number,
  lists: readonly (readonly number[])[],
  most: number,
): readonly (readonly number[])[] | undefined {
  const listsOf = Array.from({ length: count }, (): number[] => []);
  for (const [i, members] of lists.entries()) for (const set of members) listsOf[set]!.push(i);
  const groupsIn = lists.map(() => new Set<number>());
  const groups: number[][] = [];
  for (const [set, mine] of listsOf.entries()) {
    const met = new Set<number>();
    for (const list of mine) for (const group of groupsIn[list]!) met.add(group);
    let group = 0;
    while (met.has(group)) group++;
    if (group < groups.length) groups[group]!.push(set);
    else groups.push([set]);
    if (groups.length > most) return undefined;
    for (const list of mine) groupsIn[list]!.add(group);
  }
  return groups;
}

/** The distinct lists of members, since many blocks have the same one. */
function alike(blocks: readonly Nested[]): readonly (readonly number[])[] {
  return [...new Map(blocks.map(([, members]) => [members.join(), members])).values()];
}

/** Numbers the classes of some sets. Blocks that the same sets hold are one class, so each of disjoint sets is one. */
function classGroup(sets: readonly number[], lists: readonly (readonly number[])[]): Group {
  const mine = new Set(sets);
  const name = (members: readonly number[]): string => members.filter((set) => mine.has(set)).join();
  const found = new Map<string, readonly number[]>();
  for (const members of lists) {
    const some = members.filter((set) => mine.has(set));
    found.set(some.join(), some);
  }
  found.delete("");
  const classes = [...found.values()].sort(byMembers);
  const numbers = new Map(classes.map((members, i) => [members.join(), i + 1]));
  const inside = new Map<number, number[]>(sets.map((set) => [set, []]));
  for (const [i, members] of classes.entries()) for (const set of members) append(inside.get(set)!, i + 1);
  const width = Math.max(1, Math.ceil(Math.log2(classes.length + 1)));
  return { width, classes: inside, count: classes.length, classOf: (members) => numbers.get(name(members)) ?? 0 };
}

/** Orders classes so that those with the same first members are adjacent and ranges of classes are long. */
function byMembers(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}

function append(ranges: number[], id: number): void {
  if (ranges.length > 0 && ranges.at(-1) === id - 1) ranges[ranges.length - 1] = id;
  else ranges.push(id, id);
}

function matchOf({ space, value, length }: TagBlock, stage: TagStage): Match {
  const source = stage === "Source" || stage === "SourceMac";
  const some = (...fields: (FieldMatch | undefined)[]): Match =>
    canonicalMatch(fields.filter((one) => one !== undefined));
  switch (space) {
    case "4":
      return some(exact("eth_type", 0x0800), masked(source ? "ipv4_src" : "ipv4_dst", value, maskOf(length, 32)));
    case "6":
      return some(exact("eth_type", 0x86dd), masked(source ? "ipv6_src" : "ipv6_dst", value, maskOf(length, 128)));
    case "mac":
      return some(masked(source ? "eth_src" : "eth_dst", value, maskOf(length, 48)));
    case "port":
      return some(exact("in_port", value));
    case "kind": {
      const type = exact("eth_type", value >> 8n);
      if (length === 16) return some(type);
      if (length === 24) return some(type, exact("ip_proto", value & 0xffn));
      return canonicalMatch([type, ...portless(value & 0xffn)]);
    }
  }
}
