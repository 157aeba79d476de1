/**
 * The contributions to a match that many statements share, kept in the order of owners: whoever comes or goes costs a
 * search then, and the entry is not found anew among all of them.
 */
import { precedes, settle, type Contribution, type Settled } from "./contribution.ts";

export class SharedMatch {
  /** In the order of owners. */
  readonly all: Contribution[];
  readonly #ends: number[];
  /** Priority → how many have it. */
  readonly #priorities = new Map<number, number>();
  #clauses = 0;

  constructor(contributions: readonly Contribution[]) {
    this.all = contributions.toSorted((a, b) => (precedes(a, b) ? -1 : precedes(b, a) ? 1 : 0));
    this.#ends = contributions.map(({ end }) => end).sort((a, b) => a - b);
    for (const one of contributions) this.#count(one, 1);
  }

  add(one: Contribution): void {
    this.all.splice(
      behind(this.all, (other) => !precedes(one, other)),
      0,
      one,
    );
    this.#ends.splice(
      behind(this.#ends, (end) => end <= one.end),
      0,
      one.end,
    );
    this.#count(one, 1);
  }

  remove(one: Contribution): void {
    const at = this.all.indexOf(
      one,
      behind(this.all, (other) => precedes(other, one)),
    );
    if (at < 0) return;
    this.all.splice(at, 1);
    this.#ends.splice(
      behind(this.#ends, (end) => end < one.end),
      1,
    );
    this.#count(one, -1);
  }

  /** Whether these are verdicts of one priority, so that the first and the last end tell the entry. */
  get isPlain(): boolean {
    return this.#clauses === 0 && this.#priorities.size === 1;
  }

  settle(): readonly Settled[] {
    if (!this.isPlain) return settle(this.all);
    const { stage, priority, match, statement, effect, number, port } = this.all[0]!;
    return [{ stage, priority, match, statement, effect, number, port, clauses: [], end: this.#ends.at(-1)! }];
  }

  #count({ priority, clause }: Contribution, by: 1 | -1): void {
    const count = (this.#priorities.get(priority) ?? 0) + by;
    if (count === 0) this.#priorities.delete(priority);
    else this.#priorities.set(priority, count);
    if (clause !== undefined) this.#clauses += by;
  }
}

/** The first place of a sorted list behind all that are before it. */
function behind<T>(list: readonly T[], isBefore: (one: T) => boolean): number {
  let [from, to] = [0, list.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (isBefore(list[middle]!)) from = middle + 1;
    else to = middle;
  }
  return from;
}
