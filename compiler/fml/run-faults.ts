/** What fails while rules are evaluated (a sum that cannot be made, too many steps) → the diagnostic at its rule. */
import { badSum, tooManySteps } from "../diagnostics/codes/datalog.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { AggregateError, StepsError, type Rule } from "../datalog/index.ts";

/** The steps that evaluating the rules of a network may take, beyond some for each fact. */
export const MOST_STEPS = 10_000_000;

/** What is wrong with one of these rules; any other error is thrown on. */
export function faultOfRun(error: unknown, rules: readonly Rule[]): Diagnostic {
  if (error instanceof StepsError) {
    const { relation } = error;
    const span = rules.find(({ head }) => head.relation === relation)?.span;
    const what = relation.startsWith("$") ? "this rule" : `\`${relation}\``;
    const help = "relations that have no variable in common are joined in every combination: ask for fewer";
    return tooManySteps({ what }, { span, help });
  }
  if (!(error instanceof AggregateError)) throw error;
  const { relation, fault } = error;
  const rule = rules.find(({ head }) => head.relation === relation && head.terms.some(isSum));
  const term = rule?.head.terms.find(isSum);
  return badSum({ relation, fault }, { span: term?.span ?? rule?.span });
}

const isSum = (term: Rule["head"]["terms"][number]): boolean => term.kind === "aggregate" && term.function === "sum";
