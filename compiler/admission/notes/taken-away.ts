/**
 * Grants and shares that a removal of the same file takes away although they are written behind it, as one types them into a
 * running network: in a file removals follow all declarations (SEMANTICS, "Files").
 */
import { takenAway } from "../../diagnostics/codes/admission.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Statement } from "../../model/model.ts";
import type { Outcome } from "../../certificates/verdict.ts";
import type { World } from "../state/world.ts";

/**
 * The outcomes of a whole file, in the order of its text: who does not speak for a share since a removal before it is
 * told of that, as no Grant of the file gives the right back.
 */
export function sinceRemovals(outcomes: readonly Outcome[]): readonly Outcome[] {
  const revoked = new Set<string>();
  const removed = new Set<string>();
  return outcomes.map((outcome) => {
    const { statement, verdict } = outcome;
    const { demand, speaker } = statement;
    if (verdict.kind !== "rejected") {
      if (demand.kind === "Revoke") revoked.add(`${demand.user}\n${demand.share}`);
      if (demand.kind === "RemoveUser") removed.add(demand.user);
      return outcome;
    }
    const { certificate } = verdict;
    if (certificate.code !== "not-a-speaker" && certificate.code !== "may-not-cancel") return outcome;
    const isRevoked = certificate.chain.some((share) => revoked.has(`${speaker}\n${share}`));
    const kind = isRevoked ? "Revoke" : removed.has(speaker) ? "RemoveUser" : undefined;
    if (kind === undefined) return outcome;
    const known = `a \`${kind}\` before it takes the right away, and no Grant of this file gives it back: take out the one that is not meant`;
    return { statement, verdict: { ...verdict, certificate: { ...certificate, known } } };
  });
}

/** A warning for each; `outcomes` are of a whole file, in the order of its text, and the world is that behind it. */
export function noteTakenAway({ tree }: World, outcomes: readonly Outcome[]): readonly Diagnostic[] {
  const removals = new Map<string, Statement>();
  return outcomes.flatMap(({ statement, verdict }) => {
    const { demand, span } = statement;
    // Of a share that is made again its refusal says that no removal makes room for it.
    if (verdict.kind === "rejected") return [];
    if (demand.kind === "Revoke") removals.set(`Revoke ${demand.user}\n${demand.share}`, statement);
    if (demand.kind === "RemoveUser") removals.set(`user ${demand.user}`, statement);
    if (demand.kind === "RemoveShare") removals.set(`share ${demand.share}`, statement);
    const tell = (removal: Statement | undefined, without: string, what: string): readonly Diagnostic[] => {
      if (removal === undefined) return [];
      const related = [{ span: removal.span, message: "this takes it away" }];
      return [takenAway({ without, what, kind: removal.demand.kind }, { span, related })];
    };
    if (demand.kind === "NewShare" && tree.get(demand.share) === undefined)
      return tell(removals.get(`share ${demand.share}`), `there is no share \`${demand.share}\``, "this one");
    if (demand.kind !== "Grant") return [];
    const { user, share } = demand;
    const after = tree.get(share);
    if (after === undefined || after.open || after.speakers.has(user)) return [];
    const removal = removals.get(`Revoke ${user}\n${share}`) ?? removals.get(`user ${user}`);
    return tell(removal, `\`${user}\` does not speak for share \`${share}\``, "this grant");
  });
}
