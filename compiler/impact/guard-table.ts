/**
 * The entries of the spoof guard of one switch → what it does with each part of a cube. Entries that drop are many and
 * alike, and it does not matter which of them drops: so those that differ in one field alone are one cube, and they are
 * cut out widest first. Only entries that let on are followed one by one, in the order of priorities.
 */
import type { Cube, FieldSet } from "../flowgroup/cube.ts";
import { constraint, cubeSubset, withConstraint } from "../flowgroup/cubes.ts";
import { cut } from "../flowgroup/difference.ts";
import { FIELDS, type Field } from "../flowgroup/fields.ts";
import { cubeKey } from "../flowgroup/keys.ts";
import { OverlapIndex } from "../flowgroup/overlap-index.ts";
import { toRanges } from "../flowgroup/ranges.ts";
import { setSubset, type IpSet, type NumberSet } from "../flowgroup/sets.ts";
import { flowsInBoth, possible, shareFlow } from "../flowgroup/universe.ts";
import type { SpoofEntry } from "../lowering/spoof/claims.ts";
import { append } from "../net/lists.ts";
import type { SplitBudget } from "./deciders.ts";

/** What the guard does with frames; `undetermined`: it depends on fields that cubes do not have. */
export type Fate = SpoofEntry["does"] | "undetermined";

/** An entry of the guard, with its match as a cube. */
export interface GuardEntry {
  readonly entry: SpoofEntry;
  readonly cube: Cube;
  /** Whether the match has fields that cubes lack, and so holds only some frames of the cube. */
  readonly isNarrower: boolean;
}

export interface CubeFate {
  readonly cube: Cube;
  readonly fate: Fate;
  /** The statement of the entry that decides; absent where no entry matches. Of entries that drop, it is one of them. */
  readonly by?: string;
}

/** An entry, or several that drop, in its place among the others. */
interface Ranked extends CubeFate {
  /** Entries of lower ranks decide first. */
  readonly rank: number;
}

interface Stage {
  /** What lets on, asks another table, or depends on what cubes do not show. */
  readonly lets: PlaceIndex;
  readonly drops: PlaceIndex;
  /** Entries that drop and differ in one field. */
  readonly bulk: readonly Ranked[];
}

/** Fewer entries that are alike stand one by one. */
const BULK = 16;
/** The fields in which entries that drop differ, when they are many. */
const VARYING = ["srcHost", "srcEth", "inPort"] as const;

export class GuardTable {
  readonly #stages: ReadonlyMap<SpoofEntry["stage"], Stage>;

  /** The entries in descending order of priorities. */
  constructor(entries: readonly GuardEntry[]) {
    const ranked = entries.map((one, rank) => ({ ...one, rank }));
    const stages = Map.groupBy(ranked, ({ entry }) => entry.stage);
    this.#stages = new Map([...stages].map(([name, some]) => [name, stageOf(some)]));
  }

  /** Whether the guard drops all frames of a cube in its first table; false where that is not plain. */
  drops(of: Cube): boolean {
    const spoof = this.#stages.get("Spoof");
    const cover = spoof && coverOf(spoof, of);
    return cover !== undefined && !spoof!.lets.near(of).some(({ rank }) => rank < cover.rank);
  }

  /**
   * The fate of each part of a cube, in disjoint parts; undefined where the budget ends, or where more than `most` parts are
   * not dropped.
   */
  fatesOf(of: Cube, budget: SplitBudget, most = Number.POSITIVE_INFINITY): readonly CubeFate[] | undefined {
    const all: CubeFate[] = [];
    const visit = (stage: SpoofEntry["stage"], cube: Cube): boolean => {
      const found = this.#fatesIn(stage, cube, budget, most);
      return (
        found?.every((one) => {
          if (one.fate === "check") return visit("Sender", one.cube);
          if (one.fate === "ask") return visit("Neighbour", one.cube);
          all.push(one);
          return true;
        }) ?? false
      );
    };
    return visit("Spoof", of) ? all : undefined;
  }

