/** A decided policy → every instant at which its table changes, with what changes: the timeline of `compile --timeline`. */
import { spansOf, type Decided } from "#compiler/admission/decided.ts";
import { toJson } from "#compiler/diagnostics/render.ts";
import type { Diagnostic } from "#compiler/diagnostics/diagnostic.ts";
import type { Plan } from "#compiler/plan/plan.ts";
import type { ResourceChanges } from "#compiler/plan/resources.ts";
import { keptTables } from "#compiler/lowering/reserved-stages.ts";
import { LastingChanges } from "#compiler/lowering/timeouts.ts";
import { printInstant } from "#compiler/net/index.ts";
import { cookieOf, LiveTable, type LowerContext, type TargetName } from "#compiler/lowering/index.ts";
import type { Arguments } from "./command.ts";
import { planJson, planSummary, planText, type Cookies } from "../../../compiler/report/entries.ts";
import { exit, type Exit, type Io } from "./io.ts";
import { chooseTable, type When } from "./policy.ts";
import { exitOf, hasErrors, printJson, reportFaults } from "./report.ts";
import { resourceChangesJson, unchanged } from "../../../compiler/report/resources.ts";
import { trafficChanges, type Change } from "../../../compiler/report/impact.ts";
import { count } from "../../../compiler/report/text.ts";

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
}

interface Timeline {
  readonly moments: readonly Moment[];
  /** Which statement a cookie stands for, of all that ever stands. */
  readonly cookies: Cookies;
  /** Faults of any of the tables; each once. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Which tables are asked for. */
interface Wish {
  readonly target: TargetName;
  /** Only this switch's; undefined: all. */
  readonly wanted?: string | undefined;
  /** With entries that count what is denied. */
  readonly observe?: boolean;
}

/** Follows the table from an instant on, as long as anything changes. Each change costs what it changes. */
export function follow(decided: Decided, from: number, { target, wanted, observe = false }: Wish): Timeline {
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
  const live = new LiveTable(context);
  live.load(ends.rules);
  if (wanted !== undefined) chooseTable(live.tables(from), wanted);
  // From here on only what changes.
  live.resources();
  const faults = new Map<string, Diagnostic>();
  const moments: Moment[] = [];
  const cookies = new Map(live.cookies());
  const note = (): void => {
    for (const one of live.diagnostics()) faults.set(`${one.code} ${one.message} ${one.span?.start}`, one);
  };
  note();
  for (const { instant, added, removed } of admission.derived.changes(from, Infinity)) {
    const plans = live.apply(ends.move(instant, { added, removed }), instant);
    for (const { statement } of added) cookies.set(cookieOf(statement), statement);
    // A table that was not there has entries of its own.
    if (!isKnown(plans, cookies)) for (const [cookie, statement] of live.cookies()) cookies.set(cookie, statement);
    note();
    const steps = stepsOf(plans, live.resources(), wanted);
    if (steps.size === 0) continue;
    moments.push({ instant, steps, traffic: trafficChanges(removed, added, [], new Map()) });
  }
  return { moments, cookies, diagnostics: [...faults.values()] };
}

/** Whether it is known whose all entries of these plans are. */
const isKnown = (plans: ReadonlyMap<string, Plan>, cookies: Cookies): boolean =>
  [...plans.values()].every(({ stages }) =>
    stages.every((mods) => mods.every(({ entry }) => cookies.has(entry.cookie))),
  );

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
  const target = (args.value("target") ?? "ovs") as TargetName;
  const wish = { target, wanted: args.value("switch"), observe: args.flag("observe") };
  const { moments, cookies, diagnostics: faults } = follow(decided, from, wish);
  const diagnostics = [...decided.diagnostics, ...faults];
  const good = !hasErrors(diagnostics);
  reportFaults(diagnostics, io);
  if (args.json || args.value("format") === "json") {
    const changes = moments.map(({ instant, steps, traffic }) => ({
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
  for (const { instant, steps } of moments) {
    for (const [name, { plan, resources }] of steps) {
      const on = name === "" ? "" : `${name}: `;
      const head = `# ${printInstant(instant)} ${on}${planSummary(plan, resources)}`;
      io.out(`\n${head}\n${planText(plan, cookies, resources)}`);
    }
  }
  return exit.good;
}
