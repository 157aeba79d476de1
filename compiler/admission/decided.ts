/** The value of a decided policy: the result of `decide`, from which tables, reports and explanations are made. */
import { isSuspended, type Outcome } from "../certificates/verdict.ts";
import { unconnected } from "../diagnostics/codes/model.ts";
import { noPathLeft } from "../diagnostics/codes/table.ts";
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

/** Diagnostics without those that say once more what the warning of a suspended statement says: that it has no path. */
export const withoutRepeated = (
  diagnostics: readonly Diagnostic[],
  decided: Pick<Decided, "outcomes" | "rules">,
): readonly Diagnostic[] => diagnostics.filter(notRepeated(decided));

/** Whether a diagnostic is not such a repetition; made once where the diagnostics of many tables are asked for. */
export function notRepeated({
  outcomes,
  rules,
}: Pick<Decided, "outcomes" | "rules">): (diagnostic: Diagnostic) => boolean {
  const suspended = new Set([
    ...outcomes.flatMap(({ statement, verdict }) => (isSuspended(verdict) ? [statement.span] : [])),
    ...rules.flatMap(({ rule, verdict }) => (isSuspended(verdict) ? [rule.span] : [])),
  ]);
  return ({ code, span }) => !(REPEATED.has(code) && span !== undefined && suspended.has(span));
}

const REPEATED: ReadonlySet<string> = new Set([unconnected.code, noPathLeft.code]);
