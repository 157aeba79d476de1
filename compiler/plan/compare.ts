/**
 * table × table → plan: the fewest flow-mods by (table, priority, match), in an order in which no packet is let
 * through that neither the old table nor the new one lets through. A changed cookie alone sends nothing.
 *
 * A changed end is sent, too (SEMANTICS, "Diff"): a deny whose end was moved would leave the switch at its first
 * one. Timeouts count from when a table is made, so two tables of one policy differ in theirs without a change: `Clocks`
 * says how much later the second was made, and how exactly the first one's time is known.
 */
import type { Entry, Table } from "../table/entry.ts";
import { entryKey, sortEntries } from "../table/match.ts";
import { stagesOf } from "./order.ts";
import type { FlowMod, Plan } from "./plan.ts";
import { partingIn } from "./ways.ts";

/** How the clocks of two tables stand to each other. */
export interface Clocks {
  /** Seconds by which `next` was made later than `old`. */
  readonly later?: number | undefined;
  /** Seconds by which ends may differ that are meant to be the same. */
  readonly tolerance?: number | undefined;
}

/**
 * For an entry read back from a switch: it was made in one second and sent in another, and big tables take a few; and the
 * policy's clock and the switch's count both in whole seconds.
 */
export const PUNCTUAL = 5;

/** What makes `old` into `next`. */
export function diff(old: Table, next: Table, clocks: Clocks = {}): Plan {
  return diffEntries(old.entries, next.entries, clocks);
}

/**
 * As `diff`, for parts of two tables; entries in neither list are not touched. `parting` gives the
 * tables in which ways part, those of what stays included: the order of the plan depends on it.
 */
export function diffEntries(
  old: readonly Entry[],
  next: readonly Entry[],
  clocks: Clocks = {},
  parting: () => ReadonlySet<number> = () => partingIn(old, next),
): Plan {
  const before = new Map(old.map((entry) => [entryKey(entry), entry]));
  const mods: FlowMod[] = [];
  for (const entry of next) {
    const key = entryKey(entry);
    const was = before.get(key);
    before.delete(key);
    if (was === undefined) mods.push({ kind: "add", entry });
    else if (!sameInstructions(was, entry)) mods.push({ kind: "replace", entry, old: was });
    else if (!sameEnd(was, entry, clocks)) mods.push({ kind: "timeout", entry, old: was });
  }
  for (const entry of before.values()) mods.push({ kind: "delete", entry });
  return stagesOf(mods, parting);
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

type Timeouts = Pick<Entry, "hardTimeout" | "idleTimeout">;

/** Whether two entries leave by themselves at the same time, or both never. */
export function sameEnd(old: Timeouts, next: Timeouts, { later = 0, tolerance = 0 }: Clocks): boolean {
  if (old.idleTimeout !== next.idleTimeout) return false;
  if (old.hardTimeout === 0 || next.hardTimeout === 0) return old.hardTimeout === next.hardTimeout;
  return Math.abs(old.hardTimeout - later - next.hardTimeout) <= tolerance;
}

/** Two entries that do the same: instructions compare as values. */
export function sameInstructions(a: Entry, b: Entry): boolean {
  return a.instructions === b.instructions || text(a) === text(b);
}

function text(entry: Entry): string {
  return JSON.stringify(entry.instructions, (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value));
}
