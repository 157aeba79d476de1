/** Errors of evaluating rules (a sum that cannot be computed, too many steps) → the diagnostic at the rule. */
import { badSum, tooManySteps } from "../diagnostics/codes/datalog.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { AggregateError, StepsError, type Rule } from "../datalog/index.ts";

/** The steps of evaluating the rules of a network; the engine adds some for each inserted fact. */
export const MOST_STEPS = 10_000_000;

/** The diagnostic for an error of evaluating `rules`. Any other error is rethrown, since it is a bug. */
export function faultOfRun(error: unknown, rules: readonly Rule[]): Diagnostic {
  if (error instanceof StepsError) {
    const { relation } = error;
    const span = rules.find(({ head }) => head.relation === relation)?.span;
    const what = relation.startsWith("$") ? "this rule" : `\`${relation}\``;
    const help =
      "relations without a common variable are joined in every combination, and a recursion that calculates may have no end: ask for fewer, or bound it";
    return tooManySteps({ what }, { span, help });
  }
  if (!(error instanceof AggregateError)) throw error;
  const { relation, fault } = error;
  const rule = rules.find(({ head }) => head.relation === relation && head.terms.some(isSum));
  const term = rule?.head.terms.find(isSum);
  return badSum({ relation, fault }, { span: term?.span ?? rule?.span });
}

const isSum = (term: Rule["head"]["terms"][number]): boolean => term.kind === "aggregate" && term.function === "sum";
