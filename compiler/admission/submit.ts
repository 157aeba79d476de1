/**
 * The statements of files as one transaction (SEMANTICS, "Files"): declarations are free of order and
 * admitted to a fixpoint, then policies, then requests and removals in text order. Any rejection is an error of the
 * file; what only follows from another rejection is not reported again.
 */
import * as codes from "../diagnostics/codes/admission.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Demand, Model, Statement } from "../model/model.ts";
import { byText } from "../net/order.ts";
import type { Span } from "../source.ts";
import { diagnosticOf, noteOf, suspensionWarning } from "../certificates/diagnose.ts";
import { count, shellWord, thousands } from "../diagnostics/text.ts";
import { list } from "../certificates/text.ts";
import { rootCauses } from "./root-causes.ts";
import { ConflictBudget, notLookedAt } from "../certificates/conflict-budget.ts";
import type { Outcome, Verdict } from "../certificates/verdict.ts";
import type { Admission } from "./admission.ts";
import { declare } from "./declare.ts";
import { grouped, submitGroup } from "./transaction.ts";
import type { RuleOutcome } from "./policies/policies.ts";
import type { Accepted } from "./state/accepted.ts";
import { noteMissingFacts } from "./missing-facts.ts";
import { noteAllDenied, noteDeniedRules } from "./notes/all-denied.ts";
import { noteLooseLimits, noteLooseReservations } from "./notes/loose-rates.ts";
import { noteTakenAway, sinceRemovals } from "./notes/taken-away.ts";
import { noteOneWay } from "./notes/one-way.ts";
import { DeniesBeside } from "./policies/without-effect.ts";
import { MOST_SILENCED } from "./policy-admission.ts";
import { promiseOf } from "./promises.ts";
import { isStillSuspended } from "./suspension.ts";
import { NOT_GUARANTEED, STEERS } from "./state/steering.ts";

