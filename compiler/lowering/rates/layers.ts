/**
 * Flowgroups → numbers, such that two that overlap have different ones: the table of a limit, the priority of a
 * reservation. Each number follows from those of the overlapping flowgroups before it in a fixed order, so it depends
 * on the set alone. A change reaches only those whose number really depends on it.
 */
import type { Cube } from "../../flowgroup/cube.ts";
import { OverlapIndex } from "../../flowgroup/overlap-index.ts";
import { greatest } from "../../net/lists.ts";

export interface Layered {
  readonly cubes: readonly Cube[];
  layer?: number | undefined;
}

/** How items are numbered. */
export interface NumberingRule<T> {
  /**
   * What `number` is: the smallest that no overlapping item before has, or one that follows from the greatest of theirs.
   * So many new items are numbered at once without all pairs of them.
   */
  readonly kind: "smallest free" | "above";
  /** The total order in which items are numbered. */
  readonly compare: (a: T, b: T) => number;
  /** The number of an item, given those of the overlapping items before it. */
  readonly number: (before: readonly number[], item: T) => number;
  /** Whether a number may change if one before it changes from `old` to `next`. */
  readonly depends: (number: number, old: number | undefined, next: number | undefined) => boolean;
}

/**
 * The smallest number that no item before has, which makes few tables. An overlapping limit that changes its number
 * matters only if it takes this one, or frees a smaller one.
 */
export const smallestFree: Omit<NumberingRule<unknown>, "compare"> = {
  kind: "smallest free",
  number(before) {
    const taken = new Set(before);
    let number = 1;
    while (taken.has(number)) number++;
    return number;
  },
  depends: (number, old, next) => next === number || (old !== undefined && old < number),
};

/** One more than all numbers before, so that a later item stands above. */
export const oneAbove: Omit<NumberingRule<unknown>, "compare"> = {
  kind: "above",
  number: (before) => before.reduce((most, one) => Math.max(most, one), 0) + 1,
  depends: (number, old, next) => (next !== undefined && next >= number) || old === number - 1,
};

/** The layers from the top that are asked one by one. What meets none of them is compared with all that it overlaps. */
const TOP = 64;

export class Layers<T extends Layered> {
  readonly #rule: NumberingRule<T>;
  readonly #index = new OverlapIndex<T>();
  readonly #items = new Set<T>();
  readonly #pending = new Set<T>();
  readonly #counts = new Map<number, number>();

  readonly #most: number;
  /** Whether some items have no number, since there are no more than `most`. */
  #isFull = false;

  /** `most`: the highest number that is given; where it does not suffice, no item after the first without one has one. */
  constructor(rule: NumberingRule<T>, most = Infinity) {
    this.#rule = rule;
    this.#most = most;
  }

  /** The highest number. */
  get height(): number {
    return this.#counts.size === 0 ? 0 : greatest(this.#counts.keys());
  }

  insert(item: T): void {
    for (const cube of item.cubes) this.#index.insert(cube, item);
    this.#items.add(item);
    this.#pending.add(item);
  }

  remove(item: T): void {
    for (const cube of item.cubes) this.#index.remove(cube, item);
    this.#items.delete(item);
    this.#pending.delete(item);
    this.#moved(item, undefined);
  }

  /** Numbers new items and those that depend on them; returns the items whose number has changed. */
  settle(): readonly T[] {
    const { compare, number } = this.#rule;
    if (this.#isFull || 2 * this.#pending.size > this.#items.size) return this.#numberAll();
    const changed = new Set<T>();
    for (;;) {
      const wave = [...this.#pending].sort(compare);
      if (wave.length === 0) return [...changed];
      this.#pending.clear();
      for (const item of wave) {
        const before = this.#touching(item).filter((other) => compare(other, item) < 0);
        const next = number(
          before.flatMap(({ layer }) => (layer === undefined ? [] : [layer])),
          item,
        );
        this.#pending.delete(item);
        if (next > this.#most) return [...new Set([...changed, ...this.#numberAll()])];
        if (next === item.layer) continue;
        changed.add(item);
        this.#moved(item, next);
      }
    }
  }

  /**
   * Numbers all items in their order, and asks layer by layer whether one there overlaps. The answer ends with the first
   * that does, so many items that overlap as many others cost no pair of both.
   */
  #numberAll(): readonly T[] {
    this.#pending.clear();
    this.#isFull = false;
    const numberOf = this.#rule.kind === "above" ? this.#aboveAll() : this.#smallestFree();
    const changed: T[] = [];
    for (const item of [...this.#items].sort(this.#rule.compare)) {
      const next = this.#isFull ? undefined : numberOf(item);
      if (item.layer === next) continue;
      this.#renumber(item, next);
      changed.push(item);
    }
    return changed;
  }

  #smallestFree(): (item: T) => number | undefined {
    const layers: OverlapIndex<T>[] = [];
    return (item) => {
      let at = 0;
      while (at < layers.length && item.cubes.some((cube) => layers[at]!.meets(cube))) at++;
      this.#isFull = at >= this.#most;
      if (this.#isFull) return undefined;
      const layer = (layers[at] ??= new OverlapIndex());
      for (const cube of item.cubes) layer.insert(cube, item);
      return at + 1;
    };
  }

  #aboveAll(): (item: T) => number {
    /** Ascending by number. */
    const layers: { readonly number: number; readonly index: OverlapIndex<T> }[] = [];
    const done = new Set<T>();
    return (item) => {
      const top = layers.slice(-TOP).reverse();
      const met = top.find(({ index }) => item.cubes.some((cube) => index.meets(cube)));
      const rest = met !== undefined || layers.length <= TOP ? [] : this.#touching(item).filter((one) => done.has(one));
      const before = met === undefined ? rest.flatMap(({ layer }) => layer ?? []) : [met.number];
      const number = this.#rule.number(before, item);
      let at = layers.length;
      while (at > 0 && layers[at - 1]!.number > number) at--;
      if (layers[at - 1]?.number !== number) layers.splice(at++, 0, { number, index: new OverlapIndex() });
      for (const cube of item.cubes) layers[at - 1]!.index.insert(cube, item);
      done.add(item);
      return number;
    };
  }

  #renumber(item: T, next: number | undefined): void {
    if (item.layer !== undefined) count(this.#counts, item.layer, -1);
    if (next !== undefined) count(this.#counts, next, 1);
    item.layer = next;
  }

  #moved(item: T, next: number | undefined): void {
    const old = item.layer;
    this.#renumber(item, next);
    for (const other of this.#touching(item)) {
      if (other.layer === undefined || this.#rule.compare(item, other) > 0) continue;
      if (this.#rule.depends(other.layer, old, next)) this.#pending.add(other);
    }
  }

  #touching(item: T): readonly T[] {
    if (item.cubes.length === 1) return this.#index.overlapping(item.cubes[0]!).filter((other) => other !== item);
    const found = new Set(item.cubes.flatMap((cube) => this.#index.overlapping(cube)));
    found.delete(item);
    return [...found];
  }
}

function count(counts: Map<number, number>, key: number, by: number): void {
  const next = (counts.get(key) ?? 0) + by;
  if (next === 0) counts.delete(key);
  else counts.set(key, next);
}
