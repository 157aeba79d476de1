/** table × table → plan, and plan × table → table; against what a switch reports, with what is foreign named. */
export { applyPlan, diff, diffEntries, sameInstructions } from "./compare.ts";
export type { FlowMod, Plan } from "./plan.ts";
export { reconcile, type Reconciliation } from "./reconcile.ts";
