/** `begin … commit`: statements that are accepted together or not at all (LANGUAGE, "PANE commands"). */
import { ALWAYS } from "../net/interval.ts";
import * as codes from "../diagnostics/codes/admission.ts";
import type { Statement } from "../model/model.ts";
import type { Certificate, Verdict } from "../certificates/verdict.ts";
import type { Admission } from "./admission.ts";

/** Statements of one `begin … commit` together, others alone. */
export function grouped(statements: readonly Statement[]): Statement[][] {
  const groups: Statement[][] = [];
  let open: number | undefined;
  for (const statement of statements) {
    const { transaction } = statement;
    if (transaction !== undefined && transaction === open) groups.at(-1)!.push(statement);
    else groups.push([statement]);
    open = transaction;
  }
  return groups;
}

/** The verdicts on statements that are said together, or on one alone. */
export function submitGroup(admission: Admission, group: readonly Statement[], now: number): readonly Verdict[] {
  return group[0]!.transaction === undefined
    ? [admission.submit(group[0]!, now)]
    : submitTogether(admission, group, now);
}

/**
 * Submits the statements of one `begin … commit`: all are accepted, or none is. The certificates of those that would
 * have been accepted name the one that was not.
 */
export function submitTogether(admission: Admission, group: readonly Statement[], now: number): Verdict[] {
  const transaction = admission.begin();
  const verdicts = admission.asTransaction(() => submitInTurn(admission, group, now));
  const failed = verdicts.findIndex(({ kind }, i) => (kind === "rejected") !== (group[i]!.expected === false));
  if (failed < 0) {
    transaction.commit();
    return verdicts;
  }
  transaction.rollback();
  return group.map((statement, i) => {
    const verdict = verdicts[i];
    if (verdict?.kind === "rejected") return verdict;
    return { kind: "rejected", certificate: inTransaction(statement, group[failed]!) };
  });
}

/** The verdicts up to the first one that would have cost too much: behind it nothing more is spent on the transaction. */
function submitInTurn(admission: Admission, group: readonly Statement[], now: number): Verdict[] {
  const verdicts: Verdict[] = [];
  for (const statement of group) {
    const verdict = admission.submit(statement, now);
    verdicts.push(verdict);
    if (verdict.kind === "rejected" && verdict.certificate.code === "too-costly") break;
  }
  return verdicts;
}

function inTransaction({ id, span }: Statement, failed: Statement): Certificate {
  const blocker = {
    id: failed.id,
    kind: failed.demand.kind === "request" ? failed.demand.action : failed.demand.kind,
    share: "share" in failed.demand ? failed.demand.share : "",
    interval: ALWAYS,
    span: failed.span,
    text: failed.text,
  };
  const { message: reason } = codes.transactionFailed({ other: failed.id });
  return { code: "transaction", reason, statement: id, span, blockers: [blocker], chain: [], nearest: [] };
}
