/**
 * The table that a switch reports × the desired table → plan. Entries without our owner mark are foreign (NETWORK,
 * "Cookies"). In tables that we use they are reported, and removed only on request; in other tables they stay.
 */
import { isBookkeeping } from "../table/bookkeeping.ts";
import { isOurs } from "../table/cookie.ts";
import type { Entry, Table } from "../table/entry.ts";
import { entryKey } from "../table/match.ts";
import { diffEntries, END_TOLERANCE } from "./compare.ts";
import type { Plan } from "./plan.ts";

export interface Reconciliation {
  readonly plan: Plan;
  /** Foreign entries in our tables, where they may decide packets that the policy decides. */
  readonly foreign: readonly Entry[];
  /** Foreign entries with the table, priority and match of a desired one: the plan overwrites them. */
  readonly overwritten: readonly Entry[];
}

/** The plan that makes the reported table into `next`. `takeOver` also removes foreign entries from our tables. */
export function reconcile(reported: Table, next: Table, { takeOver = false } = {}): Reconciliation {
  const mine = reported.entries.filter((entry) => isOurs(entry.cookie) && !isBookkeeping(entry));
  const tables = new Set([...next.entries, ...mine].map(({ table }) => table));
  const others = reported.entries.filter(({ cookie, table }) => !isOurs(cookie) && tables.has(table));
  const wanted = new Set(next.entries.map(entryKey));
  const overwritten = others.filter((entry) => wanted.has(entryKey(entry)));
  const foreign = others.filter((entry) => !wanted.has(entryKey(entry)));
  const old = [...mine, ...overwritten, ...(takeOver ? foreign : [])];
  return { plan: diffEntries(old, next.entries, { tolerance: END_TOLERANCE }), foreign, overwritten };
}
