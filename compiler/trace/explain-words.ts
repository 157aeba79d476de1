/** Words → what they mean in a decided policy, and why it is decided as it is: a statement, a packet or a flowgroup. */
import type { Decided } from "../admission/decided.ts";
import {
  explainFlow,
  explainFlowgroup,
  explainGuard,
  explainStatement,
  type FlowExplanation,
  type GuardExplanation,
  type Part,
  type StatementExplanation,
} from "../explain/index.ts";
import { areFlowgroups, readFlowgroup } from "../lookup/flowgroup.ts";
import { found, type Lookup } from "../lookup/found.ts";
import { findStatement, unknownStatement, type Decision } from "../lookup/statement.ts";
import type { Entering } from "./complete-packet.ts";
import { spoofException, steeringException, type Exception } from "./exceptions.ts";
import { readPacket } from "./read-packet.ts";

export type Explained =
  | {
      readonly kind: "statement";
      readonly decision: Decision;
      /** Of an accepted statement or rule. */
      readonly accepted?: StatementExplanation;
      /** Of a guard's rule. */
      readonly guard?: GuardExplanation;
    }
  | { readonly kind: "flowgroup"; readonly parts: readonly Part[] }
  | {
      readonly kind: "packet";
      readonly entering: Entering;
      readonly explanation: FlowExplanation;
      readonly spoofed?: Exception;
      /** A waypoint or an avoid leaves it no path. */
      readonly unsteerable?: Exception;
    };

/** Explains what the words mean, at an instant (Unix seconds). A flowgroup stands in parentheses. */
export function explainWords(words: string, decided: Decided, instant: number): Lookup<Explained> {
  const { admission, model } = decided;
  const decision = findStatement(words, decided);
  if (!decision.ok) return decision;
  if (decision.value !== undefined) return found(explainDecision(decision.value, decided, instant));
  if (words.trimStart().startsWith("(")) {
    const flows = readFlowgroup(words, model);
    return flows.ok ? found({ kind: "flowgroup", parts: explainFlowgroup(admission, flows.value, instant) }) : flows;
  }
  const isPacket = words.includes("=") || words.includes(" > ") || areFlowgroups(words, model);
  if (words.startsWith("@") || !isPacket) return unknownStatement(words, decided);
  const packet = readPacket(words, model);
  if (!packet.ok) return packet;
  const explanation = explainFlow(admission, packet.value.flow, instant);
  const spoofed = spoofException(packet.value, model.directory);
  const unsteerable = steeringException(explanation);
  return found({
    kind: "packet",
    entering: packet.value,
    explanation,
    ...(spoofed && { spoofed }),
    ...(unsteerable && { unsteerable }),
  });
}

function explainDecision(decision: Decision, { admission }: Decided, instant: number): Explained {
  const accepted = explainStatement(admission, decision.id, instant);
  const guard = decision.kind === "rule" ? explainGuard(admission, decision.id, instant) : undefined;
  return { kind: "statement", decision, ...(accepted && { accepted }), ...(guard && { guard }) };
}
