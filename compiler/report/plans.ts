/** A plan, with the changes of the meters and queues around it → text for people and JSON for programs. */
import type { FlowMod, Plan } from "../plan/plan.ts";
import { isCurtain } from "../plan/order.ts";
import type { ResourceChanges } from "../plan/resources.ts";
import type { Entry } from "../table/entry.ts";
import { entryText } from "../table/text.ts";
import { commentText, entryJson, originText, type Cookies } from "./entries.ts";
import { resourceChangesJson, resourceSummary, resourceText, unchanged } from "./resources.ts";
import { count } from "../diagnostics/text.ts";

const SIGNS = { add: "+", replace: "~", timeout: "~", delete: "-" } as const;

/**
 * A plan line by line: `+` add, `~` replace or renew, `-` delete. Stages are in their safe order; the meters and queues
 * that they need come before, and those that are not needed any more after them.
 */
export function planText(plan: Plan, cookies: Cookies, resources: ResourceChanges = unchanged): string {
  const [before, after] = resourceText(resources);
  const lines = plan.stages.flat().map((mod) => {
    const origin = isCurtain(mod) ? commentText(CURTAIN_TEXT[mod.kind]) : originText(mod.entry, cookies);
    return `${SIGNS[mod.kind]} ${entryText(shownEntry(mod))}${origin}\n`;
  });
  return [before, interruptionText(plan), ...lines, after].join("");
}

const CURTAIN_TEXT: Partial<Readonly<Record<FlowMod["kind"], string>>> = {
  add: "curtain up: everything is dropped until it comes down; only where the switch has no bundles",
  replace: "curtain up, over what stands in its place, until all is there; only where the switch has no bundles",
  delete: "curtain down",
};

/** A comment line about traffic that stages may drop although both tables pass it; empty if there is none. */
function interruptionText({ interrupts }: Plan): string {
  if (interrupts === undefined) return "";
  const what = interrupts === "everything" ? "all traffic stops" : "some traffic that stays allowed may stop";
  return `# in one bundle nothing is interrupted; on a switch without bundles ${what} while this is sent\n`;
}

/** The entry of a flow-mod as it is shown. A deletion finds its entry without its timeouts, so it shows none. */
const shownEntry = ({ kind, entry }: FlowMod): Entry =>
  kind === "delete" ? { ...entry, hardTimeout: 0, idleTimeout: 0 } : entry;

/** The number of flow-mods of each kind, without the curtain, which stands only between stages. */
function planCounts(plan: Plan): Readonly<Record<FlowMod["kind"], number>> {
  const counts = { add: 0, replace: 0, timeout: 0, delete: 0 };
  for (const mod of plan.stages.flat()) if (!isCurtain(mod)) counts[mod.kind] += 1;
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
  interrupts: plan.interrupts ?? "nothing",
  stages: plan.stages.map((stage) =>
    stage.map((mod) => ({
      change: mod.kind,
      ...entryJson(shownEntry(mod), cookies),
      ...(isCurtain(mod) && { curtain: true }),
    })),
  ),
});

/** The plan of one switch for programs, with its meters and queues. */
export const switchPlanJson = (
  switchName: string,
  plan: Plan,
  resources: ResourceChanges,
  cookies: Cookies,
): object => ({ switch: switchName, ...planJson(plan, cookies), ...resourceChangesJson(resources) });
