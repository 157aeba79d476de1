/** For tests only: texts of the language straight to verdicts, and random networks. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import type { Rule } from "../../datalog/types.ts";
import { renderPretty } from "../../diagnostics/render.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Model, Statement } from "../../model/model.ts";
import { resolve } from "../../resolve/resolve.ts";
import { parse } from "../../syntax/parse.ts";
import { topology } from "../../paths/index.ts";
import type { Certificate, Verdict } from "../../certificates/verdict.ts";
import { Admission } from "../admission.ts";
import { promiseOf } from "../promises.ts";
import { submitAll, type Admitted } from "../submit.ts";
import { readRules } from "../read-rules.ts";
import { VOCABULARY } from "../../fml/vocabulary.ts";

const url = new URL("../../../policies/pane.fml", import.meta.url);
const shipped = readRules({ name: "pane.fml", text: readFileSync(url, "utf8") });

/** The admission rules as they ship. */
export const RULES: readonly Rule[] = shipped.rules;
export const RULE_DIAGNOSTICS: readonly Diagnostic[] = shipped.diagnostics;

/** The clock of tests, unless they set another: 2026-12-01T09:00:00Z. */
export const NOW = 1_796_115_600;

export interface Reading {
  readonly now?: number;
  readonly dialect?: "prototype";
  /** Statements are read one after the other, as a running network gets them, not as declarations of a file. */
  readonly trace?: boolean;
}

/** A text as a model; a fault in it fails the test. */
export function modelOf(text: string, { now = NOW, dialect, trace = true }: Reading = {}): Model {
  const source = { name: "test.pane", text };
  const { file, diagnostics } = parse(source, dialect ? { dialect } : {});
  const resolved = resolve([{ source, file }], { now, trace, load: () => undefined, vocabulary: VOCABULARY });
  const errors = [...diagnostics, ...resolved.diagnostics].filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new Error(errors.map((one) => renderPretty(one, { colour: false })).join("\n"));
  return resolved.model;
}

/** An empty network for a model: its rules, facts and users, nothing admitted. */
export function admissionFor(model?: Model, now = NOW, suspends = false): Admission {
  return new Admission({
    rules: RULES,
    own: model?.rules ?? [],
    facts: model?.facts ?? new Map(),
    arities: model?.arities ?? {},
    users: model?.directory.users ?? [],
    topology: model && topology(model.directory),
    directory: model?.directory,
    suspends,
    now,
  });
}

/** A running network that gets statements one after the other. */
export class Conversation {
  readonly admission: Admission;
  now: number;

  constructor(now = NOW, model?: Model) {
    this.admission = admissionFor(model, now);
    this.now = now;
  }

  /** Submits statements and returns the verdict on each. */
  say(text: string): Verdict[] {
    return this.statements(text).map((statement) => this.admission.submit(statement, this.now));
  }

  /** Submits one statement. */
  one(text: string): Verdict {
    const verdicts = this.say(text);
    if (verdicts.length !== 1) throw new Error(`expected one statement: ${text}`);
    return verdicts[0]!;
  }

  statements(text: string): readonly Statement[] {
    return modelOf(text, { now: this.now }).statements;
  }
}

/** `accepted`, `partial`, or the reason of a rejection. */
export const gist = (verdict: Verdict): string =>
  verdict.kind === "rejected" ? verdict.certificate.code : verdict.kind;

/** The certificate of a verdict that is not plainly accepted; of any other the test fails. */
export function certificate(verdict: Verdict): Certificate {
  if (verdict.kind === "accepted") throw new Error("expected a certificate, but the request was accepted");
  return verdict.certificate;
}

/** What is promised of a reservation, or the reason of its rejection. */
export const promise = (verdict: Verdict): string | undefined =>
  verdict.kind === "rejected" ? verdict.certificate.code : verdict.promise;

/** What holds now of an accepted reservation's promise. */
export const standingPromise = (net: Conversation, id: string): string | undefined =>
  promiseOf(net.admission.state, net.admission.state.accepted.get(id)!);

/** The codes of the notes beside an acceptance. */
export const codesOf = (verdict: Verdict): readonly string[] =>
  verdict.kind === "rejected" ? [] : (verdict.notes ?? []).map(({ code }) => code);

/** A file as `compile` reads it; there facts about the network suspend (`suspends`), and here they refuse. */
export function compileFile(
  text: string,
  now = NOW,
  suspends = false,
): Admitted & { readonly admission: Admission; readonly model: Model } {
  const model = modelOf(text, { now, trace: false });
  const admission = admissionFor(model, now, suspends);
  return { ...submitAll(admission, model), admission, model };
}

export { fc };
