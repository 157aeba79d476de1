/** The value of a decided policy: the result of `decide`, from which tables, reports and explanations are made. */
import type { Outcome } from "../certificates/verdict.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Model } from "../model/model.ts";
import type { Span } from "../source.ts";
import type { Admission } from "./admission.ts";
import type { RuleOutcome } from "./policies/policies.ts";

export interface Decided {
  readonly model: Model;
  readonly admission: Admission;
  /** The verdict on each statement, in text order. */
  readonly outcomes: readonly Outcome[];
  /** The verdict on each rule of each policy. */
  readonly rules: readonly RuleOutcome[];
  /**
   * The faults of the earliest phase that has errors. Faults that would follow from these in later phases are left out.
   */
  readonly diagnostics: readonly Diagnostic[];
  /** Whether nothing is at fault; only then is there a table. */
  readonly good: boolean;
}

/** Identity of a statement or a policy's rule → its place in the text. */
export function spansOf({ outcomes, rules }: Decided): ReadonlyMap<string, Span> {
  return new Map([
    ...outcomes.map(({ statement }) => [statement.id, statement.span] as const),
    ...rules.map(({ rule }) => [rule.id, rule.span] as const),
  ]);
}
