/**
 * table × table → plan, and plan × table → table; meters and queues beside it; against what a switch reports, with what
 * is foreign named.
 */
export { applyPlan, diff, diffEntries, PUNCTUAL, sameEnd, sameInstructions, type Clocks } from "./compare.ts";
export type { FlowMod, Plan } from "./plan.ts";
export { diffResources, type ResourceChange, type ResourceChanges } from "./resources.ts";
export { reconcile, type Reconciliation } from "./reconcile.ts";
