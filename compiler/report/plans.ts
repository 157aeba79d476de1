/** A plan, with the changes of the meters and queues around it → text for people and JSON for programs. */
import type { FlowMod, Plan } from "../plan/plan.ts";
import type { ResourceChanges } from "../plan/resources.ts";
import type { Entry } from "../table/entry.ts";
import { entryText } from "../table/text.ts";
import { entryJson, originText, type Cookies } from "./entries.ts";
import { resourceChangesJson, resourceSummary, resourceText, unchanged } from "./resources.ts";
import { count } from "../diagnostics/text.ts";

const SIGNS = { add: "+", replace: "~", timeout: "~", delete: "-" } as const;

/**
 * A plan line by line: `+` add, `~` replace or renew, `-` delete; stages in the order in which they are safe, inside the
 * changes of the meters and queues that they need.
 */
export function planText(plan: Plan, cookies: Cookies, resources: ResourceChanges = unchanged): string {
  const [before, after] = resourceText(resources);
  const lines = plan.stages
    .flat()
    .map((mod) => `${SIGNS[mod.kind]} ${entryText(shownEntry(mod))}${originText(mod.entry, cookies)}\n`);
  return [before, ...lines, after].join("");
}

/** The entry of a flow-mod as it is shown. A deletion finds its entry by the match alone, so it shows no timeouts. */
const shownEntry = ({ kind, entry }: FlowMod): Entry =>
  kind === "delete" ? { ...entry, hardTimeout: 0, idleTimeout: 0 } : entry;

/** How many flow-mods there are of each kind. */
function planCounts(plan: Plan): Readonly<Record<FlowMod["kind"], number>> {
  const counts = { add: 0, replace: 0, timeout: 0, delete: 0 };
  for (const { kind } of plan.stages.flat()) counts[kind] += 1;
  return counts;
}

/** `2 entries to add, 1 to replace, none to delete, 1 meter to replace`. */
export function planSummary(plan: Plan, resources: ResourceChanges = unchanged): string {
  const { add, replace, timeout, delete: gone } = planCounts(plan);
  const around = resourceSummary(resources);
  const timeouts = timeout === 0 ? [] : [`${count(timeout, "timeout")} to renew`];
  if (add + replace + gone === 0) return [...timeouts, ...around].join(", ") || "nothing to change";
  const some = (n: number): string => (n === 0 ? "none" : String(n));
  const entries = `${count(add, "entry", "entries")} to add, ${some(replace)} to replace, ${some(gone)} to delete`;
  return [entries, ...timeouts, ...around].join(", ");
}

/** The flow-mods of each stage for programs. */
export const planJson = (plan: Plan, cookies: Cookies): object => ({
  ...planCounts(plan),
  stages: plan.stages.map((stage) =>
    stage.map((mod) => ({ change: mod.kind, ...entryJson(shownEntry(mod), cookies) })),
  ),
});

/** The plan of one switch for programs, with its meters and queues. */
export const switchPlanJson = (
  switchName: string,
  plan: Plan,
  resources: ResourceChanges,
  cookies: Cookies,
): object => ({ switch: switchName, ...planJson(plan, cookies), ...resourceChangesJson(resources) });
