/**
 * A trial run of single shares (NETWORK, "Observe"): the policy without what they ask for is what acts, and what they
 * would decide is counted before it. So observing takes effect away and gives none: what any other share or a guard denies
 * stays denied, also where an observed request has cut it.
 */
import { spansOf, type Decided } from "./admission/decided.ts";
import { openAdmission, type Setting } from "./admission/network-rules.ts";
import { submitAll } from "./admission/submit.ts";
import type { DerivedRule } from "./derived/rule.ts";
import type { Model } from "./model/model.ts";
import type { Span } from "./source.ts";

export interface Observation {
  /** Names of the observed shares. */
  readonly shares: readonly string[];
  /** The policy without their requests and policies. */
  readonly acting: Decided;
  /** Identities of what they ask for. */
  readonly watched: ReadonlySet<string>;
  readonly spans: ReadonlyMap<string, Span>;
}

/** Decides a policy once more, without what these shares ask for; `setting`: that of the first decision. */
export function observe(decided: Decided, shares: readonly string[], setting: Omit<Setting, "now">): Observation {
  const { admission: opened, model } = openAdmission(withoutRequests(decided, shares), {
    ...setting,
    now: decided.model.now,
    suspends: true,
  });
  const { diagnostics, outcomes, rules } = submitAll(opened, model);
  const acting = { model, admission: opened, diagnostics, outcomes, rules, good: true };
  const standing = [...decided.admission.state.accepted];
  const watched = new Set(standing.filter(({ share }) => shares.includes(share.name)).map(({ id }) => id));
  return { shares, acting, watched, spans: spansOf(decided) };
}

/** What is only counted of the rules in force. */
export const countedOf = ({ watched }: Observation, active: readonly DerivedRule[]): readonly DerivedRule[] =>
  active
    .filter(({ statement, stage }) => stage === "admission" && watched.has(statement))
    .map((rule) => ({ ...rule, observed: true }));

/** What was refused, as expected, does not act either; and what the shares ask for needs no cancelling. */
function withoutRequests({ model, outcomes }: Decided, shares: readonly string[]): Model {
  const gone = new Set<string>();
  const statements = outcomes.flatMap(({ statement, verdict }) => {
    const { demand, id, label } = statement;
    const isWatched = demand.kind === "request" && shares.includes(demand.share);
    if (isWatched) for (const name of [id, label ?? id]) gone.add(name);
    return verdict.kind === "rejected" || isWatched || (demand.kind === "Cancel" && gone.has(demand.request))
      ? []
      : [statement];
  });
  const isKept = ({ share, guard = false }: { readonly share: string; readonly guard?: boolean }): boolean =>
    guard || !shares.includes(share);
  return {
    ...model,
    statements,
    policies: model.policies.filter(isKept),
    cascades: model.cascades.filter(isKept),
  };
}
