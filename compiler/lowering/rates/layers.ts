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
  /** Whether `number` is the smallest that no overlapping item before has. Then many new items are numbered at once. */
  readonly isSmallestFree?: true;
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
  isSmallestFree: true,
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
  number: (before) => before.reduce((most, one) => Math.max(most, one), 0) + 1,
  depends: (number, old, next) => (next !== undefined && next >= number) || old === number - 1,
};

export class Layers<T extends Layered> {
  readonly #rule: NumberingRule<T>;
  readonly #index = new OverlapIndex<T>();
  readonly #items = new Set<T>();
  readonly #pending = new Set<T>();
  readonly #counts = new Map<number, number>();

  constructor(rule: NumberingRule<T>) {
    this.#rule = rule;
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
    const { compare, number, isSmallestFree } = this.#rule;
    if (isSmallestFree && 2 * this.#pending.size > this.#items.size) return this.#numberAll();
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
    const layers: OverlapIndex<T>[] = [];
    const changed: T[] = [];
    for (const item of [...this.#items].sort(this.#rule.compare)) {
      let at = 0;
      while (at < layers.length && item.cubes.some((cube) => layers[at]!.meets(cube))) at++;
      const layer = (layers[at] ??= new OverlapIndex());
      for (const cube of item.cubes) layer.insert(cube, item);
      if (item.layer === at + 1) continue;
      this.#renumber(item, at + 1);
      changed.push(item);
    }
    return changed;
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
