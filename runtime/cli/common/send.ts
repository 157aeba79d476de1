/** A compiled table onto a switch, and what came of it in words: shared by `apply` and by `plan --switch`. */
import { portRatesOf } from "#compiler/paths/port-rates.ts";
import { toJson } from "#compiler/diagnostics/render.ts";
import type { Diagnostic } from "#compiler/diagnostics/diagnostic.ts";
import { ofSwitch } from "#compiler/lookup/switch.ts";
import { hasErrors } from "#compiler/report/diagnostics.ts";
import { entryJson } from "#compiler/report/entries.ts";
import { planJson, planText } from "#compiler/report/plans.ts";
import type { PolicyState } from "#compiler/report/policy-change.ts";
import { resourceChangesJson } from "#compiler/report/resources.ts";
import { spansOf } from "#compiler/admission/decided.ts";
import { count } from "#compiler/report/text.ts";
import { validUntilJson, validUntilText } from "#compiler/report/valid-until.ts";
import {
  apply,
  type ApplyOptions,
  type ApplyResult,
  type ChangeCounts,
  type Statement,
} from "../../controller/index.ts";
import type { Arguments } from "./command.ts";
import { exit, type Exit, type Io } from "./io.ts";
import { printJson, reportFaults, valueOf } from "./output.ts";
import { progress } from "./terminal.ts";

/** What was compiled. */
type Compiled = Omit<PolicyState, "rules">;

/** Sends the table (or only says what would be sent) and reports. */
export async function applyTable(compiled: Compiled, options: ApplyOptions, args: Arguments, io: Io): Promise<Exit> {
  const target = args.value("switch")!;
  const [name, table] = valueOf(ofSwitch(compiled.tables, args.value("as")), io);
  const spans = compiled.decided === undefined ? undefined : spansOf(compiled.decided);
  const statements = new Map(
    [...compiled.cookies].map(([cookie, name]): [bigint, Statement] => {
      const span = spans?.get(name);
      return [cookie, { name, ...(span && { span }) }];
    }),
  );
  const done = progress(io, `talking to ${target}`);
  const directory = compiled.decided?.model.directory;
  const known = directory && { rates: portRatesOf(directory, name), intended: { name, switches: directory.switches } };
  const result = await apply(target, table, { ...options, statements, ...known });
  done();
  const diagnostics = [...compiled.diagnostics, ...result.diagnostics];
  reportFaults(diagnostics, io);
  // Files are one statement of what holds: what stands only in a running server's memory is not met here.
  const evict = args.flag("evict") && result.outcome !== "failed";
  if (args.json) printJson(io, { ...json(result, target, diagnostics, compiled), ...(evict && { evicted: [] }) });
  else io.out(text(result, target, compiled) + (evict ? "# there are no live requests here: none was evicted\n" : ""));
  if (result.outcome !== "failed" && !hasErrors(result.diagnostics)) return exit.good;
  return exit.world;
}

const states = {
  unchanged: "nothing was changed",
  changed: "the switch was changed",
  unknown: "the connection broke while the switch was deciding: whether it changed is not known",
} as const;

function text(result: ApplyResult, target: string, { cookies, validUntil }: Compiled): string {
  if (result.outcome === "failed") return `${target}: ${states[result.state]}\n`;
  const { added, replaced, renewed, deleted, unchanged, foreign, method, durations, plan } = result;
  const parts = [`${added} added`, `${replaced} replaced`, `${deleted} deleted`, `${unchanged} unchanged`];
  if (renewed > 0) parts.push(`${count(renewed, "timeout")} renewed`);
  parts.push(...around(result.meters, "meter"), ...around(result.queues, "queue"));
  if (foreign.length > 0)
    parts.push(
      `${count(foreign.length, "foreign entry", "foreign entries")} ${result.plan.stages.length > 0 ? "seen" : "left alone"}`,
    );
  if (result.outcome === "planned")
    return `# ${target} would have: ${parts.join(", ")}\n${planText(plan, cookies, result.resources)}${validUntilText(validUntil)}`;
  const how = { bundle: "in one bundle", stages: "stage by stage", nothing: "nothing to send" }[method];
  return `${target}: ${parts.join(", ")} (${how}, ${Math.round(durations.total)} ms)\n${validUntilText(validUntil)}`;
}

/** `2 meters added`, and so on, where there is something to say. */
function around({ added, changed, removed }: ChangeCounts, what: string): string[] {
  const said = Object.entries({ added, changed, removed }).filter(([, number]) => number > 0);
  return said.map(([how, number]) => `${count(number, what)} ${how}`);
}

function json(
  result: ApplyResult,
  target: string,
  diagnostics: readonly Diagnostic[],
  { cookies, validUntil }: Compiled,
): object {
  const common = {
    outcome: result.outcome,
    switch: target,
    durations: result.durations,
    diagnostics: diagnostics.map(toJson),
  };
  if (result.outcome === "failed") return { ok: false, ...common, state: result.state };
  const { added, replaced, renewed, deleted, unchanged, meters, queues, foreign, method, plan } = result;
  return {
    ok: true,
    ...common,
    ...validUntilJson(validUntil),
    added,
    replaced,
    renewed,
    deleted,
    unchanged,
    meters,
    queues,
    method,
    foreign: foreign.map(({ entry, flow }) =>
      entry === undefined ? { table: flow.table } : entryJson(entry, cookies),
    ),
    plan: { ...planJson(plan, cookies), ...resourceChangesJson(result.resources) },
  };
}
