/** Decisions → tables → plans: the second half of the pipeline; the first is `decide.ts`. */
import { spansOf, type Decided } from "./admission/decided.ts";
import { hullOf } from "./admission/state/accepted.ts";
import type { DerivedRule } from "./derived/rule.ts";
import type { Diagnostic } from "./diagnostics/diagnostic.ts";
import { circleFaults } from "./circles/network.ts";
import { topology } from "./paths/index.ts";
import { diff } from "./plan/index.ts";
import type { Plan } from "./plan/plan.ts";
import { keptTables } from "./lowering/reserved-stages.ts";
import { lasting } from "./lowering/timeouts.ts";
import type { Span } from "./source.ts";
import { lower, type LowerContext, type Lowered } from "./lowering/index.ts";
import type { Table } from "./table/entry.ts";

/** text → syntax → model → Datalog program → decisions. */
export { decide, type DecideOptions } from "./decide.ts";

/** The target of tables, and the other options of lowering but the instant. */
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
  const later = laterFaults(decided, instant, { ...options, directory, defaults, spanOf, now: instant });
  const circles = circleFaults(lowered.tables, topology(directory), rules);
  return {
    ...lowered,
    diagnostics: [...lowered.diagnostics, ...later, ...circles],
    validUntil: Math.min(lowered.validUntil, admission.derived.begins(instant)),
  };
}

/**
 * What no table could keep of limits that begin later: they are refused where they are written, not when they begin.
 */
function laterFaults({ admission }: Decided, instant: number, context: LowerContext): readonly Diagnostic[] {
  const rules = [...admission.state.accepted.ofKind("limit")].flatMap(({ id, pieces, rate }) => {
    const { start } = hullOf(pieces);
    if (start <= instant || rate === undefined) return [];
    const rank = { depth: 0, level: 0, levels: 1, end: Infinity };
    return pieces.flatMap(({ flows }) =>
      flows.cubes.map((cube): DerivedRule => ({
        ...rank,
        statement: id,
        stage: "limit",
        effect: "limit",
        rate,
        cube,
      })),
    );
  });
  if (rules.length === 0) return [];
  return lower(rules, context).diagnostics.filter(({ code }) => OF_ONE_LIMIT.includes(code));
}

/** The codes of faults of a single limit, which do not depend on what else is in force. */
const OF_ONE_LIMIT = ["E816", "E826", "E827"];

/**
 * tables × tables → one plan for each switch, by name. A plan for a switch that only the old side has deletes its
 * entries. `later`: seconds from the instant of the old side to that of the new one.
 */
export function plans(old: ReadonlyMap<string, Table>, next: ReadonlyMap<string, Table>, later = 0): Map<string, Plan> {
  const none: Table = { entries: [] };
  const names = [...new Set([...old.keys(), ...next.keys()])].sort();
  return new Map(names.map((name) => [name, diff(old.get(name) ?? none, next.get(name) ?? none, { later })]));
}
