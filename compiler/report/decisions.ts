/** Decisions → lines for people and documents for programs: the verdicts and their reasons. */
import type { Decided } from "../admission/decided.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { toJson, toPlace } from "../diagnostics/documents.ts";
import { verdictJson } from "../explain/certificate-json.ts";
import { certificateText, verdictText } from "../explain/certificate.ts";
import { printInstant } from "../net/index.ts";
import type { Outcome } from "../certificates/verdict.ts";
import type { RuleOutcome } from "../admission/policies/policies.ts";
import { isSuspended, type Verdict } from "../certificates/verdict.ts";
import { locate } from "../source.ts";
import { writtenText } from "../lookup/statement.ts";
import type { ProofTally } from "./prove.ts";
import { count, printable } from "../diagnostics/text.ts";

const MARKS = { accepted: "✔ accepted", partial: "◐ in part", rejected: "✘ rejected" } as const;
const SUSPENDED = "⏸ suspended";

/** The reasons of a rejection, or the grant and what cut it. The derivation is left out; `--json` has it. */
function details(verdict: Verdict): string[] {
  if (verdict.kind === "accepted") return verdict.suspended ? [printable(verdict.suspended.certificate.reason)] : [];
  const { proof: _, ...certificate } = verdict.certificate;
  const lines =
    verdict.kind === "rejected"
      ? certificateText(certificate)
      : verdictText({ ...verdict, certificate: { ...certificate } });
  return lines.split("\n");
}

/** The verdict as a mark and a word; for a reservation also its promise. */
function markOf(verdict: Verdict): string {
  const promise = verdict.kind === "rejected" ? undefined : verdict.promise;
  if (isSuspended(verdict)) return verdict.kind === "accepted" ? SUSPENDED : `${MARKS[verdict.kind]}, suspended`;
  if (promise === undefined) return MARKS[verdict.kind];
  return verdict.kind === "accepted" ? `✔ ${promise}` : `${MARKS.partial}, ${promise}`;
}

/** One decision with its reasons. */
export function outcomeText(outcome: Outcome): string {
  const { statement, verdict } = outcome;
  const expected = statement.expected === false && verdict.kind === "rejected" ? ", as expected" : "";
  const head = printable(`${markOf(verdict)}${expected}  ${locate(statement.span)}  ${writtenText(statement)}`);
  return [head, ...details(verdict).map((line) => `    ${line}`)].join("\n");
}

/** The numbers of statements and rules by verdict, in one line. */
function totals({ outcomes, rules }: Pick<Decided, "outcomes" | "rules">): string {
  const of = (kind: Verdict["kind"]): number => outcomes.filter(({ verdict }) => verdict.kind === kind).length;
  const expected = outcomes.filter(
    ({ statement, verdict }) => statement.expected === false && verdict.kind === "rejected",
  );
  const suspended = outcomes.filter(({ verdict }) => isSuspended(verdict)).length;
  const parts = [`${of("accepted")} accepted`];
  if (of("partial") > 0) parts.push(`${of("partial")} in part`);
  if (expected.length > 0) parts.push(`${expected.length} rejected as expected`);
  if (of("rejected") > expected.length) parts.push(`${of("rejected") - expected.length} rejected`);
  if (suspended > 0) parts.push(`${suspended} of them suspended`);
  const refused = rules.filter(({ verdict }) => verdict.kind === "rejected").length;
  const policies = new Set(rules.map(({ policy }) => policy.name)).size;
  const ofRules =
    rules.length === 0
      ? ""
      : `; ${count(rules.length, "rule")} of ${count(policies, "policy", "policies")}${refused > 0 ? `, ${refused} rejected` : ""}`;
  return `${count(outcomes.length, "statement")}: ${parts.join(", ")}${ofRules}`;
}

/** The output of `check`: the statements that are not plainly accepted, or all of them, then the totals. */
export function summary(policy: Decided, all: boolean, proof?: ProofTally): string {
  // With faults of the text itself nothing was decided.
  if (!policy.good && policy.outcomes.length === 0) return "nothing was decided\n";
  const shown = policy.outcomes.filter(
    ({ verdict, statement }) => all || (statement.expected === false && verdict.kind === "rejected"),
  );
  const lines = shown.map(outcomeText);
  if (lines.length > 0) lines.push("");
  lines.push(totals(policy));
  if (proof !== undefined) {
    const { questions, disagreements, undecided } = proof;
    const agreed = `${questions - disagreements - undecided} of ${count(questions, "question")} about sets decided alike by Z3`;
    lines.push(undecided > 0 ? `${agreed}, ${undecided} not decided within the budget` : agreed);
  }
  return `${lines.join("\n")}\n`;
}

/** The document of a decided policy for programs. `ok`: whether there is no fault, in the proof neither. */
export const decisionsJson = (
  { outcomes, rules }: Pick<Decided, "outcomes" | "rules">,
  { ok, now, proof, diagnostics }: DocumentOptions,
): object => ({
  ok,
  at: printInstant(now),
  statements: outcomes.map(outcomeJson),
  rules: rules.map(ruleJson),
  ...(proof && {
    proof: { questions: proof.questions, disagreements: proof.disagreements, undecided: proof.undecided },
  }),
  diagnostics: diagnostics.map(toJson),
});

interface DocumentOptions {
  readonly ok: boolean;
  /** The policy's clock, in Unix seconds. */
  readonly now: number;
  readonly proof: ProofTally | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** One statement with its decision. */
export function outcomeJson({ statement, verdict }: Outcome): object {
  const { id, label, speaker, text, expected, span } = statement;
  return {
    id,
    ...(label !== undefined && { label }),
    speaker,
    text,
    ...(expected !== undefined && { expected }),
    place: toPlace(span),
    ...(verdictJson(verdict) as object),
  };
}

/** One rule of a policy with its decision. */
export function ruleJson({ policy, rule, verdict }: RuleOutcome): object {
  const { id, text, effect, cubes, span } = rule;
  return {
    id,
    policy: policy.name,
    text,
    effect,
    cubes: cubes.length,
    place: toPlace(span),
    ...(verdictJson(verdict) as object),
  };
}
