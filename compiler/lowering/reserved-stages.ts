/**
 * A decided policy → the tables that are there whenever it is in force, whether or not they decide anything just then.
 * A table's number follows from those before it: without this, the first limit of the day and the last reservation
 * would each move all entries behind them.
 */
import type { Decided } from "../admission/decided.ts";
import type { StageName } from "./pipeline/pipeline.ts";

/**
 * The tables that anything of the policy needs at any time, what has ended included: when it is read does not matter. Of
 * the tables for limits only the first; that for reservations where there are ports to put queues on.
 */
export function keptTables({
  model,
  outcomes,
  rules,
}: Pick<Decided, "model" | "outcomes" | "rules">): readonly StageName[] {
  const said = new Set<string>(model.past);
  for (const { statement, verdict } of outcomes) {
    const { demand } = statement;
    if (verdict.kind !== "rejected" && demand.kind === "request") said.add(demand.action);
  }
  for (const { rule, verdict } of rules) if (verdict.kind !== "rejected") said.add(rule.effect.kind);
  const limits = said.has("limit") ? (["Limit 1"] as const) : [];
  return said.has("reserve") && model.directory.switches.size > 0 ? [...limits, "Reserve"] : limits;
}
