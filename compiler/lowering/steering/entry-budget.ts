/**
 * How many entries all waypoints and avoids may come to, on all switches together. Each hop of each pair of ends takes an
 * entry for every block of ports, and flows that several statements hold take theirs once more. So few statements may
 * come to millions of entries, which no switch would hold.
 */
import type { WaysBudget } from "../pipeline/options.ts";
import type { Region } from "./regions.ts";

/** Making that many and proving that none leads round takes some seconds. Nine statements that all meet have 511 combinations. */
export const MOST_WAYS: WaysBudget = { entries: 50_000, combinations: 512 };

export class EntryBudget {
  readonly most: number;
  readonly #spent = new Map<Region, number>();
  #left: number;

  constructor(most: number) {
    this.most = most;
    this.#left = most;
  }

  get isSpent(): boolean {
    return this.#left < 0;
  }

  /** Counts entries of a region. Where flows come to none, looking for them counts as one. */
  spend(region: Region, entries: number): void {
    const count = Math.max(1, entries);
    this.#left -= count;
    this.#spent.set(region, (this.#spent.get(region) ?? 0) + count);
  }

  /** The statements of the region that took the most. */
  greatest(): readonly string[] {
    const [first] = [...this.#spent].toSorted(([, a], [, b]) => b - a);
    return [...new Set(first?.[0].members.map(({ statement }) => statement))];
  }
}
