/**
 * Items by cube: which items touch a cube, and which hold it, without looking at all of them. Items with the same
 * constrained fields stand together; among those, once they are many, a question goes to the field with the fewest
 * candidates, and each candidate is compared exactly. Answers come in the order of insertion.
 */
import type { Cube } from "./cube.ts";
import { bitOf, constraint, cubeEqual, cubesOverlap, cubeSubset } from "./cubes.ts";
import {
  fieldIndex,
  MOST_SELECTIVE_FIRST,
  visitAll,
  type FieldIndex,
  type IndexSpans,
  type VisitEntry,
} from "./field-index.ts";
import type { Field } from "./fields.ts";
import { SegmentedMap } from "../net/segmented-map.ts";

/** One item and where it stands. */
interface Holder<T> {
  readonly item: T;
  readonly order: number;
  entries: Entry<T>[];
  /** The last question that found it, so that it is listed once. */
  asked: number;
}

interface Entry<T> {
  readonly cube: Cube;
  readonly holder: Holder<T>;
  /** What each index of the group returned for it. */
  spans: readonly IndexSpans<Entry<T>>[];
}

interface Indexed<T> {
  readonly field: Field;
  readonly index: FieldIndex<Entry<T>>;
}

/** All entries that constrain the same fields. */
interface Group<T> {
  readonly mask: number;
  readonly entries: SegmentedMap<Entry<T>, true>;
  /** None while there are only a few entries: they are compared one by one. */
  fields: readonly Indexed<T>[] | undefined;
}

/** Finds items by cube. An item may stand under several cubes; it is found once. */
export class OverlapIndex<T> {
  readonly #groups = new Map<number, Group<T>>();
  readonly #holders = new SegmentedMap<T, Holder<T>>();
  #order = 0;
  #asked = 0;

  /** The number of different items. */
  get size(): number {
    return this.#holders.size;
  }

