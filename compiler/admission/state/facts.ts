/**
 * The model as facts: what the admission rules of `policies/pane.fml` join. A statement becomes the facts of its
 * candidate; a share becomes the facts of what it holds.
 */
import type { Constant, Tuple } from "../../datalog/types.ts";
import type { Query, Statement, StatedPrivileges } from "../../model/model.ts";
import { RIGHTS, boundsOf, holds, statedBounds, statedRights } from "../../shares/privileges.ts";
import type { Share } from "../../shares/tree.ts";

/** A fact to insert or retract: relation and tuple. */
export type Fact = readonly [relation: string, tuple: Tuple];

/** The last instant there is: what `End` is in facts about requests that never end. */
export const FOREVER = Number.MAX_SAFE_INTEGER;

/** Base relations of the state and of the candidate, with their arities; `policies/README.md` tells what they mean. */
export const BASE_RELATIONS: Readonly<Record<string, number>> = {
  // the state
  user: 1,
  added: 1,
  share: 1,
  parent: 2,
  depth: 2,
  speaker: 2,
  everybody: 1,
  holds: 2,
  bound: 3,
  node: 3,
  every_node: 2,
  accepted: 4,
  // the candidate
  add_user: 3,
  remove_user: 3,
  new_share: 4,
  states_right: 2,
  states_bound: 3,
  states_node: 3,
  remove_share: 3,
  cascading: 1,
  grant: 4,
  grant_default: 3,
  revoke: 4,
  request: 4,
  cancel: 3,
  inquiry: 3,
  listing: 3,
  policy_rule: 4,
  pass_rule: 3,
  guard_rule: 3,
  exhausted: 1,
  // what is in force at the instant of the table
  stands: 4,
  runs: 4,
  guards: 3,
  levels: 2,
};

/** The facts by which a statement is decided. A tick asks for nothing. */
export function candidateFacts(id: string, statement: Statement): Fact[] {
  const { demand, speaker } = statement;
  switch (demand.kind) {
    case "AddUser":
      return [["add_user", [id, speaker, demand.user]]];
    case "RemoveUser":
      return [["remove_user", [id, speaker, demand.user]]];
    case "NewShare":
      return [["new_share", [id, speaker, demand.share, demand.parent]], ...statedFacts(id, demand.privileges)];
    case "RemoveShare":
      return [
        ["remove_share", [id, speaker, demand.share]],
        ...(demand.cascade ? ([["cascading", [id]]] satisfies Fact[]) : []),
      ];
    case "Grant":
      return [["grant", [id, speaker, demand.share, demand.user]]];
    case "GrantDefault":
      return [["grant_default", [id, speaker, demand.share]]];
    case "Revoke":
      return [["revoke", [id, speaker, demand.share, demand.user]]];
    case "request":
      return [["request", [id, speaker, demand.action, demand.share]]];
    case "Cancel":
      return [["cancel", [id, speaker, demand.request]]];
    case "query":
      return queryFacts(id, speaker, demand.asks);
    case "Tick":
      return [];
  }
}

/** Only speakers of a share may ask what is reserved in it; the lists are open to all users. */
function queryFacts(id: string, speaker: string, asks: Query): Fact[] {
  if (asks.kind === "GetSchedule" || asks.kind === "Available") return [["inquiry", [id, speaker, asks.share]]];
  if (asks.kind === "ListRequests" && asks.share !== undefined) return [["listing", [id, speaker, asks.share]]];
  return [];
}

function statedFacts(id: string, stated: StatedPrivileges): Fact[] {
  return [
    ...statedRights(stated).map((right): Fact => ["states_right", [id, right]]),
    ...statedBounds(stated).map(([bound, n]): Fact => ["states_bound", [id, bound, n]]),
    ...(["waypoint", "avoid"] as const).flatMap((kind) =>
      (stated[kind] ?? []).map((node): Fact => ["states_node", [id, kind, node]]),
    ),
  ];
}

/** The facts of a share as it was made; its speakers come and go on their own. */
export function shareFacts(share: Share): Fact[] {
  const { name, privileges } = share;
  const fact = (relation: string, ...tuple: Constant[]): Fact => [relation, tuple];
  return [
    fact("share", name),
    fact("depth", name, share.depth),
    ...(share.parent ? [fact("parent", name, share.parent.name)] : []),
    ...RIGHTS.filter((right) => holds(privileges, right)).map((right) => fact("holds", name, right)),
    ...boundsOf(privileges, share.bucket).map(([bound, n]) => fact("bound", name, bound, n)),
    ...(["waypoint", "avoid"] as const).flatMap((kind) => {
      const nodes = privileges[kind];
      return nodes === "all" ? [fact("every_node", name, kind)] : nodes.map((node) => fact("node", name, kind, node));
    }),
  ];
}
