/** A decided policy → every instant at which its table changes, with what changes: the timeline of `compile --timeline`. */
import type { Decided } from "#compiler/compile.ts";
import { toJson } from "#compiler/diagnostics/render.ts";
import type { Diagnostic } from "#compiler/diagnostics/diagnostic.ts";
import type { Plan } from "#compiler/diff/plan.ts";
import { keptTables } from "#compiler/keep.ts";
import { printInstant } from "#compiler/net/index.ts";
import { LiveTable, type TargetName } from "#compiler/table/index.ts";
import type { Arguments } from "./command.ts";
import { planJson, planSummary, planText, type Cookies } from "./entries.ts";
import { exit, type Exit, type Io } from "./io.ts";
import { chooseTable, spansOf, type When } from "./policy.ts";
import { exitOf, hasErrors, printJson, reportFaults } from "./report.ts";
import { trafficChanges, type Change } from "./traffic.ts";
import { count } from "./words.ts";

/** One instant at which a table changes. */
interface Moment {
  readonly instant: number;
  /** By name of the switch; those that change. */
  readonly plans: ReadonlyMap<string, Plan>;
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
  const live = new LiveTable({
    directory: model.directory,
    defaults: model.defaults,
    target: (args.value("target") ?? "ovs") as TargetName,
    keep: keptTables(decided),
    now: from,
    observe: args.flag("observe"),
    spanOf: (statement) => spans.get(statement),
  });
  live.load(admission.active(from));
  if (wanted !== undefined) chooseTable(live.tables(from), wanted);
  const faults = new Map<string, Diagnostic>();
  const moments: Moment[] = [];
  let cookies: Cookies = live.cookies();
  const note = (): void => {
    for (const one of live.diagnostics()) faults.set(`${one.code} ${one.message} ${one.span?.start}`, one);
  };
  note();
  for (const { instant, added, removed } of admission.changes(from, Infinity)) {
    const before = cookies;
    const plans = new Map([...live.apply({ added, removed }, instant)].filter(([name]) => (wanted ?? name) === name));
    cookies = live.cookies();
    note();
    if (plans.size === 0) continue;
    const traffic = trafficChanges(removed, added, [], new Map());
    moments.push({ instant, plans, traffic, cookies: new Map([...before, ...cookies]) });
  }
  return { moments, diagnostics: [...faults.values()] };
}

/** Prints the timeline of a policy that is good. */
export function printTimeline(decided: Decided, { now, instants }: When, args: Arguments, io: Io): Exit {
  const from = instants[0]!;
  const { moments, diagnostics: faults } = follow(decided, from, args);
  const diagnostics = [...decided.diagnostics, ...faults];
  const good = !hasErrors(diagnostics);
  reportFaults(diagnostics, io);
  if (args.json || args.value("format") === "json") {
    const changes = moments.map(({ instant, plans, traffic, cookies }) => ({
      at: printInstant(instant),
      switches: [...plans].map(([name, plan]) => ({ switch: name, ...planJson(plan, cookies) })),
      traffic,
    }));
    printJson(io, { ok: good, at: printInstant(from), ...(good && { changes }), diagnostics: diagnostics.map(toJson) });
    return good ? exit.good : exitOf(diagnostics);
  }
  if (!good) return exitOf(diagnostics);
  const times = `after ${printInstant(from)} (--at ${printInstant(now)})`;
  io.out(`# the table changes ${moments.length === 0 ? "no more" : count(moments.length, "time")} ${times}\n`);
  for (const { instant, plans, cookies } of moments) {
    for (const [name, plan] of plans) {
      const on = name === "" ? "" : `${name}: `;
      io.out(`\n# ${printInstant(instant)} ${on}${planSummary(plan)}\n${planText(plan, cookies)}`);
    }
  }
  return exit.good;
}
