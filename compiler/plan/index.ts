/**
 * table × table → plan, and plan × table → table; the changes of meters and queues; and a plan against what a switch
 * reports, with the foreign entries named.
 */
export { applyPlan, diff, diffEntries, PUNCTUAL, sameEnd, sameInstructions, type Clocks } from "./compare.ts";
export type { FlowMod, Plan } from "./plan.ts";
export { diffResources, type ResourceChange, type ResourceChanges } from "./resources.ts";
export { keepMeters } from "./keep-meters.ts";
export { reconcile, type Reconciliation } from "./reconcile.ts";
export { partingIn } from "./ways.ts";
