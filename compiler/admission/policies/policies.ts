/**
 * Policies → candidates of decisions (SEMANTICS, "Policies"): rules arranged in levels, to be admitted after
 * all shares and before all requests, and blocked only from other branches. Guards stand above the shares and are never
 * blocked.
 */
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { flowgroup } from "../../flowgroup/index.ts";
import type { Cascade, Policy, PolicyRule, RequestDemand, Statement } from "../../model/model.ts";
import type { Charge } from "../../shares/bandwidth.ts";
import type { Piece, Verdict } from "../../certificates/verdict.ts";
import type { RequestKind } from "../../syntax/ast.ts";
import type { Share } from "../../shares/tree.ts";
import { arrange, pieceOf, type PlacedRule } from "./cascade.ts";
import type { BaseFact } from "../state/facts.ts";
import type { GrantedCube } from "../state/in-force.ts";
import type { Candidate, Levels } from "../state/world.ts";
import type { State } from "../state/state.ts";
import { hullOf, type Accepted } from "../state/accepted.ts";
import { append } from "../../net/lists.ts";

/** The decision on one rule of a policy. */
export interface RuleOutcome {
  readonly policy: Policy;
  readonly rule: PolicyRule;
  readonly verdict: Verdict;
}

/** A rule as the candidate of a decision. */
export interface RuleCandidate {
  readonly id: string;
  readonly policy: Policy;
  readonly rule: PolicyRule;
  readonly candidate: Candidate;
  readonly facts: readonly BaseFact[];
  /** The rule as a request, for the certificate. */
  readonly statement: Statement;
  /** Its place in the order of its share; absent: a guard's rule, or one that passes. */
  readonly placed?: PlacedRule;
}

/** All policies of a network, arranged share by share. */
export interface PolicyPlan {
  /** Candidates that are decided together: the rules of one policy. */
  readonly groups: readonly (readonly RuleCandidate[])[];
  readonly levels: ReadonlyMap<string, Levels>;
  readonly diagnostics: readonly Diagnostic[];
}

/** Arranges the policies; groups come in the order in which the policies are written. */
export function planPolicies(policies: readonly Policy[], cascades: readonly Cascade[]): PolicyPlan {
  const levels = new Map<string, Levels>();
  const diagnostics: Diagnostic[] = [];
  const groups = new Map<Policy, RuleCandidate[]>(policies.map((policy) => [policy, []]));
  const ids = new Set<string>();
  const twins = new Map<string, number>();
  const unique = (wanted: string): string => {
    let id = wanted;
    let twin = twins.get(wanted) ?? 2;
    for (; ids.has(id); twin++) id = `${wanted} #${twin}`;
    twins.set(wanted, twin);
    ids.add(id);
    return id;
  };
  for (const share of new Set(policies.filter((policy) => !policy.guard).map((policy) => policy.share))) {
    const own = policies.filter((policy) => policy.share === share && !policy.guard);
    const arrangement = arrange(
      own,
      cascades.find((cascade) => cascade.share === share),
    );
    levels.set(share, arrangement.levels);
    append(diagnostics, arrangement.diagnostics);
    for (const placed of arrangement.rules) groups.get(placed.policy)!.push(ofRule(unique(placed.rule.id), placed));
    for (const policy of own) {
      const passes = policy.rules.filter(({ effect, cubes }) => effect.kind === "pass" && cubes.length > 0);
      for (const rule of passes) groups.get(policy)!.push(ofPass(unique(rule.id), policy, rule));
    }
  }
  for (const policy of policies.filter(({ guard }) => guard)) {
    for (const rule of policy.rules) groups.get(policy)!.push(ofGuard(unique(rule.id), policy, rule));
  }
  return { groups: [...groups.values()].flatMap(decidedTogether), levels, diagnostics };
}

/**
 * Verdicts of one policy never conflict among themselves and are decided together. Bandwidth is not: each rule leaves
 * less to the next.
 */
