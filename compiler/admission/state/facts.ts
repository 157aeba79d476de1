/**
 * The model as facts: what the admission rules of `policies/pane.fml` join. A statement becomes the facts of its
 * candidate; a share becomes the facts of what it holds.
 */
import type { Tuple } from "../../datalog/types.ts";
import type { BaseName, TermsOf } from "../../fml/vocabulary.ts";
import type { Query, Statement, StatedPrivileges } from "../../model/model.ts";
import { RIGHTS, boundsOf, holdsRight, statedBounds, statedRights } from "../../shares/privileges.ts";
import type { Share } from "../../shares/tree.ts";

/** A fact to insert or retract: relation and tuple. */
export type Fact = readonly [relation: string, tuple: Tuple];

/** The last instant there is: what `End` is in facts about requests that never end. */
export const FOREVER = Number.MAX_SAFE_INTEGER;

/** A fact of a base relation of ours, by its declaration. */
export type BaseFact = { [Name in BaseName]: readonly [relation: Name, tuple: TermsOf<Name>] }[BaseName];

/** The facts by which a statement is decided. A tick asks for nothing. */
export function candidateFacts(id: string, statement: Statement): BaseFact[] {
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
        ...(demand.cascade ? ([["cascading", [id]]] satisfies BaseFact[]) : []),
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
function queryFacts(id: string, speaker: string, asks: Query): BaseFact[] {
  if (asks.kind === "GetSchedule" || asks.kind === "Available") return [["inquiry", [id, speaker, asks.share]]];
  if (asks.kind === "ListRequests" && asks.share !== undefined) return [["listing", [id, speaker, asks.share]]];
  return [];
}

function statedFacts(id: string, stated: StatedPrivileges): BaseFact[] {
  return [
    ...statedRights(stated).map((right): BaseFact => ["states_right", [id, right]]),
    ...statedBounds(stated).map(([bound, n]): BaseFact => ["states_bound", [id, bound, n]]),
    ...(["waypoint", "avoid"] as const).flatMap((kind) =>
      (stated[kind] ?? []).map((node): BaseFact => ["states_node", [id, kind, node]]),
    ),
  ];
}

/** The facts of a share as it was made; its speakers come and go on their own. */
export function shareFacts(share: Share): BaseFact[] {
  const { name, privileges } = share;
  return [
    ["share", [name]],
    ["depth", [name, share.depth]],
    ...(share.parent ? ([["parent", [name, share.parent.name]]] satisfies BaseFact[]) : []),
    ...RIGHTS.filter((right) => holdsRight(privileges, right)).map((right): BaseFact => ["holds", [name, right]]),
    ...boundsOf(privileges, share.bucket).map(([bound, n]): BaseFact => ["bound", [name, bound, n]]),
    ...(["waypoint", "avoid"] as const).flatMap((kind): BaseFact[] => {
      const nodes = privileges[kind];
      return nodes === "all" ? [["every_node", [name, kind]]] : nodes.map((node) => ["node", [name, kind, node]]);
    }),
  ];
}
