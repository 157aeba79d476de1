/** Words → the statement, the policy's rule or the flowgroup that they mean, and why it is decided as it is. */
import type { Decided } from "../admission/decided.ts";
import {
  explainFlowgroup,
  explainGuard,
  explainStatement,
  MOST_IN_TURN,
  type GuardExplanation,
  type DecidedPart,
  type StatementExplanation,
} from "../explain/index.ts";
import { abridged } from "../certificates/text.ts";
import { shellWord } from "../diagnostics/text.ts";
import { renderFlow } from "../flowgroup/index.ts";
import { locate } from "../source.ts";
import { readFlowgroup } from "./flowgroup.ts";
import { found, undecidedFault, type Lookup } from "./found.ts";
import { findStatement, type Decision } from "./statement.ts";

export interface ExplainedStatement {
  readonly kind: "statement";
  readonly decision: Decision;
  /** Why an accepted statement or rule stands as it does. */
  readonly accepted?: StatementExplanation;
  /** What a guard's rule denies and silences. */
  readonly guard?: GuardExplanation;
}

export interface ExplainedFlowgroup {
  readonly kind: "flowgroup";
  readonly parts: readonly DecidedPart[];
}

/**
 * Explains what the words mean, at an instant (Unix seconds); undefined where they are neither a statement nor a
 * flowgroup in parentheses. Packets are explained by `trace/explain-packet.ts`, which needs all of lowering.
 */
export function explainWords(
  words: string,
  decided: Decided,
  instant: number,
): Lookup<ExplainedStatement | ExplainedFlowgroup | undefined> {
  const { admission, model } = decided;
  const decision = findStatement(words, decided);
  if (!decision.ok) return decision;
  if (decision.value !== undefined) return found(explainDecision(decision.value, decided, instant));
  if (!words.trimStart().startsWith("(")) return found(undefined);
  const flows = readFlowgroup(words, model);
  if (!flows.ok) return flows;
  const parts = explainFlowgroup(admission, flows.value, instant);
  if (!("cutBy" in parts)) return found({ kind: "flowgroup", parts });
  const { id, span } = parts.cutBy;
  const flow = renderFlow(parts.flow);
  const fault =
    `the statements in force cut these flows into more than ${MOST_IN_TURN} pieces: up to \`${abridged(id)}\` ` +
    `(${locate(span)}), which decides ${flow}`;
  return undecidedFault(fault, `ask of fewer flows, or of one packet: \`glazier explain ${shellWord(flow)}\``);
}

function explainDecision(decision: Decision, { admission }: Decided, instant: number): ExplainedStatement {
  const accepted = explainStatement(admission, decision.id, instant);
  const guard = decision.kind === "rule" ? explainGuard(admission, decision.id, instant) : undefined;
  return { kind: "statement", decision, ...(accepted && { accepted }), ...(guard && { guard }) };
}