  /** Puts an item under a cube. */
  insert(cube: Cube, item: T): void {
    const known = this.#holders.get(item);
    const holder: Holder<T> = known ?? { item, order: this.#order++, entries: [], asked: 0 };
    const entry: Entry<T> = { cube, holder, spans: NOTHING };
    if (known) known.entries.push(entry);
    else {
      holder.entries = [entry];
      this.#holders.add(item, holder);
    }
    const group = this.#groupOf(cube.mask);
    group.entries.add(entry, true);
    if (group.fields !== undefined) putIntoIndexes(entry, group.fields);
    else if (group.entries.size > ENOUGH) index(group);
  }

  /** Takes an item away from a cube; says whether it stood there. */
  remove(cube: Cube, item: T): boolean {
    const holder = this.#holders.get(item);
    const at = holder?.entries.findIndex((entry) => entry.cube === cube || cubeEqual(entry.cube, cube)) ?? -1;
    if (!holder || at < 0) return false;
    const [entry] = holder.entries.splice(at, 1) as [Entry<T>];
    if (holder.entries.length === 0) this.#holders.delete(item);
    const group = this.#groups.get(cube.mask)!;
    group.entries.delete(entry);
    for (const [i, one] of (group.fields ?? NOTHING).entries()) {
      one.index.remove(constraint(entry.cube, one.field)!, entry, entry.spans[i]);
    }
    if (group.entries.size === 0) this.#groups.delete(cube.mask);
    return true;
  }

  /**
   * The items of which some cube meets this one: `cubesOverlap`, or a narrower relation (`shareFlow`, where a flow must
   * exist that is in both).
   */
  overlapping(cube: Cube, meet: Meet = cubesOverlap): readonly T[] {
    return this.#ask((found) => {
      this.#visitNear(cube, (entry) => {
        if (meet(entry.cube, cube)) found(entry.holder);
        return false;
      });
    });
  }

  /** Whether a cube stands here, of an item that counts, that meets this one; the search ends at the first. */
  meets(cube: Cube, meet: Meet = cubesOverlap, counts?: (item: T) => boolean): boolean {
    return this.#visitNear(
      cube,
      (entry) => meet(entry.cube, cube) && (counts === undefined || counts(entry.holder.item)),
    );
  }

  /** The items of which some cube holds all flows of this one. */
  containing(cube: Cube): readonly T[] {
    return this.#ask((found) => {
      this.#visitAround(cube, (entry) => {
        if (cubeSubset(cube, entry.cube)) found(entry.holder);
        return false;
      });
    });
  }

  /** The answer of `overlapping`, if it takes at most so many comparisons; undefined otherwise. */
  overlappingWithin(comparisons: number, cube: Cube, meet: Meet = cubesOverlap): readonly T[] | undefined {
    let left = comparisons;
    const items = this.#ask((found) => {
      this.#visitNear(cube, (entry) => {
        if (--left < 0) return true;
        if (meet(entry.cube, cube)) found(entry.holder);
        return false;
      });
    });
    return left < 0 ? undefined : items;
  }

  /** The items that `containing` finds in its first comparisons, so many of them. */
  someContaining(comparisons: number, cube: Cube): readonly T[] {
    let left = comparisons;
    return this.#ask((found) => {
      this.#visitAround(cube, (entry) => {
        if (--left < 0) return true;
        if (cubeSubset(cube, entry.cube)) found(entry.holder);
        return false;
      });
    });
  }

  /** Visits at least every entry whose cube overlaps this one; says whether the visitor ended it. */
  #visitNear(cube: Cube, ends: VisitEntry<Entry<T>>): boolean {
    for (const group of this.#groups.values()) {
      const best = mostSelective(group, cube);
      if (best === "none") continue;
      if (best ? best.index.overlapping(constraint(cube, best.field)!, ends) : visitAll(group.entries.keys(), ends))
        return true;
    }
    return false;
  }

  /** The same for every entry whose cube holds this one. */
  #visitAround(cube: Cube, ends: VisitEntry<Entry<T>>): boolean {
    for (const group of this.#groups.values()) {
      if (group.mask & ~cube.mask) continue;
      const best = mostSelective(group, cube);
      if (best === "none") continue;
      if (best ? best.index.containing(constraint(cube, best.field)!, ends) : visitAll(group.entries.keys(), ends))
        return true;
    }
    return false;
  }

  #groupOf(mask: number): Group<T> {
    let group = this.#groups.get(mask);
    if (!group) {
      group = { mask, entries: new SegmentedMap(), fields: undefined };
      this.#groups.set(mask, group);
    }
    return group;
  }

  #ask(search: (found: (holder: Holder<T>) => void) => void): readonly T[] {
    const asked = ++this.#asked;
    const holders: Holder<T>[] = [];
    search((holder) => {
      if (holder.asked === asked) return;
      holder.asked = asked;
      holders.push(holder);
    });
    if (holders.length === 0) return NOTHING;
    if (holders.length > 1) holders.sort((a, b) => a.order - b.order);
    return holders.map((holder) => holder.item);
  }
}

/** Whether two cubes meet. */
export type Meet = (one: Cube, other: Cube) => boolean;

const NOTHING: readonly never[] = [];

/** Up to this many candidates, comparing them costs less than looking for fewer. */
const ENOUGH = 24;

/** Puts an entry into the index of each field. */
function putIntoIndexes<T>(entry: Entry<T>, fields: readonly Indexed<T>[]): void {
  entry.spans = fields.map((one) => one.index.insert(constraint(entry.cube, one.field)!, entry));
}

/** Gives a group that has grown its indexes. */
function index<T>(group: Group<T>): void {
  const constrained = MOST_SELECTIVE_FIRST.filter((field) => group.mask & bitOf(field));
  const fields = constrained.map((field) => ({ field, index: fieldIndex<Entry<T>>(field) }));
  for (const entry of group.entries.keys()) putIntoIndexes(entry, fields);
  group.fields = fields;
}

/**
 * A field, constrained by both, with few candidates; `none` if one field says that there are no candidates, undefined
 * where all entries are to be looked at.
 */
function mostSelective<T>({ fields, mask }: Group<T>, cube: Cube): Indexed<T> | "none" | undefined {
  const both = mask & cube.mask;
  const onlyOne = (both & (both - 1)) === 0;
  let best: Indexed<T> | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const one of fields ?? NOTHING) {
    if (!(both & bitOf(one.field))) continue;
    if (onlyOne) return one;
    const count = one.index.count(constraint(cube, one.field)!);
    if (count === 0) return "none";
    if (count < fewest) [best, fewest] = [one, count];
    if (fewest <= ENOUGH) break;
  }
  return best;
}
