/** The tables of a policy at an instant → text that ovs-ofctl takes, and JSON for programs. */
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { toJson } from "../diagnostics/render.ts";
import type { Lowered } from "../lowering/index.ts";
import { printInstant } from "../net/index.ts";
import type { Table } from "../table/entry.ts";
import { toOvs } from "../table/text.ts";
import { entryJson, legendText } from "./entries.ts";
import { resourcesJson } from "./resources.ts";
import { count, printable } from "../diagnostics/text.ts";
import { validUntilJson, validUntilText } from "./valid-until.ts";

/** In Unix seconds: the instant of the tables, and the policy's clock. */
interface Times {
  readonly instant: number;
  readonly now: number;
  readonly observe?: TrialRun;
}

/** A trial run of everything, or of these shares; false: none. */
export type TrialRun = boolean | readonly string[];

/** The first line of every output of a trial run. */
export function trialRunText(observe: TrialRun): string {
  if (observe === false) return "";
  if (observe === true) return "# TRIAL RUN (--observe): what shares and the default deny passes and is counted\n";
  const names = printable(observe.join(", "));
  return `# TRIAL RUN (--observe-share): what ${names} would decide is counted and takes no effect; all else is in force\n`;
}

/**
 * One table, one line an entry, highest priority first. Comments say when it holds, and the statements of its cookies.
 */
export function tableText(
  [switchName, table]: readonly [string, Table],
  { cookies, validUntil }: Lowered,
  { instant, now, observe = false }: Times,
): string {
  const of = switchName === "" ? "" : ` of ${printable(switchName)}`;
  const head = `# ${count(table.entries.length, "entry", "entries")}${of} at ${printInstant(instant)} (--at ${printInstant(now)})`;
  return `${trialRunText(observe)}${head}\n${validUntilText(validUntil)}${legendText(table, cookies)}${toOvs(table)}`;
}

/** The document of these tables for programs, by switch. */
export const tablesJson = (
  tables: Iterable<readonly [string, Table]>,
  { cookies, validUntil }: Lowered,
  { instant, observe = false }: Omit<Times, "now">,
  diagnostics: readonly Diagnostic[],
): object => ({
  ok: true,
  ...(observe !== false && { observe }),
  at: printInstant(instant),
  ...validUntilJson(validUntil),
  switches: Array.from(tables, ([switchName, table]) => ({
    switch: switchName,
    entries: table.entries.map((entry) => entryJson(entry, cookies)),
    ...resourcesJson(table),
  })),
  diagnostics: diagnostics.map(toJson),
});