function decidedTogether(group: readonly RuleCandidate[]): RuleCandidate[][] {
  const isVerdict = ({ placed }: RuleCandidate): boolean =>
    placed === undefined || placed.kind === "allow" || placed.kind === "deny";
  const together = group.filter(isVerdict);
  return [...(together.length > 0 ? [together] : []), ...group.filter((one) => !isVerdict(one)).map((one) => [one])];
}

function ofRule(id: string, placed: PlacedRule): RuleCandidate {
  const { policy, rule, kind, pieces } = placed;
  return {
    id,
    policy,
    rule,
    candidate: { id, pieces, strict: true, action: kind, ...askedBy(rule) },
    facts: [ruleFact(id, policy, rule, kind, policy.share)],
    statement: statementOf(id, policy, rule, kind, pieces),
    placed,
  };
}

/** A rule that passes flows on decides nothing and has no place; it is only asked whether its policy may. */
function ofPass(id: string, policy: Policy, rule: PolicyRule): RuleCandidate {
  const pieces = [pieceOf(rule)];
  return {
    id,
    policy,
    rule,
    candidate: { id, pieces, strict: true },
    facts: [ruleFact(id, policy, rule, "allow", policy.share)],
    // No request can pass, so `allow` stands in; only its flows are read.
    statement: statementOf(id, policy, rule, "allow", pieces),
  };
}

/** The fact by which a rule of a policy is decided, on this share. */
export function ruleFact(
  id: string,
  { speaker }: Policy,
  { effect }: PolicyRule,
  kind: RequestKind,
  share: string,
): BaseFact {
  if (effect.kind === "pass") return ["pass_rule", [id, speaker, share]];
  return ["policy_rule", [id, speaker, kind, share]];
}

function ofGuard(id: string, policy: Policy, rule: PolicyRule): RuleCandidate {
  const pieces = [pieceOf(rule)];
  return {
    id,
    policy,
    rule,
    candidate: { id, pieces, strict: true },
    facts: [["guard_rule", [id, policy.speaker, rule.effect.kind]]],
    statement: statementOf(id, policy, rule, "deny", pieces),
  };
}

/** The rate or the nodes that a rule asks for. */
const askedBy = ({ effect }: PolicyRule): Pick<RequestDemand, "rate" | "nodes"> =>
  "rate" in effect ? { rate: effect.rate } : "nodes" in effect ? { nodes: effect.nodes } : {};

function statementOf(
  id: string,
  policy: Policy,
  rule: PolicyRule,
  action: RequestKind,
  pieces: readonly Piece[],
): Statement {
  const demand: RequestDemand = {
    kind: "request",
    action,
    flows: flowgroup(pieces.flatMap(({ flows }) => flows.cubes)),
    ...askedBy(rule),
    mode: "strict",
    share: policy.share,
    interval: hullOf(pieces),
  };
  return { id, text: rule.text, speaker: policy.speaker, demand, span: rule.span };
}

/** An admitted rule as an accepted request; `charge`: of a reservation. */
export function acceptedRule(one: RuleCandidate, share: Share, order: number, charge?: Charge): Accepted {
  const { id, policy, rule, placed } = one;
  const { kind, pieces, rank, level } = placed!;
  const { speaker, name } = policy;
  const { text, span } = rule;
  return {
    id,
    kind,
    share,
    speaker,
    pieces,
    rank,
    level,
    policy: name,
    ...(policy.ordered && { ordered: true as const }),
    rule,
    siblings: policy.rules,
    ...askedBy(rule),
    ...(charge && { charge }),
    interval: hullOf(pieces),
    text,
    span,
    order,
    told: {},
  };
}

/** The cubes of a guard's rule, above everything that shares decide. */
export const guardCubes = ({ id, candidate }: RuleCandidate, state: Pick<State, "shown">): GrantedCube[] =>
  state
    .shown({ kind: "deny", pieces: candidate.pieces ?? [] })
    .flatMap(({ flows, interval }) =>
      flows.cubes.map((cube): GrantedCube => ({ statement: id, stage: "guard", cube, level: 0, interval })),
    );
