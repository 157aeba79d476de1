/**
 * Traces: statements submitted one after the other, with the verdicts that are expected of them (`True <- root : …`)
 * and with `Tick n` to move the clock. A trace starts from an empty network at second 0 (LANGUAGE, "PANE commands").
 */
import type { Rule } from "../datalog/types.ts";
import * as codes from "../diagnostics/codes/admission.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Load } from "../fml/include.ts";
import type { Model } from "../model/model.ts";
import { inSourceOrder } from "../resolve/source-order.ts";
import { resolve } from "../resolve/resolve.ts";
import type { Source } from "../source.ts";
import { parse } from "../syntax/parse.ts";
import { ConflictBudget, isOverBudgetOfConflicts, notLookedAt } from "../certificates/conflict-budget.ts";
import { diagnosticOf } from "../certificates/diagnose.ts";
import { answer, type Answered } from "../queries/index.ts";
import type { Admission } from "../admission/admission.ts";
import { grouped, submitGroup } from "../admission/transaction.ts";
import { openAdmission, withoutOwnRules } from "../admission/network-rules.ts";
import { rootSurprises, type Replayed } from "./surprises.ts";
import { VOCABULARY } from "../fml/vocabulary.ts";
import { append } from "../net/lists.ts";

export interface Replay {
  readonly steps: readonly Replayed[];
  /** Faults of the text, and an error for every verdict that was not as expected. */
  readonly diagnostics: readonly Diagnostic[];
  readonly admission: Admission;
}

export interface ReplayOptions {
  /** The admission rules: `policies/pane.fml`, translated. */
  readonly rules: readonly Rule[];
  readonly dialect?: "prototype";
  /** Reads what the trace includes; without it nothing is found. */
  readonly load?: Load;
}

/** Runs a trace. */
export function replay(source: Source, { rules, dialect, load = () => undefined }: ReplayOptions): Replay {
  const { file, diagnostics: syntax } = parse(source, dialect ? { dialect } : {});
  const resolved = resolve([{ source, file }], { now: 0, trace: true, load, vocabulary: VOCABULARY });
  const { admission, model, diagnostics: ofRules } = openAdmission(resolved.model, { rules, now: 0 });
  const faults = [...syntax, ...inSourceOrder([...resolved.diagnostics, ...ofRules], [source])];
  // Without the network's own rules every verdict could be another than was meant: nothing is submitted.
  if (ofRules.length > 0) return { steps: [], diagnostics: faults, admission };
  try {
    const { steps, diagnostics } = run(admission, model);
    return { steps, diagnostics: [...faults, ...diagnostics], admission };
  } catch (error) {
    const bare = withoutOwnRules(error, model, { rules, now: 0 });
    return { ...bare, steps: [], diagnostics: [...faults, ...bare.diagnostics] };
  }
}

/** Submits all statements to an empty network. */
function run(admission: Admission, model: Model): Pick<Replay, "steps" | "diagnostics"> {
  // A policy waits until the trace has made its share.
  const arrangement = admission.policies.arrange(model.policies, model.cascades);
  const outcomes = admission.policies.admitReady();
  const steps: Replayed[] = [];
  const many: Diagnostic[] = [];
  let now = 0;
  let left = MOST_ROWS;
  const budget = new ConflictBudget();
  for (const group of grouped(model.statements)) {
    const verdicts = budget.decide(group, () => submitGroup(admission, group, now));
    for (const [i, statement] of group.entries()) {
      const verdict = verdicts[i]!;
      const { expected, demand } = statement;
      const answered =
        demand.kind === "query" && verdict.kind === "accepted" && left >= 0
          ? asOfNow(answer(admission, demand.asks, now, statement.speaker), left)
          : undefined;
      if (answered?.kind === "answer") left -= answered.answer.rows.length;
      const isTooMuch = left < 0;
      if (isTooMuch && many.length === 0) {
        const help = "ask less often, or of one share: each query lists all that stands then";
        many.push(codes.manyRows({ limit: MOST_ROWS }, { span: statement.span, help }));
      }
      steps.push({
        statement,
        at: now,
        verdict,
        ...(answered && !isTooMuch && { answer: answered }),
        asExpected:
          expected === undefined || isOverBudgetOfConflicts(verdict)
            ? undefined
            : expected === (verdict.kind !== "rejected"),
      });
      if (demand.kind === "Tick") now += demand.seconds;
    }
    // Requests and queries make no share and no speaker, so no policy waits for them.
    const mayReady = group.some(({ demand }) => demand.kind !== "request" && demand.kind !== "query");
    if (mayReady) append(outcomes, admission.policies.admitReady());
  }
  append(outcomes, admission.policies.admitAll());
  const refusals = outcomes.flatMap(({ verdict }) =>
    verdict.kind === "rejected" ? [diagnosticOf(verdict.certificate)] : [],
  );
  return {
    steps,
    diagnostics: [...arrangement, ...refusals, ...many, ...notLookedAt(steps), ...rootSurprises(steps).map(unexpected)],
  };
}

/** The most rows that all answers of a trace list: n queries of n requests would list n² of them. */
const MOST_ROWS = 100_000;

/**
 * An answer with its rows read now: they are made as they are read, and the network changes with the trace. It has at
 * most one row more than `most`.
 */
function asOfNow(answered: Answered, most: number) {
  if (answered.kind !== "answer") return answered;
  const rows = [];
  for (const row of answered.answer.rows) {
    rows.push(row);
    if (rows.length > most) break;
  }
  return { kind: "answer" as const, answer: { ...answered.answer, rows } };
}

function unexpected({ statement, verdict }: Replayed): Diagnostic {
  const expected = statement.expected === true ? "True" : "False";
  const surprise = codes.expectation({ expected, verdict: verdict.kind }, { span: statement.span });
  if (verdict.kind !== "rejected") return surprise;
  const { span: _, ...why } = diagnosticOf(verdict.certificate);
  return { ...surprise, related: why.related, help: why.message };
}
