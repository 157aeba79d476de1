/**
 * Grants that a removal of the same file takes away although they are written behind it, as one types them into a running
 * network: in a file removals follow all declarations (SEMANTICS, "Files").
 */
import { takenAway } from "../../diagnostics/codes/admission.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Statement } from "../../model/model.ts";
import type { Outcome } from "../../certificates/verdict.ts";
import type { World } from "../state/world.ts";

/** A warning for each; `outcomes` are of a whole file, in the order of its text, and the world is that behind it. */
export function noteTakenAway({ tree }: World, outcomes: readonly Outcome[]): readonly Diagnostic[] {
  const removals = new Map<string, Statement>();
  return outcomes.flatMap(({ statement, verdict }) => {
    const { demand, span } = statement;
    if (verdict.kind === "rejected") return [];
    if (demand.kind === "Revoke") removals.set(`${demand.user}\n${demand.share}`, statement);
    if (demand.kind === "RemoveUser") removals.set(demand.user, statement);
    if (demand.kind !== "Grant") return [];
    const { user, share } = demand;
    const removal = removals.get(`${user}\n${share}`) ?? removals.get(user);
    const after = tree.get(share);
    if (removal === undefined || after === undefined || after.open || after.speakers.has(user)) return [];
    const related = [{ span: removal.span, message: "this takes it away" }];
    return [takenAway({ user, share, kind: removal.demand.kind }, { span, related })];
  });
}
