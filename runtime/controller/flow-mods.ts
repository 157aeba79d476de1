/** A plan → flow-mods, made one by one as they are sent. */
import type { FlowMod, Plan } from "../../compiler/plan/plan.ts";
import { entryKey } from "../../compiler/table/match.ts";
import type { Entry } from "../../compiler/table/entry.ts";
import { fromStats, toFlowMod, type FlowModMessage, type FlowStats } from "../openflow/index.ts";

/** One flow-mod to send: for an entry of ours, or for a flow exactly as the switch reported it. */
export type FlowChange =
  | { readonly command: "add" | "delete_strict"; readonly entry: Entry }
  | { readonly command: "add" | "delete_strict"; readonly flow: FlowStats };

/** The flow-mods of a plan, for both methods of sending. */
export interface FlowChanges {
  /** For one transaction: states in between are not visible, so only the net change is sent. */
  readonly atOnce: readonly FlowChange[];
  /** In the plan's stages, for a barrier after each. */
  readonly stages: readonly (readonly FlowChange[])[];
}

/** The net change of a plan, at most one mod for each entry: additions that are taken back are left out. */
export function netChange(plan: Plan): readonly FlowMod[] {
  const all = plan.stages.flat();
  // Only an entry that is also replaced or deleted can occur twice.
  if (all.every(({ kind }) => kind === "add")) return all;
  const mods = new Map<string, FlowMod>();
  for (const mod of all) {
    const key = entryKey(mod.entry);
    const earlier = mods.get(key);
    if (earlier?.kind === "add" && mod.kind === "delete") mods.delete(key);
    else if (earlier?.kind === "add") mods.set(key, { kind: "add", entry: mod.entry });
    else mods.set(key, mod);
  }
  return [...mods.values()];
}

/** The flow-mods of a plan. Flows that must go and are no entries (`inexpressible`) go last. */
export function flowChangesOf(plan: Plan, inexpressible: readonly FlowStats[]): FlowChanges {
  const last = inexpressible.map((flow): FlowChange => ({ command: "delete_strict", flow }));
  const stages = [...plan.stages.map((mods) => mods.map(toFlowChange)), last].filter((stage) => stage.length > 0);
  return { atOnce: [...netChange(plan).map(toFlowChange), ...last], stages };
}

function toFlowChange({ kind, entry }: FlowMod): FlowChange {
  return { command: kind === "delete" ? "delete_strict" : "add", entry };
}

/** A change as a message. */
export function toMessage(change: FlowChange, xid: number): FlowModMessage {
  return "entry" in change ? toFlowMod(change.command, change.entry, xid) : fromStats(change.command, change.flow, xid);
}
