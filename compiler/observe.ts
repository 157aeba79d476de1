/**
 * A trial run of single shares (NETWORK, "Observe"). The switches enforce the policy without the requests and policies
 * of these shares, and count in an earlier table the packets that these would decide. So observing only takes effect
 * away: what another share or a guard denies stays denied, also where an observed request would allow it.
 */
import { spansOf, type Decided } from "./admission/decided.ts";
import { openAdmission, type Setting } from "./admission/network-rules.ts";
import { submitAll } from "./admission/submit.ts";
import type { DerivedRule } from "./derived/rule.ts";
import type { Model } from "./model/model.ts";
import type { Span } from "./source.ts";

/** The policy that acts during a trial run, and the statements that are only counted. */
export interface Observation {
  /** Names of the observed shares. */
  readonly shares: readonly string[];
  /** The policy without their requests and policies. */
  readonly acting: Decided;
  /** Identities of their accepted requests and rules. */
  readonly watched: ReadonlySet<string>;
  /** Identity of a statement → its place; of all statements, observed or not. */
  readonly spans: ReadonlyMap<string, Span>;
}

/**
 * Decides a policy again without the requests and policies of these shares; `setting` is that of the first decision.
 */
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

/** The observed ones of the rules in force, marked so that they are counted and do not act. */
export const countedOf = ({ watched }: Observation, active: readonly DerivedRule[]): readonly DerivedRule[] =>
  active
    .filter(({ statement, stage }) => stage === "admission" && watched.has(statement))
    .map((rule) => ({ ...rule, observed: true }));

/** The model without rejected statements, the shares' requests and policies, and the cancels of these requests. */
function withoutRequests({ model, outcomes }: Decided, shares: readonly string[]): Model {
  const removed = new Set<string>();
  const statements = outcomes.flatMap(({ statement, verdict }) => {
    const { demand, id, label } = statement;
    const isWatched = demand.kind === "request" && shares.includes(demand.share);
    if (isWatched) for (const name of [id, label ?? id]) removed.add(name);
    return verdict.kind === "rejected" || isWatched || (demand.kind === "Cancel" && removed.has(demand.request))
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
