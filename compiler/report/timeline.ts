/**
 * A decided policy → every instant at which its tables change, with what changes; as text for people and as JSON for
 * programs.
 */
import type { Decided } from "../admission/decided.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { toJson } from "../diagnostics/documents.ts";
import { ProofOverTime, type NetworkThen } from "../circles/over-time.ts";
import { topology } from "../paths/index.ts";
import { cookieOf, LiveTable, type LowerContext, type TargetName } from "../lowering/index.ts";
import { keptTables } from "../lowering/reserved-stages.ts";
import { LastingChanges } from "../lowering/timeouts.ts";
import { timelineTooMany } from "../diagnostics/codes/table.ts";
import type { Table } from "../table/entry.ts";
import { MoveBudget } from "./move-budget.ts";
import { found, type Lookup } from "../lookup/found.ts";
import { ofSwitch } from "../lookup/switch.ts";
import { printInstant } from "../net/index.ts";
import { provenTables } from "../circles/proven-tables.ts";
import type { Plan } from "../plan/plan.ts";
import type { ResourceChanges } from "../plan/resources.ts";
import { steers } from "../derived/rule.ts";
import { hasErrors } from "../diagnostics/diagnostic.ts";
import type { Cookies } from "./entries.ts";
import { Deciders } from "../impact/deciders.ts";
import { changesOfRules } from "../impact/impact.ts";
import type { TrafficChange } from "../impact/changes-by-statement.ts";
import { planSummary, planText, switchPlanJson } from "./plans.ts";
import { unchanged } from "./resources.ts";
import { notRepeated, spansOf } from "../admission/decided.ts";
import { count, printable, thousands } from "../diagnostics/text.ts";

/** The changes on one switch. */
interface SwitchChange {
  readonly plan: Plan;
  readonly resources: ResourceChanges;
}

/** One instant at which a table changes. */
interface TableChange {
  /** In Unix seconds. */
  readonly instant: number;
  /** Switch → its changes. */
  readonly switches: ReadonlyMap<string, SwitchChange>;
  readonly traffic: readonly TrafficChange[];
}

export interface TableTimeline {
  /** The instant after which the timeline begins, in Unix seconds. */
  readonly from: number;
  readonly changes: readonly TableChange[];
  /** Cookie → statement, for all entries of the whole timeline. */
  readonly cookies: Cookies;
  /** The diagnostics of the policy, then those of all its tables, each once. */
  readonly diagnostics: readonly Diagnostic[];
}

/** The tables that are followed. */
export interface TimelineOptions {
  readonly target: TargetName;
  /** The switch whose table is followed; undefined: all. */
  readonly wanted?: string | undefined;
  /** Whether it is a trial run. */
  readonly observe?: boolean;
}

/**
 * Follows the tables from an instant on, as long as anything changes. A change costs in proportion to what it changes.
 */
