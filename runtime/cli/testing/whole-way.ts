/**
 * A policy text → everything that the commands would print of it, in this process and without files. An exception on
 * the way is a fault of ours.
 */
import { decide, tablesAt, type TableOptions } from "#compiler/compile.ts";
import type { Decided } from "#compiler/admission/decided.ts";
import { readRules } from "#compiler/admission/read-rules.ts";
import { renderLine, renderPretty, toSarif } from "#compiler/diagnostics/index.ts";
import { hasErrors } from "#compiler/diagnostics/diagnostic.ts";
import type { Load } from "#compiler/fml/include.ts";
import { explainWords } from "#compiler/lookup/explain.ts";
import { answerQuery, readQuery, resolveQuery } from "#compiler/lookup/query.ts";
import type { Lowered, TargetName } from "#compiler/lowering/index.ts";
import { answerDocument, answerText } from "#compiler/report/answer.ts";
import { decisionsJson, summary } from "#compiler/report/decisions.ts";
import { explanationJson, explanationText } from "#compiler/report/explanation.ts";
import { policyChange, policyChangeJson, policyChangeText, policyState } from "#compiler/report/policy-change.ts";
import { tablesJson, tableText } from "#compiler/report/tables.ts";
import { tableTimeline, timelineJson, timelineText } from "#compiler/report/timeline.ts";
import { traceJson, traceText } from "#compiler/report/trace.ts";
import { explainPacket } from "#compiler/trace/explain-packet.ts";
import { readPacket } from "#compiler/trace/read-packet.ts";
import { tracePacket } from "#compiler/trace/trace.ts";
import { shippedPolicy } from "../common/files.ts";
import { clock } from "../testing.ts";
import { fixed, formatted, replayed } from "./pasted.ts";

const { rules } = readRules(shippedPolicy("pane.fml"));
const SHIPPED = new Map(["baseline.fml", "opaque.fml"].map((name) => [name, shippedPolicy(name)] as const));
const PACKET = "srcHost=10.0.0.1, dstHost=10.0.0.2, transport=TCP, dstPort=80";

/** How far a policy came: no decision, some refusal, or tables; and the letters printed of it. */
export interface Way {
  readonly reached: "text" | "verdicts" | "tables";
  readonly letters: number;
}

/** A decided policy with its tables. */
interface Made {
  readonly decided: Decided;
  readonly lowered: Lowered;
  readonly options: TableOptions;
  readonly target: TargetName;
}

const load: Load = (path) => SHIPPED.get(path);

export const decideText = (text: string): Decided =>
  decide([{ name: "policy.pane", text }], { now: clock, rules, load });

/** Goes the whole way of a text. `old`: the policy before, for plans. `turn` chooses the target and what else is asked. */
export function wholeWay(text: string, old: string, turn: number): Way {
  const decided = decideText(text);
  const { diagnostics } = decided;
  let printed = diagnostics.map((one) => renderPretty(one) + renderLine(one)).join("");
  const document = { ok: decided.good, now: clock, proof: undefined, diagnostics };
  printed += JSON.stringify([decisionsJson(decided, document), toSarif(diagnostics)]) + summary(decided, true);
  const extra = fixed(text, diagnostics, decideText) + AROUND[turn % AROUND.length]!(text, decided);
  const end = (reached: Way["reached"]): Way => ({ reached, letters: printed.length + extra });
  if (!decided.good) {
    if (decided.outcomes.length > 0) printed += asked(decided, turn);
    return end(decided.outcomes.length > 0 ? "verdicts" : "text");
  }
  const instant = turn % 5 === 0 ? clock + 1_800 : clock;
  const target = TARGETS[turn % TARGETS.length]!;
  const options: TableOptions = { target, observe: turn % 17 === 0 };
  const lowered = tablesAt(decided, instant, options);
  printed += lowered.diagnostics.map((one) => renderPretty(one)).join("");
  if (hasErrors(lowered.diagnostics)) return end("verdicts");
  for (const one of lowered.tables) printed += tableText(one, lowered, { instant, now: clock });
  printed += JSON.stringify(tablesJson(lowered.tables, lowered, { instant }, lowered.diagnostics));
  printed +=
    MORE[Math.floor(turn / TARGETS.length) % MORE.length]!({ decided, lowered, options, target }, old) +
    asked(decided, turn);
  return end("tables");
}

