/**
 * table × table → plan: the fewest flow-mods by (table, priority, match), in an order in which no packet is let
 * through that neither the old table nor the new one lets through. A changed cookie or timeout alone sends nothing.
 */
import type { Entry, Table } from "../table/entry.ts";
import { entryKey, sortEntries } from "../table/match.ts";
import { stagesOf } from "./order.ts";
import type { FlowMod, Plan } from "./plan.ts";

/** What makes `old` into `next`. */
export function diff(old: Table, next: Table): Plan {
  return diffEntries(old.entries, next.entries);
}

/** As `diff`, for parts of two tables; what stands in neither list is not touched. */
export function diffEntries(old: readonly Entry[], next: readonly Entry[]): Plan {
  const before = new Map(old.map((entry) => [entryKey(entry), entry]));
  const mods: FlowMod[] = [];
  for (const entry of next) {
    const key = entryKey(entry);
    const was = before.get(key);
    before.delete(key);
    if (was === undefined) mods.push({ kind: "add", entry });
    else if (!sameInstructions(was, entry)) mods.push({ kind: "replace", entry, old: was });
  }
  for (const entry of before.values()) mods.push({ kind: "delete", entry });
  return { stages: stagesOf(mods) };
}

/** The table after the plan, as a switch would hold it; cookies of unchanged entries stay as they were. */
export function applyPlan(plan: Plan, table: Table): Table {
  const entries = new Map(table.entries.map((entry) => [entryKey(entry), entry]));
  for (const mod of plan.stages.flat()) {
    if (mod.kind === "delete") entries.delete(entryKey(mod.entry));
    else entries.set(entryKey(mod.entry), mod.entry);
  }
  return { entries: sortEntries([...entries.values()]) };
}

/** Two entries that do the same: instructions compare as values. */
export function sameInstructions(a: Entry, b: Entry): boolean {
  return a.instructions === b.instructions || text(a) === text(b);
}

function text(entry: Entry): string {
  return JSON.stringify(entry.instructions, (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value));
}
