/**
 * By which tables the entries of a table lead packets on, counted, so that a change of a few entries among many is a
 * change of a few counts.
 */
import type { Entry } from "../table/entry.ts";
import { roleOf, wayOf } from "./roles.ts";

export class Ways {
  /** How many entries of a table lead on each way. */
  readonly #counts = new Map<number, Map<string, number>>();

  constructor(entries: Iterable<Entry> = []) {
    this.change([], entries);
  }

  change(gone: Iterable<Entry>, come: Iterable<Entry>): void {
    for (const entry of come) this.#add(entry, 1);
    for (const entry of gone) this.#add(entry, -1);
  }

  #add(entry: Entry, count: number): void {
    if (roleOf(entry) !== "allow") return;
    let counts = this.#counts.get(entry.table);
    if (counts === undefined) this.#counts.set(entry.table, (counts = new Map<string, number>()));
    const way = wayOf(entry);
    const sum = (counts.get(way) ?? 0) + count;
    if (sum === 0) counts.delete(way);
    else counts.set(way, sum);
  }

  /** The tables whose entries lead on by more than one way. */
  parting(): ReadonlySet<number> {
    return new Set([...this.#counts].filter(([, counts]) => counts.size > 1).map(([table]) => table));
  }
}

/** The tables in which ways part in either list. */
export function partingIn(old: Iterable<Entry>, next: Iterable<Entry>): ReadonlySet<number> {
  return new Set([...new Ways(old).parting(), ...new Ways(next).parting()]);
}
