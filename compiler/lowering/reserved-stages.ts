/**
 * A decided policy → the tables that are there while it is in force, whether or not they decide anything at the moment.
 * A table's number follows from those before it: otherwise the first limit of the day and the last reservation would
 * each move all entries behind them.
 */
import type { Decided } from "../admission/decided.ts";
import type { StageName } from "./pipeline/pipeline.ts";

/**
 * The tables that any statement of the policy needs at any time, past ones included, so that the time of compilation
 * does not matter. They are the first table for limits, and that for reservations if ports can have queues.
 */
export function keptTables({
  model,
  outcomes,
  rules,
}: Pick<Decided, "model" | "outcomes" | "rules">): readonly StageName[] {
  const actions = new Set<string>(model.past);
  for (const { statement, verdict } of outcomes) {
    const { demand } = statement;
    if (verdict.kind !== "rejected" && demand.kind === "request") actions.add(demand.action);
  }
  for (const { rule, verdict } of rules) if (verdict.kind !== "rejected") actions.add(rule.effect.kind);
  const limits = actions.has("limit") ? (["Limit 1"] as const) : [];
  return actions.has("reserve") && model.directory.switches.size > 0 ? [...limits, "Reserve"] : limits;
}
