/**
 * An index of cubes by flow and by time. A flow may be booked a thousand times, one booking after the other, and a
 * thousand flows at one time: a query looks at the items of the same time where they are few, and else at those that
 * hold the same flows.
 */
import type { Cube } from "../../flowgroup/cube.ts";
import { OverlapIndex, shareFlow } from "../../flowgroup/index.ts";
import { overlap, type Interval } from "../../net/interval.ts";

/** Something that holds for a time. */
export interface Timed {
  readonly interval: Interval;
}

/** A query scans at most this many items before it asks the index of cubes. */
const FEW = 48;

interface Entry<T> {
  readonly cube: Cube;
  readonly item: T;
}

export class TimedIndex<T extends Timed> {
  /** Items without a start or without an end. */
  readonly #lasting = new OverlapIndex<T>();
  #passing: OverlapIndex<T> | undefined;
  /**
   * The other items, by slots of time: by the length of the slot (a power of two of seconds, no shorter than the item)
   * and its number.
   */
  readonly #slots = new Map<number, Map<number, Entry<T>[]>>();

  insert(cube: Cube, item: T): void {
    if (isLasting(item.interval)) {
      this.#lasting.insert(cube, item);
      return;
    }
    (this.#passing ??= new OverlapIndex()).insert(cube, item);
    const length = lengthFor(item.interval);
    let slots = this.#slots.get(length);
    if (slots === undefined) this.#slots.set(length, (slots = new Map()));
    for (const number of numbersOf(item.interval, length)) {
      const entries = slots.get(number);
      if (entries) entries.push({ cube, item });
      else slots.set(number, [{ cube, item }]);
    }
  }

  remove(cube: Cube, item: T): void {
    if (isLasting(item.interval)) {
      this.#lasting.remove(cube, item);
      return;
    }
    this.#passing!.remove(cube, item);
    const length = lengthFor(item.interval);
    const slots = this.#slots.get(length)!;
    for (const number of numbersOf(item.interval, length)) {
      const left = slots.get(number)!.filter((entry) => entry.item !== item || entry.cube !== cube);
      if (left.length > 0) slots.set(number, left);
      else slots.delete(number);
    }
    if (slots.size === 0) this.#slots.delete(length);
  }

  /** The items that share a flow and an instant with these; perhaps some of them twice. */
  overlapping(cube: Cube, interval: Interval): readonly T[] {
    const lasting = duringInterval(this.#lasting.overlapping(cube, shareFlow), interval);
    if (this.#passing === undefined) return lasting;
    const near = this.#during(interval);
    const passing =
      near === undefined
        ? duringInterval(this.#passing.overlapping(cube, shareFlow), interval)
        : near
            .filter(({ cube: other, item }) => overlap(item.interval, interval) && shareFlow(other, cube))
            .map(({ item }) => item);
    return lasting.length === 0 ? passing : [...lasting, ...passing];
  }

  /** Whether `overlapping` finds any that ends the search; without `ends`, the first does. */
  meets(cube: Cube, interval: Interval, ends: (item: T) => boolean = () => true): boolean {
    const counts = (item: T): boolean => overlap(item.interval, interval) && ends(item);
    if (this.#lasting.meets(cube, shareFlow, counts)) return true;
    if (this.#passing === undefined) return false;
    const near = this.#during(interval);
    if (near === undefined) return this.#passing.meets(cube, shareFlow, counts);
    return near.some(({ cube: other, item }) => shareFlow(other, cube) && counts(item));
  }

  /** Items that hold all flows of a cube, at whatever time: those that so many comparisons find. */
  someContaining(comparisons: number, cube: Cube): readonly T[] {
    const lasting = this.#lasting.someContaining(comparisons, cube);
    const passing = this.#passing?.someContaining(comparisons, cube) ?? [];
    return lasting.length === 0 ? passing : [...lasting, ...passing];
  }

  /** The entries of the slots that an interval touches; undefined: too many to look at. */
  #during(interval: Interval): Entry<T>[] | undefined {
    const near: Entry<T>[] = [];
    let looked = 0;
    for (const [length, slots] of this.#slots) {
      const [first, last] = [Math.floor(interval.start / length), Math.ceil(interval.end / length) - 1];
      const some = last - first < FEW;
      if (!some && slots.size > FEW) return undefined;
      for (const number of some ? range(first, last) : slots.keys()) {
        if ((looked += 1) > FEW * 2) return undefined;
        for (const entry of slots.get(number) ?? []) if (near.push(entry) > FEW) return undefined;
      }
    }
    return near;
  }
}

/** Those of the items that share an instant with the interval. */
const duringInterval = <T extends Timed>(items: readonly T[], interval: Interval): readonly T[] =>
  items.length === 0 ? items : items.filter((item) => overlap(item.interval, interval));

const isLasting = ({ start, end }: Interval): boolean => !Number.isFinite(end - start);

/** The least power of two that is no shorter than the span, so that the span touches two slots at most. */
const lengthFor = ({ start, end }: Interval): number => 2 ** Math.ceil(Math.log2(Math.max(1, end - start)));

const numbersOf = ({ start, end }: Interval, length: number): Iterable<number> =>
  range(Math.floor(start / length), Math.ceil(end / length) - 1);

function* range(first: number, last: number): Generator<number> {
  for (let number = first; number <= last; number += 1) yield number;
}
