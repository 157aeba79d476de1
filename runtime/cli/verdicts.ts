/** Decisions → lines for people and documents for programs: what was accepted, in part, rejected, and why. */
import { toPlace } from "#compiler/diagnostics/documents.ts";
import type { Decided } from "#compiler/compile.ts";
import { render } from "#compiler/flowgroup/index.ts";
import type { Interval } from "#compiler/model/model.ts";
import { printInstant } from "#compiler/net/index.ts";
import type { Outcome } from "#compiler/program/files.ts";
import type { RuleOutcome } from "#compiler/program/policies.ts";
import { witnessText } from "#compiler/shares/diagnose.ts";
import type { Certificate, Verdict } from "#compiler/shares/verdict.ts";
import { locate } from "#compiler/source.ts";
import type { Proof } from "./prove.ts";
import { count } from "./words.ts";

const marks = { accepted: "✔ accepted", partial: "◐ in part", rejected: "✘ rejected" } as const;

/** A time span in the language's words. */
export const intervalText = ({ start, end }: Interval): string =>
  `from ${printInstant(start)} to ${Number.isFinite(end) ? printInstant(end) : "forever"}`;

/** A statement with its label and speaker, on one line. */
export function statementText({ statement }: Outcome): string {
  const { label, speaker, text } = statement;
  const line = `${speaker === "root" ? "" : `${speaker}: `}${text.replaceAll(/\s+/g, " ")}`;
  return label === undefined ? line : `@${label} ${line}`;
}

/** What a certificate says, line by line: the reason, a packet, who stands in the way, what would be accepted. */
function reasons(certificate: Certificate): string[] {
  const { reason, witness, blockers, nearest } = certificate;
  return [
    reason,
    ...(witness === undefined ? [] : [`for example ${witnessText(witness)}`]),
    ...blockers.map((blocker) => `in the way: ${blocker.id.replaceAll(/\s+/g, " ")} (${locate(blocker.span)})`),
    ...nearest.map((text) => `would be accepted: ${text}`),
  ];
}

/** What follows a decision: the reasons of a rejection, or the pieces that were granted. */
function details(verdict: Verdict): string[] {
  if (verdict.kind === "accepted") return [];
  if (verdict.kind === "rejected") return reasons(verdict.certificate);
  const granted = verdict.pieces.map(({ flows, interval }) => `granted: ${render(flows)} ${intervalText(interval)}`);
  return [
    ...granted,
    ...verdict.certificate.blockers.map((b) => `cut by ${b.id.replaceAll(/\s+/g, " ")} (${locate(b.span)})`),
  ];
}

/** One decision with its reasons. */
export function outcomeText(outcome: Outcome): string {
  const { statement, verdict } = outcome;
  const expected = statement.expected === false && verdict.kind === "rejected" ? ", as expected" : "";
  const head = `${marks[verdict.kind]}${expected}  ${locate(statement.span)}  ${statementText(outcome)}`;
  return [head, ...details(verdict).map((line) => `    ${line}`)].join("\n");
}

/** How the decisions went, in one line. */
export function totals({ outcomes, rules }: Pick<Decided, "outcomes" | "rules">): string {
  const of = (kind: Verdict["kind"]): number => outcomes.filter(({ verdict }) => verdict.kind === kind).length;
  const expected = outcomes.filter(
    ({ statement, verdict }) => statement.expected === false && verdict.kind === "rejected",
  );
  const parts = [`${of("accepted")} accepted`];
  if (of("partial") > 0) parts.push(`${of("partial")} in part`);
  if (expected.length > 0) parts.push(`${expected.length} rejected as expected`);
  if (of("rejected") > expected.length) parts.push(`${of("rejected") - expected.length} rejected`);
  const refused = rules.filter(({ verdict }) => verdict.kind === "rejected").length;
  const policies = new Set(rules.map(({ policy }) => policy.name)).size;
  const standing =
    rules.length === 0
      ? ""
      : `; ${count(rules.length, "rule")} of ${count(policies, "policy", "policies")}${refused > 0 ? `, ${refused} rejected` : ""}`;
  return `${count(outcomes.length, "statement")}: ${parts.join(", ")}${standing}`;
}

/** What `check` prints: what is not plainly accepted (or everything), then the totals. */
export function summary(policy: Decided, all: boolean, proof?: Proof): string {
  // Faults of the text itself: nobody was asked.
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

/** A certificate for programs. */
function certificateJson({ code, reason, statement, span, blockers, witness, chain, nearest }: Certificate): object {
  return {
    code,
    reason,
    statement,
    place: toPlace(span),
    blockers: blockers.map((blocker) => ({ ...blocker, span: undefined, place: toPlace(blocker.span) })),
    ...(witness && { witness: { ...witness, text: witnessText(witness) } }),
    chain,
    nearest,
  };
}

/** A verdict for programs. */
export function verdictJson(verdict: Verdict): object {
  return {
    verdict: verdict.kind,
    ...(verdict.kind !== "rejected" && {
      pieces: verdict.pieces.map(({ flows, interval }) => ({ flows: render(flows), ...interval })),
    }),
    ...(verdict.kind !== "accepted" && { certificate: certificateJson(verdict.certificate) }),
  };
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
    ...verdictJson(verdict),
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
    ...verdictJson(verdict),
  };
}
