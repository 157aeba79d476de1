/**
 * table × table → plan: the fewest flow-mods by (table, priority, match). Their order lets no packet through that both
 * the old table and the new one drop. A changed cookie alone needs no flow-mod.
 *
 * A changed end needs one (SEMANTICS, "Diff"): the switch would remove a deny with a later end at its old end. Timeouts
 * count from when a table is made, so two tables of one policy have different timeouts without a change. `Clocks` says
 * how much later the second table was made, and how exactly the time of the first is known.
 */
import type { Entry, Table } from "../table/entry.ts";
import { entryKey, sortEntries } from "../table/match.ts";
import { stagesOf } from "./order.ts";
import type { FlowMod, Plan } from "./plan.ts";
import { bigintReplacer } from "./roles.ts";
import { branchingIn } from "./next-tables.ts";

/** How the timeouts of two tables compare. */
export interface Clocks {
  /** Seconds by which `next` was made later than `old`. */
  readonly later?: number | undefined;
  /** Seconds by which two ends may differ and still count as the same. */
  readonly tolerance?: number | undefined;
  /**
   * Whether an entry lets on what would be dropped without it. Then its end must not be late, and that of any other must
   * not be early: `ALLOW` and `DENY` bound the tolerance. Absent: it holds on both sides.
   */
  readonly permits?: ((entry: Entry) => boolean) | undefined;
}

/**
 * In seconds: the tolerance for an entry read back from a switch. The policy's clock and the switch's both count whole
 * seconds, an entry may come a second late, and what is left of its time is read rounded up.
 */
export const END_TOLERANCE = 3;
/**
 * The same, in seconds, before the wanted end and behind it. An allow is sent rounded down and a deny rounded up, so that
 * much may come of rounding; an end that was moved by more is told from that.
 */
export const EARLY_ALLOW = 2;
const ALLOW = { early: EARLY_ALLOW, late: 2 };
const DENY = { early: 1, late: 3 };

/** The plan that makes `old` into `next`. */
export function diff(old: Table, next: Table, clocks: Clocks = {}): Plan {
  return diffEntries(old.entries, next.entries, clocks);
}

/**
 * As `diff`, for parts of two tables; entries in neither list are not touched. `branching` gives the tables of the whole
 * whose allows lead to several next tables. It is called only if the order of the plan depends on them.
 */
export function diffEntries(
  old: readonly Entry[],
  next: readonly Entry[],
  clocks: Clocks = {},
  branching: () => ReadonlySet<number> = () => branchingIn(old, next),
): Plan {
  // What comes to where nothing stood needs no comparing, as most of what one says.
  if (old.length === 0)
    return stagesOf(
      next.map((entry) => ({ kind: "add", entry })),
      branching,
    );
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
  return stagesOf(mods, branching);
}

/** The table after the plan, as a switch would hold it. Unchanged entries keep their old cookies. */
export function applyPlan(plan: Plan, table: Table): Table {
  const entries = new Map(table.entries.map((entry) => [entryKey(entry), entry]));
  for (const mod of plan.stages.flat()) {
    if (mod.kind === "delete") entries.delete(entryKey(mod.entry));
    else entries.set(entryKey(mod.entry), mod.entry);
  }
  return { entries: sortEntries([...entries.values()]) };
}

type Timeouts = Pick<Entry, "hardTimeout" | "idleTimeout">;

/** Whether an entry that stands and the one that is wanted time out at the same time, or both never. */
export function sameEnd(old: Timeouts, next: Timeouts | Entry, { later = 0, tolerance = 0, permits }: Clocks): boolean {
  if (old.idleTimeout !== next.idleTimeout) return false;
  if (old.hardTimeout === 0 || next.hardTimeout === 0) return old.hardTimeout === next.hardTimeout;
  const late = old.hardTimeout - later - next.hardTimeout;
  if (permits === undefined || !("instructions" in next)) return Math.abs(late) <= tolerance;
  const most = permits(next) ? ALLOW : DENY;
  return -Math.min(tolerance, most.early) <= late && late <= Math.min(tolerance, most.late);
}

/** Whether two entries do the same to a packet; instructions are compared as values. */
export function sameInstructions(a: Entry, b: Entry): boolean {
  return a.instructions === b.instructions || text(a) === text(b);
}

function text(entry: Entry): string {
  return JSON.stringify(entry.instructions, bigintReplacer);
}
