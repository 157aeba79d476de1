/** A plan → flow-mods, made one by one as they are sent. */
import type { Plan } from "../../compiler/diff/plan.ts";
import type { Entry } from "../../compiler/table/entry.ts";
import { fromStats, toFlowMod, type FlowMod, type FlowStats } from "../openflow/index.ts";

/** One flow-mod to send: about an entry of ours, or about a flow exactly as the switch reported it. */
export type Step =
  | { readonly command: "add" | "delete_strict"; readonly entry: Entry }
  | { readonly command: "add" | "delete_strict"; readonly flow: FlowStats };

/** Steps in the plan's stages. What must go and is no entry (`unsayable`) goes last. */
export function stepsOf(plan: Plan, unsayable: readonly FlowStats[]): readonly (readonly Step[])[] {
  const stages = plan.stages.map((mods) =>
    mods.map((mod): Step => ({ command: mod.kind === "delete" ? "delete_strict" : "add", entry: mod.entry })),
  );
  const last = unsayable.map((flow): Step => ({ command: "delete_strict", flow }));
  return [...stages, last].filter((stage) => stage.length > 0);
}

/** The flow-mod of a step. */
export function toMessage(step: Step, xid: number): FlowMod {
  return "entry" in step ? toFlowMod(step.command, step.entry, xid) : fromStats(step.command, step.flow, xid);
}
