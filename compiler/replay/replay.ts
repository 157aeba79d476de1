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
import { diagnosticOf } from "../certificates/diagnose.ts";
import { answer, type Answered } from "../queries/index.ts";
import type { Admission } from "../admission/admission.ts";
import { grouped, submitTogether } from "../admission/transaction.ts";
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
  let now = 0;
  for (const group of grouped(model.statements)) {
    const verdicts =
      group[0]!.transaction === undefined ? [admission.submit(group[0]!, now)] : submitTogether(admission, group, now);
    for (const [i, statement] of group.entries()) {
      const verdict = verdicts[i]!;
      const { expected, demand } = statement;
      steps.push({
        statement,
        at: now,
        verdict,
        ...(demand.kind === "query" &&
          verdict.kind === "accepted" && { answer: asOfNow(answer(admission, demand.asks, now, statement.speaker)) }),
        asExpected: expected === undefined ? undefined : expected === (verdict.kind !== "rejected"),
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
  return { steps, diagnostics: [...arrangement, ...refusals, ...rootSurprises(steps).map(unexpected)] };
}

/** An answer with its rows read now: they are made as they are read, and the network changes with the trace. */
function asOfNow(answered: Answered): Answered {
  if (answered.kind !== "answer") return answered;
  return { kind: "answer", answer: { ...answered.answer, rows: [...answered.answer.rows] } };
}

function unexpected({ statement, verdict }: Replayed): Diagnostic {
  const expected = statement.expected === true ? "True" : "False";
  const surprise = codes.expectation({ expected, verdict: verdict.kind }, { span: statement.span });
  if (verdict.kind !== "rejected") return surprise;
  const { span: _, ...why } = diagnosticOf(verdict.certificate);
  return { ...surprise, related: why.related, help: why.message };
}
