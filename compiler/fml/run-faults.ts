/**
 * What of rules is too much, and a sum that cannot be computed → the diagnostic at the rule. The size of a rule is looked
 * at before anything is done with it, so the size of a file bounds what a refusal costs.
 */
import { badSum, tooManySteps } from "../diagnostics/codes/datalog.ts";
import * as codes from "../diagnostics/codes/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { BodyExpr, RuleExpr } from "../syntax/ast.ts";
import { excessOf, type Excess, type WrittenOut } from "./clauses.ts";
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
      "relations are joined in every combination that their common variables leave, most of all where a relation asks for itself twice, and a recursion that calculates may have no end: ask for fewer, or bound it";
    return tooManySteps({ what }, { span, help });
  }
  if (!(error instanceof AggregateError)) throw error;
  const { relation, fault } = error;
  const rule = rules.find(({ head }) => head.relation === relation && head.terms.some(isSum));
  const term = rule?.head.terms.find(isSum);
  return badSum({ relation, fault }, { span: term?.span ?? rule?.span });
}

const isSum = (term: Rule["head"]["terms"][number]): boolean => term.kind === "aggregate" && term.function === "sum";

/**
 * The diagnostic of a rule that is too large as it is written; undefined where it is not. `written`: what the rules of
 * the file come to, which counts it.
 */
export function oversized({ body, span }: RuleExpr, written?: WrittenOut): Diagnostic | undefined {
  const excess = body && (excessOf(body) ?? written?.take(body));
  return excess && excessive(excess, { span });
}

/** The diagnostic of what is too much of a rule. `body`: written out. */
export function excessive({ of, limit }: Excess, { span }: Pick<BodyExpr, "span">): Diagnostic {
  switch (of) {
    case "alternatives":
      return codes.tooManyAlternatives({ limit }, { span });
    case "conditions":
      return codes.manyConditions({ limit }, { span, help: APART });
    case "together":
      return codes.manyTogether({ limit }, { span, help: APART });
    case "predicates":
      return codes.manyInlined({ limit }, { span, help: APART });
    case "rules":
      return codes.manyInRules({ limit }, { span, help: "make relations of what the alternatives have in common" });
  }
}

const APART = "make relations of parts of it, and ask for these";
