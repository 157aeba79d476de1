/** What to send to make one table into another. */
import type { Entry } from "../table/entry.ts";

/**
 * One flow-mod. `replace` keeps (table, priority, match) and changes instructions, `timeout` changes only when the
 * entry leaves by itself; both are sent as an add that overwrites and begins the entry's time anew.
 */
export type FlowMod =
  | { readonly kind: "add"; readonly entry: Entry }
  | { readonly kind: "timeout"; readonly entry: Entry; readonly old: Entry }
  | { readonly kind: "replace"; readonly entry: Entry; readonly old: Entry }
  | { readonly kind: "delete"; readonly entry: Entry };

/** Flow-mods in a safe order: in a switch with bundles all at once, elsewhere stage by stage with a barrier between. */
export interface Plan {
  readonly stages: readonly (readonly FlowMod[])[];
  /**
   * What the stages may drop on the way although both tables let it on: all traffic while a curtain stands, or some.
   * In a bundle nothing is dropped, as no stage is seen.
   */
  readonly interrupts?: "everything" | "some";
}
