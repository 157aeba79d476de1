/** A sum that cannot be made, found while rules are evaluated → the diagnostic at its rule. */
import { badSum } from "../diagnostics/codes/datalog.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { AggregateError, type Rule } from "../datalog/index.ts";

/** What is wrong with the sum of one of these rules; any other error is thrown on. */
export function faultOfSum(error: unknown, rules: readonly Rule[]): Diagnostic {
  if (!(error instanceof AggregateError)) throw error;
  const { relation, fault } = error;
  const rule = rules.find(({ head }) => head.relation === relation && head.terms.some(isSum));
  const term = rule?.head.terms.find(isSum);
  return badSum({ relation, fault }, { span: term?.span ?? rule?.span });
}

const isSum = (term: Rule["head"]["terms"][number]): boolean => term.kind === "aggregate" && term.function === "sum";