/** What is made of the text itself, in turn; each how many letters. */
const AROUND: readonly ((text: string, decided: Decided) => number)[] = [
  () => 0,
  (text, decided) => formatted(text, decided, decideText),
  (text) => replayed(text, rules, load),
];

const TARGETS: readonly TargetName[] = ["ovs", "ovs", "of13", "ovs-userspace"];

/** What else is made of tables; one of these in turn, another with each target. */
const MORE: readonly ((made: Made, old: string) => string)[] = [
  ({ decided, target }) => {
    const found = tableTimeline(decided, clock, { target, wanted: undefined, observe: false });
    return found.ok ? timelineText(found.value, clock) + JSON.stringify(timelineJson(found.value)) : found.fault;
  },
  ({ decided, lowered, target }) => {
    const packet = readPacket(PACKET, decided.model);
    if (!packet.ok) return packet.fault;
    const traced = tracePacket(decided, lowered.tables, packet.value, { instant: clock, target });
    const { cookies, tables } = lowered;
    return (
      traceText(traced, { cookies, hasSeveral: tables.size > 1 }) + JSON.stringify(traceJson(traced, clock, cookies))
    );
  },
  ({ decided, lowered, options }, old) => {
    const before = decideText(old);
    const was = policyState(before, before.good ? tablesAt(before, clock, options) : undefined, clock);
    const change = policyChange(was, policyState(decided, lowered, clock), [clock]);
    return policyChangeText(change) + JSON.stringify(policyChangeJson(change));
  },
  ({ decided, lowered, options }) => {
    const later = policyState(decided, tablesAt(decided, clock + 1_200, options), clock + 1_200);
    const change = policyChange(policyState(decided, lowered, clock), later, [clock, clock + 1_200]);
    return policyChangeText(change) + JSON.stringify(policyChangeJson(change));
  },
];

const QUERIES = [
  "ListRequests.",
  "ListRequests on rootShare.",
  "Traffic (dstHost=10.0.0.2).",
  "Explain d.",
  "ListShares.",
  "ListUsers.",
  "Available 1Mb for (*) on rootShare lasting 10min.",
  "GetSchedule rootShare.",
  "ListRequestsByFlowGroup (transport=TCP).",
  "ListSharesByFlowGroup (dstHost=10.0.0.2).",
];

/** The answer to a query or an explanation of what was decided; one of these in turn. */
function asked(decided: Decided, turn: number): string {
  const { defaults } = decided.model;
  switch (turn % 4) {
    case 0: {
      const query = readQuery(QUERIES[Math.floor(turn / 4) % QUERIES.length]!);
      if (!query.ok) return query.fault;
      const meant = resolveQuery(query.value.query, decided.model);
      const answer = meant.ok ? answerQuery(meant.value, decided, clock, query.value.speaker) : meant;
      if (!answer.ok) return answer.fault;
      return answerText(answer.value) + JSON.stringify(answerDocument(query.value.query.kind, answer.value, decided));
    }
    case 1: {
      const explained = explainPacket(PACKET, decided, clock);
      if (!explained.ok) return explained.fault;
      const { value } = explained;
      return explanationText(value, defaults) + JSON.stringify(explanationJson(value, defaults, clock));
    }
    default: {
      const { outcomes } = decided;
      const words = turn % 4 === 2 || outcomes.length === 0 ? "(*)" : outcomes[turn % outcomes.length]!.statement.id;
      const explained = explainWords(words, decided, clock);
      if (!explained.ok || explained.value === undefined) return explained.ok ? "" : explained.fault;
      const { value } = explained;
      return explanationText(value, defaults) + JSON.stringify(explanationJson(value, defaults, clock));
    }
  }
}