export function tableTimeline(
  decided: Decided,
  from: number,
  { target, wanted, observe = false }: TimelineOptions,
): Lookup<TableTimeline> {
  const { admission, model } = decided;
  const spans = spansOf(decided);
  const context: LowerContext = {
    directory: model.directory,
    defaults: model.defaults,
    target,
    keep: keptTables(decided),
    now: from,
    observe,
    spanOf: (statement) => spans.get(statement),
  };
  const ends = new LastingChanges(decided, from, admission.derived.active(from));
  const { proven } = ends.rules.some(steers) ? provenTables(ends.rules, context) : { proven: [] };
  const live = new LiveTable(context);
  live.load(ends.rules);
  const chosen = wanted === undefined ? undefined : ofSwitch(live.tables(from), wanted);
  if (chosen?.ok === false) return chosen;
  // The first call returns the meters and queues of the beginning, which are no change.
  live.resources();
  const faults = new Map<string, Diagnostic>();
  const changes: TableChange[] = [];
  const cookies = new Map(live.cookies());
  const isNew = notRepeated(decided);
  /** A timeline with an error has no changes, so nothing is followed then. */
  let good = true;
  const tell = (found: readonly Diagnostic[]): void => {
    for (const one of found) faults.set(`${one.code} ${one.message} ${one.span?.start}`, one);
    good &&= !hasErrors(found);
  };
  /** Returns how many diagnostics there are now. */
  const note = (): number => {
    const now = live.diagnostics();
    tell(now.filter(isNew));
    return now.length;
  };
  note();
  const proof = new ProofOverTime(topology(model.directory));
  const then = (instant: number): NetworkThen => ({ tables: () => live.tables(instant), rules: () => ends.rules });
  tell(proven);
  tell(proof.begin(from, then(from)));
  const { verdict } = model.defaults;
  const old = new Deciders(admission.derived.active(from), verdict);
  const next = new Deciders(admission.derived.active(from), verdict);
  const budget = new MoveBudget(sizeOf(live.tables(from)), model.directory.switches.size);
  for (const { instant, added, removed } of admission.derived.changes(from, Infinity)) {
    if (!good) break;
    const [before, numberedBefore, lookedAt] = [live.compared(), live.numbered(), ends.compared];
    const plans = live.apply(ends.move(instant, { added, removed }), instant);
    // A table that is numbered anew counts anew.
    const inTables = live.compared() < before ? live.compared() : live.compared() - before;
    const compared = inTables + COMPARED_FOR_ENDS * (ends.compared - lookedAt);
    next.change(removed, added);
    const traffic = changesOfRules({ old, next, removed, added }, model.directory);
    old.change(removed, added);
    const rules = added.length + removed.length;
    const told = note();
    const numbered = live.numbered() - numberedBefore;
    budget.spend({ plans: plans.values(), rules, compared, numbered, decided: old.compared + next.compared, told });
    if (budget.isSpent) {
      const { statement } = [...added, ...removed][0]!;
      const { what, times } = budget.refusal;
      const words = { statement, instant: printInstant(instant), what, times: thousands(times) };
      tell([timelineTooMany(words, { span: spans.get(statement), help: FEWER_AT_ONCE })]);
      break;
    }
    for (const { statement } of added) cookies.set(cookieOf(statement), statement);
    // A table that was not there before has entries with new cookies.
    if (!areKnown(plans, cookies)) for (const [cookie, statement] of live.cookies()) cookies.set(cookie, statement);
    tell(proof.next(instant, plans, then(instant)));
    const switches = switchChanges(plans, live.resources(), wanted);
    if (switches.size === 0) continue;
    changes.push({ instant, switches, traffic });
  }
  return found({ from, changes, cookies, diagnostics: [...decided.diagnostics, ...faults.values()] });
}

/** To find, sort and look at one that is to come and may put an end off takes as long as to compare so many contributions. */
const COMPARED_FOR_ENDS = 6;

const FEWER_AT_ONCE =
  "`compile --at` prints the table of any one instant; let fewer statements hold common flows at one time";

const sizeOf = (tables: ReadonlyMap<string, Table>): number =>
  [...tables.values()].reduce((sum, { entries }) => sum + entries.length, 0);

/** Whether the statements of all entries of these plans are known. */
const areKnown = (plans: ReadonlyMap<string, Plan>, cookies: Cookies): boolean =>
  [...plans.values()].every(({ stages }) =>
    stages.every((mods) => mods.every(({ entry }) => cookies.has(entry.cookie))),
  );

/** Switch → plan and changes of resources, for all that change, or for the wanted one only. */
function switchChanges(
  plans: ReadonlyMap<string, Plan>,
  resources: ReadonlyMap<string, ResourceChanges>,
  wanted: string | undefined,
): ReadonlyMap<string, SwitchChange> {
  const names = [...new Set([...plans.keys(), ...resources.keys()])].sort();
  const chosen = names.filter((name) => (wanted ?? name) === name);
  const change = (name: string): SwitchChange => ({
    plan: plans.get(name) ?? { stages: [] },
    resources: resources.get(name) ?? unchanged,
  });
  return new Map(chosen.map((name) => [name, change(name)]));
}

/** Each change with its plans, for a timeline without errors. `now`: the policy's clock in Unix seconds. */
export function timelineText({ from, changes, cookies }: TableTimeline, now: number): string {
  const times = `after ${printInstant(from)} (--at ${printInstant(now)})`;
  const head = `# the table changes ${changes.length === 0 ? "no more" : count(changes.length, "time")} ${times}\n`;
  const lines = changes.flatMap(({ instant, switches }) =>
    [...switches].map(([switchName, { plan, resources }]) => {
      const of = switchName === "" ? "" : `${printable(switchName)}: `;
      return `\n# ${printInstant(instant)} ${of}${planSummary(plan, resources)}\n${planText(plan, cookies, resources)}`;
    }),
  );
  return [head, ...lines].join("");
}

/** The document for programs; with an error it has no changes. */
export function timelineJson({ from, changes, cookies, diagnostics }: TableTimeline): object {
  const good = !hasErrors(diagnostics);
  const shown = changes.map(({ instant, switches, traffic }) => ({
    at: printInstant(instant),
    switches: [...switches].map(([switchName, { plan, resources }]) =>
      switchPlanJson(switchName, plan, resources, cookies),
    ),
    traffic,
  }));
  return {
    ok: good,
    at: printInstant(from),
    ...(good && { changes: shown }),
    diagnostics: diagnostics.map(toJson),
  };
}
