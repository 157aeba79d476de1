/**
 * Entries → the number of allows of each table that lead to each next table. A change of a few entries among many costs
 * a change of a few counts.
 */
import type { Entry } from "../table/entry.ts";
import { roleOf, nextTablesOf } from "./roles.ts";

export class NextTables {
  /** Table → next tables as text → number of entries that lead there. */
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
    const nextTable = nextTablesOf(entry);
    const sum = (counts.get(nextTable) ?? 0) + count;
    if (sum === 0) counts.delete(nextTable);
    else counts.set(nextTable, sum);
  }

  /** The tables whose allows lead to several next tables. */
  branching(): ReadonlySet<number> {
    return new Set([...this.#counts].filter(([, counts]) => counts.size > 1).map(([table]) => table));
  }
}

/** The tables whose allows lead to several next tables, in either list. */
export function branchingIn(old: Iterable<Entry>, next: Iterable<Entry>): ReadonlySet<number> {
  return new Set([...new NextTables(old).branching(), ...new NextTables(next).branching()]);
}
