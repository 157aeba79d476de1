/**
 * A decided policy → the tables that are there while it is in force, whether or not they decide anything at the moment.
 * A table's number follows from those before it: otherwise the first limit of the day and the last reservation would
 * each move all entries behind them.
 */
import type { Decided } from "../admission/decided.ts";
import type { Directory, Host } from "../model/model.ts";
import type { StageName } from "./pipeline/pipeline.ts";

/**
 * The tables that any statement of the policy needs at any time, past ones included, so that the time of compilation
 * does not matter. They are the first table for limits, that for reservations if ports can have queues, and that for what waypoints
 * forward as routers if hosts can be waypoints.
 */
export function keptTables({
  model,
  outcomes,
  rules,
}: Pick<Decided, "model" | "outcomes" | "rules">): readonly StageName[] {
  const { directory, past } = model;
  const actions = new Set<string>(past);
  // Of what has ended it is not known whether its waypoints were hosts.
  let isThroughHosts = past.has("waypoint") && mayRestore(directory);
  const add = (kind: string, nodes: readonly string[] | undefined): void => {
    actions.add(kind);
    isThroughHosts ||= kind === "waypoint" && nodes!.some((name) => isBox(directory.hosts.get(name)));
  };
  for (const { statement, verdict } of outcomes) {
    const { demand } = statement;
    if (verdict.kind !== "rejected" && demand.kind === "request") add(demand.action, demand.nodes);
  }
  for (const { rule, verdict } of rules)
    if (verdict.kind !== "rejected") add(rule.effect.kind, "nodes" in rule.effect ? rule.effect.nodes : undefined);
  return [
    ...(isThroughHosts ? (["Restore"] as const) : []),
    ...(actions.has("limit") ? (["Limit 1"] as const) : []),
    ...(actions.has("reserve") && directory.switches.size > 0 ? (["Reserve"] as const) : []),
  ];
}

/**
 * The tables of a running network that statements may need which are said to it. Restore is the first table, so the first waypoint
 * that is a host would give all others another number: between switches all packets would be dropped until the last switch has it
 * (`plan/pending-changes.ts`). Without links it is not kept: where it holds nothing, an entry of others in the place of its miss
 * would keep all packets from the tables behind.
 */
export const tablesToKeep = ({
  switches,
  links,
  hosts,
}: Pick<Directory, "switches" | "links" | "hosts">): readonly StageName[] => [
  ...(links.length > 0 && mayRestore({ hosts }) ? (["Restore"] as const) : []),
  "Limit 1",
  ...(switches.size > 0 ? (["Reserve"] as const) : []),
];

/** Whether some host may be a waypoint. */
const mayRestore = ({ hosts }: Pick<Directory, "hosts">): boolean => [...hosts.values()].some(isBox);

/** Whether a host may be one: it has a place and a MAC. */
const isBox = (host: Host | undefined): boolean => host?.at !== undefined && host.macs.length > 0;
