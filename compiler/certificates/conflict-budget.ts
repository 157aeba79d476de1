/** The conflicts of a file or of a trace, counted: n requests in the way of n others are n × n of them. */
import * as codes from "../diagnostics/codes/admission.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { MOST_PIECES } from "../flowgroup/index.ts";
import type { Statement } from "../model/model.ts";
import { diagnosticOf } from "./diagnose.ts";
import { MOST_CONFLICTS, type Outcome, type Verdict } from "./verdict.ts";

/** A piece that is left has been compared with many requests. */
const STEPS_OF_PIECE = 5;

export class ConflictBudget {
  #left = MOST_CONFLICTS;

  /** The verdicts on statements that are said together. Once the budget is spent, requests are not looked at. */
  decide(group: readonly Statement[], verdictsOf: () => readonly Verdict[]): readonly Verdict[] {
    if (this.#left < 0 && group.some(({ demand }) => demand.kind === "request")) return group.map(overBudget);
    const verdicts = verdictsOf();
    for (const one of verdicts) this.#left -= stepsOf(one);
    return verdicts;
  }
}

/** The steps that the conflicts of a statement took: the requests in its way, and the pieces that they left of it. */
function stepsOf(verdict: Verdict): number {
  if (verdict.kind === "accepted") return 0;
  const { blockers, moreBlockers = 0, code } = verdict.certificate;
  const pieces = verdict.kind === "partial" ? verdict.pieces : [];
  const cubes =
    code === "too-many-pieces" ? MOST_PIECES : pieces.reduce((sum, { flows }) => sum + flows.cubes.length, 0);
  return blockers.length + moreBlockers + STEPS_OF_PIECE * cubes;
}

/** The rejection of a request that is not looked at, since those before it took the budget. */
function overBudget({ id, span }: Statement): Verdict {
  const { message: reason } = codes.tooManyConflicts({ request: id, limit: MOST_CONFLICTS });
  const certificate = { code: "too-many-conflicts", reason, statement: id, span, blockers: [], chain: [], nearest: [] };
  return { kind: "rejected", certificate };
}

/** Whether a statement was not looked at. */
export const isOverBudgetOfConflicts = (verdict: Verdict): boolean =>
  verdict.kind === "rejected" && verdict.certificate.code === "too-many-conflicts";

/** One error for all requests that were not looked at, at the first of them. */
export function notLookedAt(outcomes: readonly Outcome[]): readonly Diagnostic[] {
  const all = outcomes.filter(({ verdict }) => isOverBudgetOfConflicts(verdict));
  return all.slice(0, 1).map(({ verdict }) => {
    const one = diagnosticOf((verdict as Verdict & { kind: "rejected" }).certificate);
    const message = all.length === 1 ? one.message : `${one.message}, nor were ${all.length - 1} requests after it`;
    return { ...one, message };
  });
}