  /** The fate of each part in one table of the guard. What no entry matches goes on, but Neighbour drops it. */
  #fatesIn(name: SpoofEntry["stage"], of: Cube, budget: SplitBudget, most: number): readonly CubeFate[] | undefined {
    const miss = name === "Neighbour" ? "drop" : "next";
    const stage = this.#stages.get(name);
    if (stage === undefined) return [{ cube: of, fate: miss }];
    const cover = coverOf(stage, of);
    const last = cover?.rank ?? Number.POSITIVE_INFINITY;
    const above = stage.lets.near(of).filter(({ rank }) => rank < last);
    const fates: CubeFate[] = [];
    let passed = 0;
    let rest: readonly Cube[] = [of];
    for (const one of above.toSorted((a, b) => a.rank - b.rank)) {
      if (rest.length === 0) break;
      budget.left -= rest.length;
      if (budget.left < 0 || passed > most) return undefined;
      const open: Cube[] = [];
      for (const piece of rest) {
        const both = flowsInBoth(piece, one.cube);
        if (both === undefined) {
          open.push(piece);
          continue;
        }
        const left = withoutDrops(stage, both, one.rank, fates, budget);
        if (left === undefined) return undefined;
        passed += left.length;
        for (const cube of left) fates.push({ ...one, cube });
        append(open, cut(piece, one.cube).filter(possible));
      }
      rest = open;
    }
    for (const piece of rest) {
      if (cover !== undefined) {
        fates.push({ ...cover, cube: piece });
        continue;
      }
      const left = withoutDrops(stage, piece, last, fates, budget);
      if (left === undefined) return undefined;
      for (const cube of left) fates.push({ cube, fate: miss });
    }
    return fates;
  }
}

/** So many entries without a port are compared one by one with frames that show one. */
const FEW_ANYWHERE = 64;

/** Entries by port, and by MAC: nearly all frames that are asked for show a port, and many a MAC, too. */
class PlaceIndex {
  readonly #byMac = new Map<number, Ranked[]>();
  readonly #byPort = new Map<number, Ranked[]>();
  /** Those of `#byPort` that show no MAC. */
  readonly #byPortAlone = new Map<number, Ranked[]>();
  readonly #anyPort: Ranked[] = [];
  readonly #anywhere: Ranked[] = [];
  readonly #all: Ranked[] = [];
  /** All entries; made for the first frames that show neither. */
  #index: OverlapIndex<Ranked> | undefined;

