/** Decisions → tables → plans: the second half of the pipeline; the first is `decide.ts`. */
import { spansOf, withoutRepeated, type Decided } from "./admission/decided.ts";
import { hullOf, type Accepted } from "./admission/state/accepted.ts";
import type { DerivedRule } from "./derived/rule.ts";
import { trialOfShares } from "./diagnostics/codes/table.ts";
import type { Diagnostic } from "./diagnostics/diagnostic.ts";
import { diff } from "./plan/index.ts";
import type { Plan } from "./plan/plan.ts";
import { keptTables } from "./lowering/reserved-stages.ts";
import { lasting } from "./lowering/timeouts.ts";
import { provenTables } from "./circles/proven-tables.ts";
import { inSourceOrder } from "./resolve/source-order.ts";
import type { Span } from "./source.ts";
import { countedOf, type Observation } from "./observe.ts";
import { lower, type LowerContext, type Lowered } from "./lowering/index.ts";
import type { Table } from "./table/entry.ts";
import { least } from "./net/lists.ts";

/** text → syntax → model → Datalog program → decisions. */
export { decide, type DecideOptions } from "./decide.ts";
export { observe, type Observation } from "./observe.ts";

/** The target of tables, and the other options of lowering but the instant. */
export type TableOptions = Pick<LowerContext, "target"> &
  Partial<Omit<LowerContext, "now">> & {
    /** A trial run of single shares, of this very policy. */
    readonly observation?: Observation | undefined;
  };

/**
 * decisions → derived rules → table, as they are in force at an instant (Unix seconds). A switch knows nothing of
 * what begins later.
 */
export function tablesAt(decided: Decided, instant: number, { observation, ...options }: TableOptions): Lowered {
  if (observation !== undefined) return observedTables(decided, observation, instant, options);
  const { model, admission } = decided;
  const { directory, defaults } = model;
  const spans = spansOf(decided);
  const keep = keptTables(decided);
  const rules = lasting(decided, instant, admission.derived.active(instant));
  const spanOf = (statement: string): Span | undefined => spans.get(statement);
  const { lowered, proven } = provenTables(rules, { directory, defaults, spanOf, keep, ...options, now: instant });
  const later = laterFaults(decided, instant, { ...options, directory, defaults, spanOf, now: instant });
  return {
    ...lowered,
    diagnostics: inTextOrder([...withoutRepeated(lowered.diagnostics, decided), ...later, ...proven], spans),
    validUntil: Math.min(lowered.validUntil, admission.derived.begins(instant)),
  };
}

/** The tables of what acts, and before Admission the entries that count what observed shares would decide. */
function observedTables(
  { admission, model }: Decided,
  observation: Observation,
  instant: number,
  options: Omit<TableOptions, "observation">,
): Lowered {
  const { acting, shares } = observation;
  const spans = new Map([...spansOf(acting), ...observation.spans]);
  const counted = countedOf(observation, admission.derived.active(instant));
  const rules = [...lasting(acting, instant, acting.admission.derived.active(instant)), ...counted];
  const { directory, defaults } = model;
  const spanOf = (statement: string): Span | undefined => spans.get(statement);
  const keep = keptTables(acting);
  const { lowered, proven } = provenTables(rules, { directory, defaults, spanOf, keep, ...options, now: instant });
  const names = shares.map((share) => `\`${share}\``).join(", ");
  const begins = [admission, acting.admission].map(({ derived }) => derived.begins(instant));
  const help = "without --observe-share it is in force";
  return {
    ...lowered,
    diagnostics: [
      ...inTextOrder([...lowered.diagnostics, ...proven], spans),
      trialOfShares({ shares: names }, { help }),
    ],
    validUntil: least(begins, lowered.validUntil),
  };
}

/** Each feature reports what it finds, in an order of its own; all are told in that of the text. */
const inTextOrder = (found: readonly Diagnostic[], spans: ReadonlyMap<string, Span>): readonly Diagnostic[] =>
  found.length < 2 ? found : inSourceOrder(found, [...new Set([...spans.values()].map(({ source }) => source))]);

/** What no table could keep of limits that begin later: the diagnostic stands where they are written, and comes before they begin. */
function laterFaults({ admission }: Decided, instant: number, context: LowerContext): readonly Diagnostic[] {
  const later = [...admission.state.accepted.ofKind("limit")].filter(({ pieces }) => hullOf(pieces).start > instant);
  const rules = limitRules(later);
  return rules.length === 0 ? [] : faultsOfLimits(rules, context);
}

/** The faults of single limits, whatever else is in force. */
export const faultsOfLimits = (rules: readonly DerivedRule[], context: LowerContext): readonly Diagnostic[] =>
  lower(rules, context).diagnostics.filter(({ code }) => OF_ONE_LIMIT.includes(code));

/** Limits as rules that would be in force alone. */
export const limitRules = (limits: readonly Accepted[]): readonly DerivedRule[] =>
  limits.flatMap(({ id, pieces, rate }) => {
    if (rate === undefined) return [];
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

/** The codes of faults of a single limit, which do not depend on what else is in force. */
const OF_ONE_LIMIT = ["E816", "E826", "E827", "W841", "W842"];

/**
 * tables × tables → one plan for each switch, by name. A plan for a switch that only the old side has deletes its
 * entries. `later`: seconds from the instant of the old side to that of the new one.
 */
export function plans(old: ReadonlyMap<string, Table>, next: ReadonlyMap<string, Table>, later = 0): Map<string, Plan> {
  const none: Table = { entries: [] };
  const names = [...new Set([...old.keys(), ...next.keys()])].sort();
  return new Map(names.map((name) => [name, diff(old.get(name) ?? none, next.get(name) ?? none, { later })]));
}
