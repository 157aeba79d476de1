/** A plan → the changes to send, and each change → its flow-mod message, made only when it is sent. */
import { isInCurtainsPlace } from "../../compiler/plan/order.ts";
import type { FlowMod, Plan } from "../../compiler/plan/plan.ts";
import { isOurs } from "../../compiler/table/cookie.ts";
import { entryKey } from "../../compiler/table/match.ts";
import type { Entry } from "../../compiler/table/entry.ts";
import { keyOfRecord } from "./writers/times.ts";
import { fromStats, toFlowMod, type FlowModMessage, type FlowStats } from "../openflow/index.ts";

/** OFPFF_SEND_FLOW_REM and OFPFF_CHECK_OVERLAP (OpenFlow 1.3.5, section 7.3.4.1). */
const TOKEN_FLAGS = 1 | 2;

/** One flow-mod to send, for an entry of ours or for a flow exactly as the switch reported it. */
export type FlowChange =
  /**
   * `alone`: a token. The switch refuses it if another entry of its table and priority overlaps (CHECK_OVERLAP), and tells
   * those that listen when it is gone (SEND_FLOW_REM).
   */
  | { readonly command: "add"; readonly entry: Entry; readonly alone: true }
  /** `modify_strict` changes the instructions of an entry, and does nothing if the entry is not there. */
  | { readonly command: "add" | "modify_strict" | "delete_strict"; readonly entry: Entry }
  | { readonly command: "add" | "delete_strict"; readonly flow: FlowStats };

/** The flow-mods of a plan, for both methods of sending. */
export interface FlowChanges {
  /** For a bundle. No packet meets a state between, so only the net change is sent. */
  readonly atOnce: readonly FlowChange[];
  /** In the plan's stages, with a barrier after each. */
  readonly stages: readonly (readonly FlowChange[])[];
}

/** The net change of a plan, at most one mod for each entry. An entry that is added and deleted again is left out. */
export function netChange(plan: Pick<Plan, "stages">): readonly FlowMod[] {
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

/** The flow-mods of a plan. Flows that `Entry` cannot express (`inexpressible`) are deleted last. */
export function flowChangesOf(plan: Plan, inexpressible: readonly FlowStats[]): FlowChanges {
  const last = inexpressible.map((flow): FlowChange => ({ command: "delete_strict", flow }));
  const stages = [...plan.stages.map((mods) => mods.map(toFlowChange)), last].filter((stage) => stage.length > 0);
  return { atOnce: [...netChange(plan).map(toFlowChange), ...last], stages };
}

/** Whether an entry of others stands where a stage puts the curtain. One with our mark is the curtain of an earlier apply. */
export const lacksRoomForCurtain = ({ stages }: FlowChanges, flows: readonly FlowStats[]): boolean =>
  stages.flat().some((one) => "entry" in one && isInCurtainsPlace(one.entry)) &&
  flows.some((flow) => isInCurtainsPlace(flow) && !isOurs(flow.cookie));

/** The changes that turn the time records of a switch into the wanted ones. */
export function recordChanges(kept: readonly FlowStats[], wanted: readonly Entry[]): readonly FlowChange[] {
  const missing = new Map(wanted.map((entry) => [keyOfRecord(entry), entry]));
  const gone = kept.filter((flow) => !missing.delete(keyOfRecord(flow)));
  return [
    ...gone.map((flow): FlowChange => ({ command: "delete_strict", flow })),
    ...[...missing.values()].map((entry): FlowChange => ({ command: "add", entry })),
  ];
}

export function toFlowChange({ kind, entry }: FlowMod): FlowChange {
  return { command: kind === "delete" ? "delete_strict" : "add", entry };
}

/** A change as a message with this transaction id. */
export function toMessage(change: FlowChange, xid: number): FlowModMessage {
  if ("flow" in change) return fromStats(change.command, change.flow, xid);
  const mod = toFlowMod(change.command, change.entry, xid);
  return "alone" in change ? { ...mod, flags: TOKEN_FLAGS } : mod;
}
