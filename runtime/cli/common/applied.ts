/** The result of applying a table → text for people and JSON for programs. */
import type { Diagnostic } from "#compiler/diagnostics/diagnostic.ts";
import { toJson } from "#compiler/diagnostics/render.ts";
import { entryJson } from "#compiler/report/entries.ts";
import { planJson, planText } from "#compiler/report/plans.ts";
import type { PolicyState } from "#compiler/report/policy-change.ts";
import { resourceChangesJson } from "#compiler/report/resources.ts";
import { count } from "#compiler/diagnostics/text.ts";
import { hasErrors } from "#compiler/diagnostics/diagnostic.ts";
import { validUntilJson, validUntilText } from "#compiler/report/valid-until.ts";
import type { Applied, ApplyResult, ChangeCounts, SwitchKnown } from "../../controller/index.ts";
import { append } from "#compiler/net/lists.ts";

type Sent = Pick<PolicyState, "cookies" | "validUntil">;

/** The state of the switch after a failure, or during an apply, in words. */
export function knownText({ state, entriesStand }: SwitchKnown): string {
  if (state === "unchanged") return "nothing was changed";
  if (entriesStand)
    return state === "changed"
      ? "none of its entries was changed, but meters or queues were"
      : "none of its entries was changed, and whether meters or queues were is not known";
  return state === "changed"
    ? "the switch was changed"
    : "the switch was deciding just then, and whether it changed is not known";
}

/** The words for traffic that stages may have dropped although both tables pass it. */
const STOPPED = {
  nothing: "",
  some: ", some traffic that stays allowed may have stopped meanwhile",
  everything: ", all traffic stopped meanwhile",
} as const;

/** One line with the numbers; for a dry run also the plan, a line a flow-mod. `target`: the address of the switch. */
export function appliedText(result: ApplyResult, target: string, { cookies, validUntil }: Sent): string {
  if (result.outcome === "failed") return `${target}: ${knownText(result)}\n`;
  const { added, replaced, renewed, deleted, unchanged, foreign, method, durations, plan } = result;
  const parts = [
    ...(result.secured ? [SECURED] : []),
    `${added} added`,
    `${replaced} replaced`,
    `${deleted} deleted`,
    `${unchanged} unchanged`,
  ];
  if (result.purged) parts.push("cached flows purged");
  if (renewed > 0) parts.push(`${count(renewed, "timeout")} renewed`);
  append(parts, [...changesText(result.meters, "meter"), ...changesText(result.queues, "queue")]);
  if (foreign.length > 0) {
    const fate = result.takenOver ? "removed" : result.plan.stages.length > 0 ? "seen" : "left alone";
    parts.push(`${count(foreign.length, "foreign entry", "foreign entries")} ${fate}`);
  }
  if (result.outcome === "planned")
    return `# ${target} would have: ${parts.join(", ")}\n${planText(plan, cookies, result.resources)}${validUntilText(validUntil)}`;
  const how = {
    bundle: "in one bundle",
    stages: `stage by stage${STOPPED[plan.interrupts ?? "nothing"]}`,
    nothing: isUntouched(result) ? "nothing to send" : "no entry to send",
  }[method];
  const took = `(${how}, ${Math.round(durations.total)} ms)`;
  if (result.superseded)
    return `${target}: it holds the table of another apply, which came after this one had made its changes: ${parts.join(", ")} ${took}\n`;
  return `${target}: ${parts.join(", ")} ${took}\n${validUntilText(validUntil)}`;
}

/**
 * Says which other switches the policy has: what enters there is decided there, by an apply of its own. Until all have the same policy
 * a broadcast may go round between them; what the others have is not known here.
 */
export function othersText(name: string, names: readonly string[]): string {
  const others = names.filter((other) => other !== name);
  if (others.length === 0) return "";
  const first = others.slice(0, 3).map((other) => `--as ${other}`);
  const more = others.length > first.length ? ` and ${others.length - first.length} more` : "";
  return `# ${name} is one of ${names.length} switches, and what enters at another is decided there: apply to it, too (${first.join(", ")}${more}); until all have this policy a broadcast may go round between them, see --help\n`;
}

/** Whether an apply had nothing to send, of entries as of meters and queues. */
export const isUntouched = ({ method, meters, queues }: Applied): boolean =>
  method === "nothing" && [meters, queues].every(({ added, changed, removed }) => added + changed + removed === 0);

const SECURED = "fail_mode=secure set first, which empties the tables";

/** `2 meters added`, and so on, for each kind of change. */
function changesText({ added, changed, removed }: ChangeCounts, what: string): string[] {
  const counts = Object.entries({ added, changed, removed }).filter(([, number]) => number > 0);
  return counts.map(([how, number]) => `${count(number, what)} ${how}`);
}

/** The document for programs. */
export function appliedJson(
  result: ApplyResult,
  target: string,
  diagnostics: readonly Diagnostic[],
  { cookies, validUntil }: Sent,
): object {
  const common = {
    outcome: result.outcome,
    switch: target,
    durations: result.durations,
    diagnostics: diagnostics.map(toJson),
  };
  if (result.outcome === "failed")
    return { ok: false, ...common, state: result.state, entriesStand: result.entriesStand };
  const { added, replaced, renewed, deleted, unchanged, meters, queues, foreign, method, plan } = result;
  return {
    ok: !hasErrors(result.diagnostics),
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
    ...(result.secured && { secured: true }),
    ...(result.purged && { purged: true }),
    ...(result.superseded && { superseded: true }),
    foreign: foreign.map(({ entry, flow }) =>
      entry === undefined ? { table: flow.table } : entryJson(entry, cookies),
    ),
    plan: { ...planJson(plan, cookies), ...resourceChangesJson(result.resources) },
  };
}
