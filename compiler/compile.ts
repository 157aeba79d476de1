/** Decisions → tables → plans: the second half of the pipeline; the first is `decide.ts`. */
import { spansOf, type Decided } from "./admission/decided.ts";
import { diff } from "./plan/index.ts";
import type { Plan } from "./plan/plan.ts";
import { keptTables } from "./lowering/reserved-stages.ts";
import { lasting } from "./lowering/timeouts.ts";
import type { Span } from "./source.ts";
import { lower, type LowerContext, type Lowered } from "./lowering/index.ts";
import type { Table } from "./table/entry.ts";

/** text → syntax → model → Datalog program → decisions. */
export { decide, type DecideOptions } from "./decide.ts";

/** Where a table is looked at, and for what kind of switch. */
export type TableOptions = Pick<LowerContext, "target"> & Partial<Omit<LowerContext, "now">>;

/**
 * decisions → derived rules → table, as they are in force at an instant (Unix seconds). A switch knows nothing of
 * what begins later.
 */
export function tablesAt(decided: Decided, instant: number, options: TableOptions): Lowered {
  const { model, admission } = decided;
  const { directory, defaults } = model;
  const spans = spansOf(decided);
  const keep = keptTables(decided);
  const rules = lasting(decided, instant, admission.derived.active(instant));
  const spanOf = (statement: string): Span | undefined => spans.get(statement);
  const lowered = lower(rules, { directory, defaults, spanOf, keep, ...options, now: instant });
  return { ...lowered, validUntil: Math.min(lowered.validUntil, admission.derived.begins(instant)) };
}

/**
 * tables × tables → one plan per switch, by name; a switch that only the old side has gets its entries deleted.
 * `later`: seconds by which the new side is looked at after the old one.
 */
export function plans(old: ReadonlyMap<string, Table>, next: ReadonlyMap<string, Table>, later = 0): Map<string, Plan> {
  const none: Table = { entries: [] };
  const names = [...new Set([...old.keys(), ...next.keys()])].sort();
  return new Map(names.map((name) => [name, diff(old.get(name) ?? none, next.get(name) ?? none, { later })]));
}