export interface Admitted {
  /** In the order of the statements. */
  readonly outcomes: readonly Outcome[];
  readonly rules: readonly RuleOutcome[];
  /** Errors: root causes only. Notes: partial grants, and requests that a guard denies. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Admits everything that a model states into a fresh admission. */
export function submitAll(admission: Admission, model: Model): Admitted {
  const verdicts = new Map<Statement, Verdict>();
  const { now } = model;
  const declarations = model.statements.filter(isDeclaration);
  declare(admission, declarations, now, verdicts);
  const policies = admission.policies.submit(model.policies, model.cascades);
  const groups = grouped(model.statements.filter((one) => !isDeclaration(one)));
  const budget = new ConflictBudget();
  for (const group of groups) {
    const decided = budget.decide(group, () => submitGroup(admission, group, now));
    for (const [i, verdict] of decided.entries()) verdicts.set(group[i]!, verdict);
  }
  const kinds = ["reserve", ...STEERS] as const;
  const standing = new Map(
    kinds.flatMap((kind) => [...admission.state.accepted.ofKind(kind)].map((one) => [one.span, one] as const)),
  );
  const outcomes = sinceRemovals(
    model.statements.map((statement) => ({
      statement,
      verdict: inTheEnd(admission, standing, statement, verdicts.get(statement)!, model.defaults.verdict),
    })),
  );
  // Why these are not guaranteed is said already.
  const explained = new Set(
    outcomes.flatMap(({ statement: { span }, verdict }) =>
      verdict.kind !== "rejected" && (verdict.suspended || (verdict.notes ?? []).length > 0) ? span : [],
    ),
  );
  const takenAway = noteTakenAway(admission.state, outcomes);
  const gone = new Set(takenAway.map(({ span }) => span));
  const denies = new DeniesBeside(admission.state.accepted.ofKind("deny"));
  const diagnostics = [
    ...rootCauses(outcomes).filter(({ code }) => code !== codes.tooManyConflicts.code),
    ...notLookedAt(outcomes),
    ...outcomes.flatMap(unexpected),
    // Whether an allow is overridden is known once all that may override it stands.
    ...policies.diagnostics.filter(
      ({ code }) =>
        code !== codes.overridden.code || policies.outcomes.every(({ verdict }) => verdict.kind !== "rejected"),
    ),
    ...policies.outcomes.flatMap(({ verdict }) =>
      verdict.kind === "rejected" ? [diagnosticOf(verdict.certificate)] : [],
    ),
    ...[...outcomes, ...policies.outcomes].flatMap(({ verdict }) =>
      verdict.kind !== "rejected" && verdict.suspended ? [suspensionWarning(verdict.suspended)] : [],
    ),
    ...outcomes.flatMap(({ verdict }) => (verdict.kind === "partial" ? [noteOf(verdict)] : [])),
    ...takenAway,
    // What a removal takes away is not said to stand already.
    ...outcomes.flatMap(({ verdict, statement }) =>
      verdict.kind === "rejected" || gone.has(statement.span) ? [] : (verdict.notes ?? []),
    ),
    ...noteDeniedRules(admission.state, admission.policies.guards, model.defaults.verdict),
    ...noteLooseLimits(admission.state, admission.state.accepted.ofKind("limit")),
    ...noteLooseReservations(
      admission.state,
      [...admission.state.accepted.ofKind("reserve")].filter(({ span }) => !explained.has(span)),
    ),
    // What answers may be among what is refused.
    ...(outcomes.some(({ verdict }) => verdict.kind === "rejected")
      ? []
      : [
          ...noteOneWay(admission.state, model.defaults.verdict, (allow) => denies.holding(allow).length > 0),
          ...denies.warn(admission.state.accepted.ofKind("allow")),
        ]),
    ...noteMissingFacts(
      admission.state,
      [...admission.state.accepted.ofKind("reserve")].filter(({ span }) => !explained.has(span)),
    ),
    ...silenced(admission),
  ];
  return { outcomes, rules: policies.outcomes, diagnostics: inOrder(diagnostics, model.statements) };
}

/**
 * A verdict on a reservation with the promise and the notes that hold when the whole file is accepted; and one on a
 * waypoint or an avoid without a suspension that has gone by then.
 */
function inTheEnd(
  { state, policies: { guards } }: Admission,
  standing: ReadonlyMap<Span, Accepted>,
  statement: Statement,
  verdict: Verdict,
  defaults: "allow" | "deny",
): Verdict {
  if (verdict.kind === "rejected") return verdict;
  const request = standing.get(statement.span);
  if (verdict.suspended !== undefined && (request === undefined || !isStillSuspended(state, request))) {
    const { suspended: _, ...holding } = verdict;
    return holding;
  }
  const action = statement.demand.kind === "request" ? statement.demand.action : undefined;
  if (action === "limit" || action === "waypoint" || action === "avoid")
    return withNotes(verdict, noteAllDenied(state, guards, statement, defaults));
  if (verdict.promise === undefined) return verdict;
  if (request === undefined) return verdict;
  const denied = noteAllDenied(state, guards, statement, defaults);
  const promise = denied.length > 0 ? NOT_GUARANTEED : promiseOf(state, request)!;
  return { ...withNotes(verdict, denied), promise };
}

/** With what is said of its flows when the whole file is accepted, in the place of what was said before. */
function withNotes(verdict: Granted, denied: readonly Diagnostic[]): Granted {
  const kept = (verdict.notes ?? []).filter(({ code }) => !OF_DENIED.includes(code));
  const { notes: _, ...rest } = verdict;
  return { ...rest, ...(kept.length + denied.length > 0 && { notes: [...kept, ...denied] }) };
}

type Granted = Exclude<Verdict, { readonly kind: "rejected" }>;

const OF_DENIED: readonly string[] = [
  codes.allDenied.code,
  codes.limitsDenied.code,
  codes.leadsDenied.code,
  codes.holdsLittle.code,
];

/** Whether a statement of a file is free of order, as declarations are (SEMANTICS, "Files"), or keeps its place. */
const IS_DECLARATION: Readonly<Record<Demand["kind"], boolean>> = {
  AddUser: true,
  NewShare: true,
  Grant: true,
  GrantDefault: true,
  RemoveUser: false,
  RemoveShare: false,
  Revoke: false,
  request: false,
  Cancel: false,
  Tick: false,
  query: false,
};

const isDeclaration = ({ demand }: Statement): boolean => IS_DECLARATION[demand.kind];

/** The error of a statement that was to be refused (`False <- …`) and was not. */
function unexpected({ statement, verdict }: Outcome): Diagnostic[] {
  const { expected, span } = statement;
  if (expected === undefined || expected === (verdict.kind !== "rejected")) return [];
  if (expected) return [];
  return [codes.expectation({ expected: "False", verdict: verdict.kind }, { span })];
}

/** Notes on guards' rules that deny flows of accepted requests: one line each, since `explain` shows every place. */
function silenced(admission: Admission): Diagnostic[] {
  const { found, unseen } = admission.policies.silenced();
  const rest = unseen
    .slice(0, 1)
    .map(({ rule: { span } }) =>
      codes.silencedUnseen({ rules: count(unseen.length, "rule"), limit: thousands(MOST_SILENCED) }, { span }),
    );
  const notes = found.map(({ guard, requests }) =>
    codes.silenced(
      {
        policy: guard.policy.name,
        requests: count(requests.length, "request"),
        names: list(requests.map(({ id }) => id)),
      },
      { span: guard.rule.span, help: `\`glazier explain ${shellWord(`@${guard.id}`)}\` shows which flows of each` },
    ),
  );
  return [...notes, ...rest];
}

/** Sorted by place: files in the order given, then by position. */
function inOrder(diagnostics: readonly Diagnostic[], statements: readonly Statement[]): Diagnostic[] {
  const files = new Map([...new Set(statements.map(({ span }) => span.source))].map((source, at) => [source, at]));
  const fileOf = (span: Span | undefined): number => (span ? (files.get(span.source) ?? files.size) : -1);
  return diagnostics.toSorted(
    (a, b) => fileOf(a.span) - fileOf(b.span) || (a.span?.start ?? 0) - (b.span?.start ?? 0) || byText(a.code, b.code),
  );
}
