/** A plan as a value: the flow-mods that make one table into another. */
import type { Entry } from "../table/entry.ts";

/**
 * One flow-mod. `replace` keeps (table, priority, match) and changes instructions; `timeout` changes only when the
 * entry times out. Both are sent as an add, which overwrites the entry and restarts its timeout.
 */
export type FlowMod =
  | { readonly kind: "add"; readonly entry: Entry }
  | { readonly kind: "timeout"; readonly entry: Entry; readonly old: Entry }
  | { readonly kind: "replace"; readonly entry: Entry; readonly old: Entry }
  | { readonly kind: "delete"; readonly entry: Entry };

/** Flow-mods in a safe order. A switch with bundles gets them at once, others stage by stage with a barrier between. */
export interface Plan {
  readonly stages: readonly (readonly FlowMod[])[];
  /**
   * What the stages may drop for a while although both tables pass it: all traffic while a curtain stands, or some.
   * Absent: nothing. A bundle drops nothing, since no packet meets a stage of it.
   */
  readonly interrupts?: "everything" | "some";
}