  insert(one: Ranked): void {
    const [mac, port] = [soleOf(one.cube, "srcEth"), soleOf(one.cube, "inPort")];
    this.#all.push(one);
    if (port === undefined) this.#anyPort.push(one);
    else put(this.#byPort, port, one);
    if (mac !== undefined) put(this.#byMac, mac, one);
    else if (port !== undefined) put(this.#byPortAlone, port, one);
    else this.#anywhere.push(one);
  }

  /** Those that share flows with a cube. */
  near(of: Cube): readonly Ranked[] {
    const lists = this.#listsNear(of);
    if (lists === undefined) return this.#indexed().overlapping(of, shareFlow);
    return lists.flatMap((list) => list.filter(({ cube }) => shareFlow(cube, of)));
  }

  #listsNear(of: Cube): readonly (readonly Ranked[])[] | undefined {
    const [mac, port] = [soleOf(of, "srcEth"), soleOf(of, "inPort")];
    if (port === undefined) return undefined;
    if (mac !== undefined) return [this.#byMac.get(mac) ?? [], this.#byPortAlone.get(port) ?? [], this.#anywhere];
    return this.#anyPort.length > FEW_ANYWHERE ? undefined : [this.#byPort.get(port) ?? [], this.#anyPort];
  }

  #indexed(): OverlapIndex<Ranked> {
    if (this.#index === undefined) {
      this.#index = new OverlapIndex();
      for (const one of this.#all) this.#index.insert(one.cube, one);
    }
    return this.#index;
  }
}

function put(lists: Map<number, Ranked[]>, key: number, one: Ranked): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [one]);
  else list.push(one);
}

/** The value of a field that a cube holds alone. */
function soleOf(of: Cube, field: "srcEth" | "inPort"): number | undefined {
  const set = constraint(of, field);
  if (set?.kind !== "number" || set.absent || set.ranges.length !== 2) return undefined;
  return set.ranges[0] === set.ranges[1] ? set.ranges[0] : undefined;
}

/** The first entry that drops all frames of a cube, if no other decides before. */
function coverOf({ drops, bulk }: Stage, of: Cube): Ranked | undefined {
  const covers = [
    ...drops.near(of).filter(({ cube }) => cubeSubset(of, cube)),
    ...bulk.filter(({ cube }) => cubeSubset(of, cube)),
  ];
  return covers.reduce<Ranked | undefined>((first, one) => (first && first.rank < one.rank ? first : one), undefined);
}

/** What is left of a cube above a rank; what is dropped goes to `fates`. Undefined where the budget ends. */
function withoutDrops(
  { drops, bulk }: Stage,
  of: Cube,
  rank: number,
  fates: CubeFate[],
  budget: SplitBudget,
): readonly Cube[] | undefined {
  const some = [...drops.near(of), ...bulk.filter(({ cube }) => shareFlow(cube, of))];
  const above = some.filter((one) => one.rank < rank).map((one) => ({ one, extra: extraFields(of, one.cube) }));
  let rest: readonly Cube[] = [of];
  for (const { one } of above.toSorted((a, b) => a.extra - b.extra)) {
    if (rest.length === 0) break;
    budget.left -= rest.length;
    if (budget.left < 0) return undefined;
    const open: Cube[] = [];
    for (const piece of rest) {
      const both = flowsInBoth(piece, one.cube);
      if (both === undefined) open.push(piece);
      else {
        fates.push({ ...one, cube: both });
        append(open, cut(piece, one.cube).filter(possible));
      }
    }
    rest = open;
  }
  return rest;
}

/** The number of fields in which a cube extends beyond another one. */
function extraFields(of: Cube, within: Cube): number {
  let count = 0;
  for (const field of FIELDS) {
    const limit = constraint(within, field);
    if (limit === undefined) continue;
    const own = constraint(of, field);
    if (own === undefined || !setSubset(own, limit)) count++;
  }
  return count;
}

function stageOf(entries: readonly (GuardEntry & { readonly rank: number })[]): Stage {
  const lets = new PlaceIndex();
  const drops = new PlaceIndex();
  const alike = new Map<string, { readonly field: Field; readonly some: Ranked[] }>();
  const narrow = new Set<string>();
  for (const { entry, cube, isNarrower, rank } of entries) {
    const by = entry.statement;
    if (isNarrower) {
      // The first of those with one cube leaves nothing to the others.
      const key = cubeKey(cube);
      if (!narrow.has(key)) lets.insert({ cube, rank, by, fate: "undetermined" });
      narrow.add(key);
    } else if (entry.does !== "drop") lets.insert({ cube, rank, by, fate: entry.does });
    else {
      const field = VARYING.find((one) => constraint(cube, one) !== undefined) ?? "inPort";
      const key = `${entry.priority}|${field}|${cubeKey(withConstraint(cube, field, undefined))}`;
      const known = alike.get(key) ?? { field, some: [] };
      known.some.push({ cube, rank, by, fate: "drop" });
      alike.set(key, known);
    }
  }
  const bulk: Ranked[] = [];
  for (const { field, some } of alike.values()) {
    if (some.length < BULK) for (const one of some) drops.insert(one);
    else {
      const sets = some.flatMap(({ cube }) => constraint(cube, field) ?? []);
      bulk.push({ ...some[0]!, cube: withConstraint(some[0]!.cube, field, unionOf(sets)) });
    }
  }
  return { lets, drops, bulk };
}

/** The union of sets of numbers, or of addresses. */
function unionOf(sets: readonly FieldSet[]): FieldSet {
  const pairs = <N extends number | bigint>(lists: readonly (readonly N[])[]): readonly (readonly [N, N])[] =>
    lists.flatMap((list) => list.flatMap((low, i) => (i % 2 === 0 ? [[low, list[i + 1]!] as const] : [])));
  const [first] = sets;
  if (first!.kind === "number")
    return { ...first!, ranges: toRanges(pairs(sets.map((one) => (one as NumberSet).ranges))) };
  const all = sets as readonly IpSet[];
  const [v4, v6] = [toRanges(pairs(all.map((one) => one.v4))), toRanges(pairs(all.map((one) => one.v6)))];
  return { kind: "ip", absent: all.some(({ absent }) => absent), v4, v6 };
}
