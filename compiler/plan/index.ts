/**
 * table × table → plan, plan × table → table, the changes of meters and queues, and the plan for what a switch reports
 * with the foreign entries in it.
 */
export { applyPlan, diff, diffEntries, END_TOLERANCE, sameEnd, sameInstructions, type Clocks } from "./compare.ts";
export type { FlowMod, Plan } from "./plan.ts";
export { diffResources, type ResourceChange, type ResourceChanges } from "./resources.ts";
export { keepMeters } from "./keep-meters.ts";
export { reconcile, type Reconciliation } from "./reconcile.ts";
export { branchingIn } from "./next-tables.ts";
