/**
 * A table as a switch reports it against the one that should be there. Entries without our owner mark are foreign
 * (NETWORK, "Cookies"): in tables that we use they are named and removed only on request, elsewhere left alone.
 */
import { isBookkeeping } from "../table/bookkeeping.ts";
import { isOurs } from "../table/cookie.ts";
import type { Entry, Table } from "../table/entry.ts";
import { entryKey } from "../table/match.ts";
import { diffEntries, PUNCTUAL } from "./compare.ts";
import type { Plan } from "./plan.ts";

export interface Reconciliation {
  readonly plan: Plan;
  /** Foreign entries in tables of ours: they decide packets that we think we decide. */
  readonly foreign: readonly Entry[];
  /** Foreign entries with the table, priority and match of one that must be there: the plan overwrites them. */
  readonly overwritten: readonly Entry[];
}

/** What makes the reported table into `next`; `takeOver` also removes what is foreign in our tables. */
export function reconcile(reported: Table, next: Table, { takeOver = false } = {}): Reconciliation {
  const mine = reported.entries.filter((entry) => isOurs(entry.cookie) && !isBookkeeping(entry));
  const tables = new Set([...next.entries, ...mine].map(({ table }) => table));
  const others = reported.entries.filter(({ cookie, table }) => !isOurs(cookie) && tables.has(table));
  const wanted = new Set(next.entries.map(entryKey));
  const overwritten = others.filter((entry) => wanted.has(entryKey(entry)));
  const foreign = others.filter((entry) => !wanted.has(entryKey(entry)));
  const old = [...mine, ...overwritten, ...(takeOver ? foreign : [])];
  return { plan: diffEntries(old, next.entries, { tolerance: PUNCTUAL }), foreign, overwritten };
}
