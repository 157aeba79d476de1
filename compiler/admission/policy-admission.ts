/**
 * Policies on their way into admission (SEMANTICS, "Policies"): arranged in levels, then admitted rule by
 * rule, after all shares and before all requests. Rules of guards stand above the shares and are kept here.
 */
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Cascade, Policy } from "../model/model.ts";
import type { Decider } from "./decider.ts";
import {
  guardCubes,
  planPolicies,
  acceptedRule,
  type PolicyPlan,
  type RuleCandidate,
  type RuleOutcome,
} from "./policies/policies.ts";
import { RANKS, type Accepted } from "./state/accepted.ts";
import { overlapping } from "./state/overlaps.ts";
import { chargeOf, withoutLinks } from "./state/steering.ts";
import type { StateChange } from "./state/state-changes.ts";
import type { Store } from "./state/store.ts";

/** The decision on every rule of the policies, and what is wrong with their order. */
export interface PolicyResult {
  readonly outcomes: readonly RuleOutcome[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Kinds of requests that a guard's deny overrides: a denied flow passes nowhere, and nothing is reserved for it. */
export const SILENCED = ["allow", "reserve"] as const;

/** Each of many guards' rules may silence each of many requests, and a file is told of so many of these pairs. */
export const MOST_SILENCED = 20_000;

/** A guard's rule, and the accepted requests that it denies some flows of. */
export interface Silencing {
  readonly guard: RuleCandidate;
  /** In order of acceptance. */
  readonly requests: readonly Accepted[];
}

export class PolicyAdmission {
  readonly #store: Store;
  readonly #decider: Decider;
  readonly #guards: RuleCandidate[] = [];
  /** Policies that are arranged and not yet admitted: candidates that are decided together. */
  #waiting: readonly (readonly RuleCandidate[])[] = [];

  constructor(store: Store, decider: Decider) {
    this.#store = store;
    this.#decider = decider;
  }

  /** The accepted rules of guards, in the order in which they are written. */
  get guards(): readonly RuleCandidate[] {
    return this.#guards;
  }

  /**
   * Admits policies. The rules of one policy are decided together: among themselves they never conflict. Once in the
   * life of an admission; policies that change are a new one.
   */
  submit(policies: readonly Policy[], cascades: readonly Cascade[]): PolicyResult {
    const diagnostics = this.arrange(policies, cascades);
    return { outcomes: this.admitAll(), diagnostics };
  }

  /**
   * Arranges policies whose shares and speakers may come later, as in a trace; gives what is wrong with their order.
   */
  arrange(policies: readonly Policy[], cascades: readonly Cascade[]): readonly Diagnostic[] {
    const { levels, groups, diagnostics } = planPolicies(policies, cascades);
    this.#store.setLevels(levels);
    this.#waiting = groups;
    return diagnostics;
  }

  /** Whether all policies have been admitted. */
  get isDone(): boolean {
    return this.#waiting.length === 0;
  }

  /** Brings back policies that were admitted before: their levels, and these rules of guards. */
  restore({ levels }: Pick<PolicyPlan, "levels">, guards: readonly RuleCandidate[]): void {
    this.#store.setLevels(levels);
    for (const guard of guards) this.#keepGuard(guard);
  }

  #keepGuard(guard: RuleCandidate): void {
    this.#guards.push(guard);
    for (const part of guardCubes(guard, this.#store.state)) this.#store.state.inForce.add(part);
  }

  /** Admits the arranged policies whose share and speaker are there by now. */
  admitReady(): RuleOutcome[] {
    return this.#admit((group) => this.#isReady(group));
  }

  /** Admits all policies that are still waiting. */
  admitAll(): RuleOutcome[] {
    return this.#admit(() => true);
  }

  /** The guards' rules that deny flows of accepted requests, each with those requests, until `MOST_SILENCED` are found. */
  silenced(): { readonly found: readonly Silencing[]; readonly unseen: readonly RuleCandidate[] } {
    const found: Silencing[] = [];
    let left = MOST_SILENCED;
    for (const [at, guard] of this.#guards.entries()) {
      if (left < 0) return { found, unseen: this.#guards.slice(at) };
      const pieces = guard.candidate.pieces!;
      const requests = SILENCED.flatMap((kind) => overlapping(this.#store.state, pieces, kind, RANKS));
      left -= requests.length;
      if (requests.length > 0) found.push({ guard, requests: requests.toSorted((a, b) => a.order - b.order) });
    }
    return { found, unseen: [] };
  }

  #isReady([first]: readonly RuleCandidate[]): boolean {
    const { state } = this.#store;
    const { guard, share: name, speaker } = first!.policy;
    const share = state.tree.get(name);
    return guard || (share !== undefined && state.speaks(speaker, share));
  }

  #admit(isReady: (group: readonly RuleCandidate[]) => boolean): RuleOutcome[] {
    const ready = new Set(this.#waiting.filter(isReady));
    this.#waiting = this.#waiting.filter((group) => !ready.has(group));
    return [...ready].flatMap((group) => this.#admitGroup(group));
  }

  #admitGroup(group: readonly RuleCandidate[]): RuleOutcome[] {
    const { state } = this.#store;
    const findings = this.#decider.ask(
      group.map(({ candidate }) => candidate),
      group.flatMap(({ facts }) => facts),
    );
    const changes: StateChange[] = [];
    const outcomes = group.flatMap((one): RuleOutcome[] => {
      const { id, policy, rule, candidate } = one;
      const finding = findings.get(id)!;
      if (finding.code !== undefined)
        return [{ policy, rule, verdict: this.#decider.reject(one.statement, finding, one) }];
      // A `pass` is nothing by itself: its flows have been taken out of the rules that it overrides.
      if (rule.effect.kind === "pass") return [];
      const suspended = this.#decider.suspension(one.statement, finding, one);
      if (one.placed) {
        const share = state.tree.get(policy.share)!;
        const { kind, pieces } = one.placed;
        const full = kind === "reserve" ? chargeOf(state, share, pieces[0]!) : undefined;
        const charge = full && suspended.suspended !== undefined ? withoutLinks(full) : full;
        const request = acceptedRule(one, share, this.#store.nextOrder(), charge);
        changes.push({ kind: "request", request, present: true });
      } else this.#keepGuard(one);
      return [{ policy, rule, verdict: { kind: "accepted", pieces: candidate.pieces!, ...suspended } }];
    });
    this.#store.perform(changes);
    return outcomes;
  }
}
