/** Entries, plans and tables → text for people and JSON for programs; every line leads back to its statement. */
import type { FlowMod, Plan } from "#compiler/plan/plan.ts";
import type { ResourceChanges } from "#compiler/plan/resources.ts";
import type { Entry, Table } from "#compiler/table/entry.ts";
import { entryText, matchText } from "#compiler/table/text.ts";
import { resourceSummary, resourceText, unchanged } from "./resources.ts";
import { count } from "./text.ts";

/** Which statement a cookie stands for. */
export type Cookies = ReadonlyMap<bigint, string>;

const signs = { add: "+", replace: "~", timeout: "~", delete: "-" } as const;

const hex = (value: bigint): string => `0x${value.toString(16)}`;

/** The statement behind an entry, as a comment. */
const origin = (entry: Entry, cookies: Cookies): string => {
  const statement = cookies.get(entry.cookie);
  return statement === undefined ? "" : `    # ${statement.replaceAll(/\s+/g, " ")}`;
};

/**
 * A plan line by line: `+` add, `~` replace or renew, `-` delete; stages in the order in which they are safe, inside the changes
 * of the meters and queues that they need.
 */
export function planText(plan: Plan, cookies: Cookies, resources: ResourceChanges = unchanged): string {
  const [before, after] = resourceText(resources);
  const lines = plan.stages
    .flat()
    .map((mod) => `${signs[mod.kind]} ${entryText(told(mod))}${origin(mod.entry, cookies)}\n`);
  return [before, ...lines, after].join("");
}

/** What goes is found by where it stands: how long it was to stay is no part of the flow-mod. */
const gone = (entry: Entry): Entry => ({ ...entry, hardTimeout: 0, idleTimeout: 0 });
const told = ({ kind, entry }: FlowMod): Entry => (kind === "delete" ? gone(entry) : entry);

/** How many of each kind. */
export function planCounts(plan: Plan): Readonly<Record<FlowMod["kind"], number>> {
  const counts = { add: 0, replace: 0, timeout: 0, delete: 0 };
  for (const { kind } of plan.stages.flat()) counts[kind] += 1;
  return counts;
}

/** `2 entries to add, 1 to replace, none to delete, 1 meter to replace`. */
export function planSummary(plan: Plan, resources: ResourceChanges = unchanged): string {
  const { add, replace, timeout, delete: gone } = planCounts(plan);
  const around = resourceSummary(resources);
  const ends = timeout === 0 ? [] : [`${count(timeout, "timeout")} to renew`];
  if (add + replace + gone === 0) return [...ends, ...around].join(", ") || "nothing to change";
  const some = (n: number): string => (n === 0 ? "none" : String(n));
  const entries = `${count(add, "entry", "entries")} to add, ${some(replace)} to replace, ${some(gone)} to delete`;
  return [entries, ...ends, ...around].join(", ");
}

/** One entry for programs: the notation of ovs-ofctl beside its parts. */
export function entryJson(entry: Entry, cookies: Cookies): object {
  return {
    table: entry.table,
    priority: entry.priority,
    match: matchText(entry.match),
    cookie: hex(entry.cookie),
    ...(cookies.has(entry.cookie) && { statement: cookies.get(entry.cookie) }),
    ...(entry.hardTimeout > 0 && { hardTimeout: entry.hardTimeout }),
    ...(entry.idleTimeout > 0 && { idleTimeout: entry.idleTimeout }),
    ovs: entryText(entry),
  };
}

/** A table for programs. */
export const tableJson = (table: Table, cookies: Cookies): readonly object[] =>
  table.entries.map((entry) => entryJson(entry, cookies));

/** A plan for programs: the flow-mods of each stage. */
export const planJson = (plan: Plan, cookies: Cookies): object => ({
  ...planCounts(plan),
  stages: plan.stages.map((stage) => stage.map((mod) => ({ change: mod.kind, ...entryJson(told(mod), cookies) }))),
});
