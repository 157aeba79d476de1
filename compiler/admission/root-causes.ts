/**
 * Rejected statements → the errors that a reader must mend: a rejection that only follows from another is left out, and
 * declarations that wait for one another in a circle are reported as one circle.
 */
import { circular } from "../diagnostics/codes/admission.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { suggest } from "../diagnostics/suggest.ts";
import type { Statement } from "../model/model.ts";
import { diagnosticOf } from "../certificates/diagnose.ts";
import type { Certificate, Outcome, Verdict } from "../certificates/verdict.ts";

interface Refused extends Outcome {
  readonly verdict: Verdict & { readonly kind: "rejected" };
}

const isRefused = (outcome: Outcome): outcome is Refused =>
  outcome.verdict.kind === "rejected" && outcome.statement.expected !== false;

/** The root causes of the rejections, as errors. Every rejection that was not expected follows from one of them. */
export function rootCauses(outcomes: readonly Outcome[]): Diagnostic[] {
  const refused = outcomes.filter(isRefused);
  const shares = outcomes.flatMap(({ statement: { demand } }) => (demand.kind === "NewShare" ? [demand.share] : []));
  const makers = new Map(
    refused
      .toReversed()
      .flatMap((one) => [...namesOf(one.statement), ...meantBy(one, shares)].map((name) => [name, one])),
  );
  /** The rejected statement that would have made what this one lacks; a Grant that speaks for itself is no circle. */
  const waitsFor = (waiting: Refused): Refused | undefined => {
    const made = needsOf(waiting.statement, waiting.verdict.certificate).map((need) => makers.get(need));
    const isOwn = waiting.statement.demand.kind === "Grant";
    return made.find((one) => one !== undefined && !(isOwn && one === waiting));
  };
  const diagnostics: Diagnostic[] = [];
  const seen = new Set<Refused>();
  for (const start of refused) {
    const path: Refused[] = [];
    let at: Refused | undefined = start;
    for (; at !== undefined && !seen.has(at); at = waitsFor(at)) {
      seen.add(at);
      path.push(at);
    }
    const first = at === undefined ? -1 : path.indexOf(at);
    const last = path.at(-1);
    if (first >= 0) diagnostics.push(circle(path.slice(first)));
    else if (at === undefined && last !== undefined && last.verdict.certificate.code !== "transaction") {
      diagnostics.push(diagnosticOf(last.verdict.certificate));
    }
  }
  return diagnostics;
}

/** What a Grant of a misspelt share was to make. */
function meantBy({ statement: { demand }, verdict: { certificate } }: Refused, shares: readonly string[]): string[] {
  if (demand.kind !== "Grant" || certificate.code !== "unknown-share") return [];
  const meant = suggest(demand.share, shares);
  return meant === undefined ? [] : [`speaker ${demand.user} ${meant}`];
}

/** One error for statements of which each waits for the next, and the last for the first. */
function circle(members: readonly Refused[]): Diagnostic {
  const [first, ...others] = members.toSorted((a, b) => a.statement.span.start - b.statement.span.start);
  const titles = members.map(({ statement }) => `\`${titleOf(statement)}\``);
  return circular(
    { path: [...titles, titles[0]!].join(" → ") },
    {
      span: first!.statement.span,
      related: others.map(({ statement }) => ({ span: statement.span, message: "part of the circle" })),
      help: "let one of them stand on a share that exists",
    },
  );
}

/** A declaration by what it declares. */
function titleOf({ demand, id }: Statement): string {
  if (demand.kind === "NewShare") return demand.share;
  return demand.kind === "Grant" ? `Grant ${demand.share} to ${demand.user}` : id;
}

/** The things that a statement would have made (names of shares, users, …), as keys. */
export function namesOf({ id, label, demand }: Pick<Statement, "id" | "label" | "demand">): string[] {
  switch (demand.kind) {
    case "AddUser":
      return [`user ${demand.user}`];
    case "NewShare":
      return [`share ${demand.share}`];
    case "Grant":
      return [`speaker ${demand.user} ${demand.share}`];
    case "request":
      return [`request ${id}`, ...(label === undefined ? [] : [`request ${label}`])];
    case "RemoveUser":
    case "RemoveShare":
    case "GrantDefault":
    case "Revoke":
    case "Cancel":
    case "Tick":
    case "query":
      return [];
  }
}

/** What a rejection lacks, as keys: any one of these would do. */
export function needsOf(
  { demand, speaker }: Pick<Statement, "demand" | "speaker">,
  { code, chain }: Pick<Certificate, "code" | "chain">,
): readonly string[] {
  const share = demand.kind === "NewShare" ? demand.parent : "share" in demand ? demand.share : undefined;
  const speaking = (shares: readonly string[]): string[] => shares.map((one) => `speaker ${speaker} ${one}`);
  switch (code) {
    case "unknown-share":
      return [`share ${share}`];
    case "unknown-user":
      return "user" in demand ? [`user ${demand.user}`] : [];
    case "not-a-speaker":
      // To remove a share one speaks for a share above it.
      return demand.kind === "RemoveShare" ? speaking(chain.slice(1)) : speaking([share!]);
    case "may-not-cancel":
      return speaking(chain);
    case "unknown-request":
      return demand.kind === "Cancel" ? [`request ${demand.request}`] : [];
    default:
      return [];
  }
}
