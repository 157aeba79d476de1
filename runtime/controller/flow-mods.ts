/** A plan → flow-mods, made one by one as they are sent. */
import type { FlowMod as PlannedMod, Plan } from "../../compiler/plan/plan.ts";
import { entryKey } from "../../compiler/table/match.ts";
import type { Entry } from "../../compiler/table/entry.ts";
import { fromStats, toFlowMod, type FlowMod, type FlowStats } from "../openflow/index.ts";

/** One flow-mod to send: about an entry of ours, or about a flow exactly as the switch reported it. */
export type Step =
  | { readonly command: "add" | "delete_strict"; readonly entry: Entry }
  | { readonly command: "add" | "delete_strict"; readonly flow: FlowStats };

/** The same change in two forms. */
export interface Steps {
  /** For one transaction: nobody sees what is there on the way, so only what it comes to is sent. */
  readonly atOnce: readonly Step[];
  /** In the plan's stages, for a barrier after each. */
  readonly stages: readonly (readonly Step[])[];
}

/** What a plan comes to, at most one mod for each entry: additions that are taken back are left out. */
export function net(plan: Plan): readonly PlannedMod[] {
  const all = plan.stages.flat();
  // Only an entry that is also replaced or deleted can occur twice.
  if (all.every(({ kind }) => kind === "add")) return all;
  const mods = new Map<string, PlannedMod>();
  for (const mod of all) {
    const key = entryKey(mod.entry);
    const earlier = mods.get(key);
    if (earlier?.kind === "add" && mod.kind === "delete") mods.delete(key);
    else if (earlier?.kind === "add") mods.set(key, { kind: "add", entry: mod.entry });
    else mods.set(key, mod);
  }
  return [...mods.values()];
}

/** The steps of a plan. What must go and is no entry (`unsayable`) goes last. */
export function stepsOf(plan: Plan, unsayable: readonly FlowStats[]): Steps {
  const last = unsayable.map((flow): Step => ({ command: "delete_strict", flow }));
  const stages = [...plan.stages.map((mods) => mods.map(toStep)), last].filter((stage) => stage.length > 0);
  return { atOnce: [...net(plan).map(toStep), ...last], stages };
}

function toStep({ kind, entry }: PlannedMod): Step {
  return { command: kind === "delete" ? "delete_strict" : "add", entry };
}

/** The flow-mod of a step. */
export function toMessage(step: Step, xid: number): FlowMod {
  return "entry" in step ? toFlowMod(step.command, step.entry, xid) : fromStats(step.command, step.flow, xid);
}
