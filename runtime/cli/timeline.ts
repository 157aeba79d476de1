/** A decided policy → every instant at which its table changes, with what changes: the timeline of `compile --timeline`. */
import type { Decided } from "#compiler/compile.ts";
import { toJson } from "#compiler/diagnostics/render.ts";
import type { Diagnostic } from "#compiler/diagnostics/diagnostic.ts";
import type { Plan } from "#compiler/diff/plan.ts";
import type { ResourceChanges } from "#compiler/diff/resources.ts";
import { keptTables } from "#compiler/keep.ts";
import { printInstant } from "#compiler/net/index.ts";
import type { DerivedChange, DerivedRule } from "#compiler/program/derived.ts";
import type { Table } from "#compiler/table/entry.ts";
import { LiveTable, type LowerContext, type TargetName } from "#compiler/table/index.ts";
import type { Arguments } from "./command.ts";
import { planJson, planSummary, planText, type Cookies } from "./entries.ts";
import { exit, type Exit, type Io } from "./io.ts";
import { chooseTable, spansOf, type When } from "./policy.ts";
import { exitOf, hasErrors, printJson, reportFaults } from "./report.ts";
import { resourceChanges, resourceChangesJson, unchanged } from "./resources.ts";
import { trafficChanges, type Change } from "./traffic.ts";
import { count } from "./words.ts";

/** What changes on one switch. */
interface Step {
  readonly plan: Plan;
  readonly resources: ResourceChanges;
}

/** One instant at which a table changes. */
interface Moment {
  readonly instant: number;
  /** By name of the switch; those that change. */
  readonly steps: ReadonlyMap<string, Step>;
  readonly traffic: readonly Change[];
  readonly cookies: Cookies;
}

interface Timeline {
  readonly moments: readonly Moment[];
  /** Faults of any of the tables; each once. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Follows the table from an instant on, as long as anything changes. */
function follow(decided: Decided, from: number, args: Arguments): Timeline {
  const { admission, model } = decided;
  const spans = spansOf(decided);
  const wanted = args.value("switch");
  const context: LowerContext = {
    directory: model.directory,
    defaults: model.defaults,
    target: (args.value("target") ?? "ovs") as TargetName,
    keep: keptTables(decided),
    now: from,
    observe: args.flag("observe"),
    spanOf: (statement) => spans.get(statement),
  };
  const active = admission.active(from);
  const live = new LiveTable(context);
  live.load(active);
  if (wanted !== undefined) chooseTable(live.tables(from), wanted);
  const paced = new PacedTable(context, active);
  const faults = new Map<string, Diagnostic>();
  const moments: Moment[] = [];
  let cookies: Cookies = live.cookies();
  const note = (): void => {
    for (const one of live.diagnostics()) faults.set(`${one.code} ${one.message} ${one.span?.start}`, one);
  };
  note();
  for (const { instant, added, removed } of admission.changes(from, Infinity)) {
    const before = cookies;
    const plans = live.apply({ added, removed }, instant);
    cookies = live.cookies();
    note();
    const steps = stepsOf(plans, paced.apply({ added, removed }), wanted);
    if (steps.size === 0) continue;
    const traffic = trafficChanges(removed, added, [], new Map());
    moments.push({ instant, steps, traffic, cookies: new Map([...before, ...cookies]) });
  }
  return { moments, diagnostics: [...faults.values()] };
}

/**
 * The meters and queues that follow changes. They hang on the rules that have a rate, and on those that lead flows past
 * other ports; so only these are lowered again, not the whole table.
 */
class PacedTable {
  readonly #live: LiveTable;
  #tables: ReadonlyMap<string, Table>;

  constructor(context: LowerContext, rules: readonly DerivedRule[]) {
    this.#live = new LiveTable(context);
    this.#live.load(rules.filter(paces));
    this.#tables = this.#live.tables();
  }

  apply(change: DerivedChange): ReadonlyMap<string, ResourceChanges> {
    const [added, removed] = [change.added.filter(paces), change.removed.filter(paces)];
    if (added.length + removed.length === 0) return new Map();
    const before = this.#tables;
    this.#live.apply({ added, removed });
    this.#tables = this.#live.tables();
    return resourceChanges(before, this.#tables);
  }
}

/** Whether a rule says how fast or which way, not only whether. */
const paces = ({ stage }: DerivedRule): boolean => stage !== "guard" && stage !== "admission";

/** Plans and resources side by side, by name of the switch; those that change, or only the one that is wanted. */
function stepsOf(
  plans: ReadonlyMap<string, Plan>,
  resources: ReadonlyMap<string, ResourceChanges>,
  wanted: string | undefined,
): ReadonlyMap<string, Step> {
  const names = [...new Set([...plans.keys(), ...resources.keys()])].sort();
  const chosen = names.filter((name) => (wanted ?? name) === name);
  const step = (name: string): Step => ({
    plan: plans.get(name) ?? { stages: [] },
    resources: resources.get(name) ?? unchanged,
  });
  return new Map(chosen.map((name) => [name, step(name)]));
}

/** Prints the timeline of a policy that is good. */
export function printTimeline(decided: Decided, { now, instants }: When, args: Arguments, io: Io): Exit {
  const from = instants[0]!;
  const { moments, diagnostics: faults } = follow(decided, from, args);
  const diagnostics = [...decided.diagnostics, ...faults];
  const good = !hasErrors(diagnostics);
  reportFaults(diagnostics, io);
  if (args.json || args.value("format") === "json") {
    const changes = moments.map(({ instant, steps, traffic, cookies }) => ({
      at: printInstant(instant),
      switches: [...steps].map(([name, { plan, resources }]) => ({
        switch: name,
        ...planJson(plan, cookies),
        ...resourceChangesJson(resources),
      })),
      traffic,
    }));
    printJson(io, { ok: good, at: printInstant(from), ...(good && { changes }), diagnostics: diagnostics.map(toJson) });
    return good ? exit.good : exitOf(diagnostics);
  }
  if (!good) return exitOf(diagnostics);
  const times = `after ${printInstant(from)} (--at ${printInstant(now)})`;
  io.out(`# the table changes ${moments.length === 0 ? "no more" : count(moments.length, "time")} ${times}\n`);
  for (const { instant, steps, cookies } of moments) {
    for (const [name, { plan, resources }] of steps) {
      const on = name === "" ? "" : `${name}: `;
      const head = `# ${printInstant(instant)} ${on}${planSummary(plan, resources)}`;
      io.out(`\n${head}\n${planText(plan, cookies, resources)}`);
    }
  }
  return exit.good;
}
