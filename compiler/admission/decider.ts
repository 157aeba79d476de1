/**
 * One decision: the candidate is asserted, `reject(Q, Why)` is asked, and what was found becomes a verdict with its
 * certificate. Nothing is committed here (SEMANTICS, "Accepting a request").
 */
import { StepsError, type Engine, type StepBudget } from "../datalog/index.ts";
import type { AttemptView, Rule } from "../datalog/types.ts";
import { overlaps } from "../flowgroup/index.ts";
import { overlap } from "../net/interval.ts";
import type { DerivedRule } from "../derived/rule.ts";
import type { Demand, RequestDemand, Statement } from "../model/model.ts";
import { spendSteps, WorkError, withSteps } from "../net/work.ts";
import { certify, contentOf } from "../certificates/certificate.ts";
import { mayBeHeld } from "../certificates/entry-limit.ts";
import { boxFaultOf, isPlaced } from "../certificates/missing-paths.ts";
import type { Reason } from "../certificates/reasons.ts";
import type { Scarcity } from "../certificates/refusal.ts";
import { requestsOf, shareNamesOf } from "./state/own-names.ts";
import { remainder } from "../certificates/remainder.ts";
import { lowered } from "../certificates/offers.ts";
import type { Certificate, Grant, Piece, Verdict } from "../certificates/verdict.ts";
import { inOwnWords, ruleInOwnWords } from "../certificates/own-words.ts";
import { ruleTexts } from "../certificates/rule-text.ts";
import { demandText, requestText } from "../certificates/text.ts";
import { candidateFacts, type BaseFact, type Fact } from "./state/facts.ts";
import { candidateOf, findingIn, inOrderOf, partialReason, isWhole, wholeOf, type Finding } from "./finding.ts";
import { pathQuestionOf } from "./path-question.ts";
import { friendliestQuestionOf, isOfFacts, suspendedPieces } from "./suspension.ts";
import { ruleFact, type RuleCandidate } from "./policies/policies.ts";
import type { Accepted } from "./state/accepted.ts";
import type { State } from "./state/state.ts";
import { cutOf, inTheWayOf, withNamed } from "./state/later-fragments.ts";
import { promiseFor } from "./promises.ts";
import { ANYONE, isRated, lastKept, rulesOf, TRIAL, trialIn, type Held, type Trial } from "./trials.ts";
import { chargeOf, NOT_GUARANTEED } from "./state/steering.ts";
import type { Candidate } from "./state/world.ts";

/**
 * The steps that the rules of a network may take for all statements of its files, beside those that each fact about a
 * statement brings: a rule that looks at all that stands takes n² for n statements. They take about a second.
 */
const MOST_TOGETHER = 1_500_000;
/** What each fact about a statement brings: what the rules that ship take. */
const FREE_STEPS = 400;
/**
 * The steps that looking for what would be accepted may take for all refusals of files or of a trace together: each asks the
 * rules again, and a hundred refusals take longer than everything that is decided.
 */
const MOST_LOOKED = 30_000;

/** Whether pieces share a flow and an instant. */
const meet = (some: readonly Piece[], others: readonly Piece[]): boolean =>
  some.some((a) => others.some((b) => overlap(a.interval, b.interval) && overlaps(a.flows, b.flows)));

/** Called with the candidates of a decision and the facts that are asserted about them. */
export type Watch = (candidates: readonly Candidate[], facts: readonly Fact[]) => void;

/** Whether tables can be made of rules that begin at an instant, in Unix seconds. */
type HasTables = (rules: readonly DerivedRule[], start: number) => Held;

export class Decider {
  readonly #engine: Engine;
  readonly #state: State;
  /** The rules that the network adds to the admission rules. */
  readonly #own: ReadonlySet<Rule>;
  readonly #watch: Watch | undefined;
  #onSwitches: HasTables | undefined;
  /** The steps that are left to the decision that is being made; undefined: as many as it needs. */
  #budget: StepBudget | undefined;
  /** The steps that are left to all decisions together where a decision has no budget of its own; undefined: no rule is the network's. */
  #together: StepBudget | undefined;
  /** The steps that are left to all offers where a decision has no budget of its own. */
  readonly #looks: StepBudget = { left: MOST_LOOKED };

  constructor(engine: Engine, state: State, own: Iterable<Rule>, watch?: Watch, onSwitches?: HasTables) {
    this.#engine = engine;
    this.#state = state;
    this.#own = new Set(own);
    this.#together = this.#own.size > 0 ? { left: MOST_TOGETHER } : undefined;
    this.#watch = watch;
    this.#onSwitches = onSwitches;
  }

  /** From now on each offer is asked of `onSwitches` before it is made. */
  tryOffers(onSwitches: HasTables | undefined): void {
    this.#onSwitches = onSwitches;
  }

  /**
   * What `decide` gives, which may take what is left of a budget: all questions of its certificate together, and each
   * comparison of sets.
   *
   * @throws {StepsError | WorkError} It would take more.
   */
  within<T>(budget: StepBudget | undefined, decide: () => T): T {
    this.#budget = budget;
    // What is said has a budget for each statement, and no end.
    if (budget !== undefined) this.#together = undefined;
    try {
      return withSteps(budget, decide);
    } finally {
      this.#budget = undefined;
    }
  }

  /** The verdict on a statement that would be accepted under an identity. */
  decide(id: string, statement: Statement): Verdict {
    const { demand } = statement;
    const finding = this.#ask(id, statement);
    if (finding.code !== undefined) return this.reject(statement, finding);
    const suspended = this.suspension(statement, finding);
    if (isWhole(finding) || demand.kind !== "request" || finding.suspends?.code === "link-short")
      return { kind: "accepted", ...wholeOf(demand), ...this.#promise(demand, suspended), ...suspended };
    const grant = this.#partial(statement, demand, finding);
    if (grant === "undecided") return this.reject(statement, { ...finding, code: "too-many-pieces" });
    if (grant === undefined) return this.#exhausted(id, statement, demand);
    const promise = this.#promise({ ...demand, ...grant });
    return {
      kind: "partial",
      ...grant,
      ...promise,
      ...suspended,
      certificate: this.#certify(statement, finding, partialReason(finding)),
    };
  }

  /** The verdict on a partial request of which nothing is left: it is as firm as a strict one. */
  #exhausted(id: string, statement: Statement, demand: RequestDemand): Verdict {
    const finding = this.#ask(id, statement, [["exhausted", [id]]]);
    if (finding.code !== undefined) return this.reject(statement, finding);
    const suspended = this.suspension(statement, finding);
    return { kind: "accepted", ...wholeOf(demand), ...this.#promise(demand, suspended), ...suspended };
  }

  /**
   * The grant of a partial request: the pieces that nothing blocks, or the rate that is left; undefined: nothing;
   * `"undecided"`: it falls into too many pieces.
   */
  #partial(
    statement: Statement,
    demand: RequestDemand,
    { blockers, clashes }: Finding,
  ): Grant | "undecided" | undefined {
    const { flows, interval, rate } = demand;
    if (blockers.length > 0) {
      const taken = this.#met(blockers, [demand]).flatMap((blocker) => blocker.pieces);
      let pieces = remainder(flows, interval, taken);
      if (pieces === "undecided") return pieces;
      pieces = cutOf(flows, pieces, demand.action !== "deny");
      return pieces.length === 0 ? undefined : { pieces, ...(rate !== undefined && { rate }) };
    }
    const less = rate === undefined ? undefined : lowered(this.scarcity(demand, clashes));
    if (!less || !this.acceptable({ ...less, mode: "strict" }, statement)) return undefined;
    return { pieces: [{ flows, interval }], rate: less.rate };
  }

  /** Blockers with all of theirs that stands in the way of these pieces, fragments that both may hold among it. */
  #met(blockers: readonly Accepted[], asked: readonly Piece[]): readonly Accepted[] {
    return blockers.map((one) => {
      const pieces = inTheWayOf(asked, one, this.#state.fragments);
      return pieces === one.pieces ? one : { ...one, pieces };
    });
  }

  /** Whether a blocker shares no flow with a candidate, but only fragments. */
  #meetsByFragments(one: Accepted, { pieces = [], action }: Candidate): boolean {
    const { fragments } = this.#state;
    const isNamed = withNamed(one.pieces, one.kind, fragments) !== one.pieces;
    return (isNamed || withNamed(pieces, action, fragments) !== pieces) && !meet(one.pieces, pieces);
  }

  /** The promise for a reservation (NETWORK, "Promises"). */
  #promise(demand: Demand, { suspended }: Pick<Grant, "suspended"> = {}): Pick<Grant, "promise"> {
    if (demand.kind !== "request" || demand.action !== "reserve") return {};
    if (suspended !== undefined) return { promise: NOT_GUARANTEED };
    return { promise: promiseFor(this.#state, this.#state.tree.get(demand.share)!, demand, demand.rate!) };
  }

  /**
   * The bandwidth that a reserve or a limit would compete for now. Its share must exist.
   *
   * @param clashes Those of the demand, where they are known.
   */
  scarcity(
    demand: RequestDemand,
    clashes?: readonly Accepted[],
    clashesOf = (other: RequestDemand): readonly Accepted[] => this.#clashes(other),
  ): Scarcity {
    const { tree, accepted, now } = this.#state;
    const { interval, share, rate = 0 } = demand;
    return {
      // A rule of a policy may have begun long ago.
      booking: { ...demand, rate, interval: { start: Math.max(now, interval.start), end: interval.end } },
      charge: chargeOf(this.#state, tree.get(share)!, demand),
      clashes: clashes ?? this.#clashes(demand),
      reservations: () => accepted.latestOfKind("reserve"),
      clashesOf,
      spend: spendSteps,
    };
  }

  /** Lower limits beside a reservation, or higher reservations beside a limit, as the rules find them. */
  #clashes(demand: RequestDemand): readonly Accepted[] {
    return inOrderOf(this.#state, this.#try(TRIAL, { ...ANYONE, demand }).clashes);
  }

  /** Whether a demand by the same speaker would be accepted whole now; `rule`: it stands in place of that rule. */
  acceptable(demand: Demand, statement: Statement, rule?: RuleCandidate): boolean {
    if (rule !== undefined) return this.#isWholly(demand, statement, rule);
    return this.#trialsOf(demand, statement).every((id) =>
      this.#isAccepting(this.#try(id, { ...statement, id, demand }), demand, statement),
    );
  }

  /** Whether a trial ends well. Where facts may suspend the demand, all is asked of it. */
  #isAccepting({ reasons, isFree }: Trial, demand: Demand, statement: Statement): boolean {
    if (reasons.length === 0) return isFree;
    return this.#state.suspends && reasons.some(isOfFacts) && this.#isWholly(demand, statement);
  }

  /** The slow twin of a trial: each finding with its reason and proof. */
  #isWholly(demand: Demand, statement: Statement, rule?: RuleCandidate): boolean {
    return this.#trials(demand, statement, rule).every(
      (finding) => finding.code === undefined && finding.suspends === undefined && isWhole(finding),
    );
  }

  #trials(demand: Demand, statement: Statement, rule?: RuleCandidate): readonly Finding[] {
    if (rule === undefined) {
      return this.#trialsOf(demand, statement).map((id) => this.#ask(id, { ...statement, id, demand }));
    }
    const { id, policy } = rule;
    const asked = demand.kind === "request" ? [ruleFact(id, policy, rule.rule, demand.action, demand.share)] : [];
    return [this.ask([candidateOf(id, demand)], asked).get(id)!];
  }

  /** Identities under which a demand is tried: waypoints of several statements are passed in the order of theirs. */
  #trialsOf(demand: Demand, { id: own, label }: Statement): readonly string[] {
    if (demand.kind !== "request" || demand.nodes === undefined) return [TRIAL];
    const { accepted, now } = this.#state;
    // Of a request with a label the identity is the label, or what a network that serves makes of it.
    const ids = [requestText(demand, now), ...(label === undefined ? [] : [own])];
    return ids.map((id) => (accepted.get(id) === undefined ? id : TRIAL));
  }

  /** What is found to be acceptable; undefined: the steps for that are spent, and nothing is decided by it. */
  #offered<T>(look: () => T): T | undefined {
    if (this.#budget !== undefined) return look();
    if (this.#looks.left < 0) return undefined;
    this.#budget = this.#looks;
    try {
      return withSteps(this.#looks, look);
    } catch (error) {
      if (!(error instanceof StepsError || error instanceof WorkError)) throw error;
      this.#looks.left = -1;
      return undefined;
    } finally {
      this.#budget = undefined;
    }
  }

  #hasTables(demand: RequestDemand): Held {
    const { depth } = this.#state.tree.get(demand.share)!;
    // A trial has a bound of its own: where that ends, the offer is not made, and the statement is decided all the same.
    return withSteps(undefined, () => this.#onSwitches?.(rulesOf(demand, depth), demand.interval.start)) ?? true;
  }

  /** What the rules would say of a demand that a speaker makes now. */
  trial(demand: Demand, speaker: string): Finding {
    return this.#ask(TRIAL, { ...ANYONE, speaker, demand });
  }

  /** Asserts a candidate and asks the rules for no more than a trial needs. */
  #try(id: string, statement: Statement): Trial {
    const candidate = candidateOf(id, statement.demand);
    return this.#attempt([candidate], candidateFacts(id, statement), (view) => trialIn(view, candidate));
  }

  /** Asserts a candidate, asks, and takes it back. */
  #ask(id: string, statement: Statement, more: readonly BaseFact[] = []): Finding {
    const candidate = candidateOf(id, statement.demand);
    return this.ask([candidate], [...candidateFacts(id, statement), ...more]).get(id)!;
  }

  /** Asserts candidates together, asks what the rules say of each, and takes them back. */
  ask(candidates: readonly Candidate[], insert: readonly Fact[]): Map<string, Finding> {
    return this.#attempt(
      candidates,
      insert,
      (view) => new Map(candidates.map((one) => [one.id, findingIn(view, one, this.#state, this.#own)])),
    );
  }

  #attempt<Value>(
    candidates: readonly Candidate[],
    insert: readonly Fact[],
    look: (view: AttemptView) => Value,
  ): Value {
    spendSteps(1);
    this.#watch?.(candidates, insert);
    for (const candidate of candidates) this.#state.candidates.set(candidate.id, candidate);
    const free = FREE_STEPS * insert.length;
    const together = this.#budget === undefined && this.#together;
    const budget = together ? { left: Math.max(0, together.left) + free } : this.#budget;
    const most = budget?.left ?? 0;
    try {
      return this.#engine.attempt({ insert }, (view) => ({ commit: false, value: look(view) }), budget).value;
    } finally {
      this.#state.candidates.clear();
      if (together) together.left -= Math.max(0, most - budget!.left - free);
    }
  }

  /** What the network takes away of a request that stands; nothing, where it takes nothing away. */
  suspension(statement: Statement, finding: Finding, rule?: RuleCandidate): Pick<Grant, "suspended"> {
    const { suspends } = finding;
    if (suspends === undefined) return {};
    const certificate = this.#certify(statement, { ...finding, proof: suspends.proof }, suspends.code, rule);
    const candidate = rule?.candidate ?? candidateOf(statement.id, statement.demand);
    return { suspended: { certificate, pieces: suspendedPieces(this.#state, candidate, suspends.code) } };
  }

  /** The rejection with the certificate of a finding; `rule`: of that rule of a policy. */
  reject(statement: Statement, finding: Finding, rule?: RuleCandidate): Verdict {
    // What is to be refused is not mended, and what is granted stands: no table is asked for it.
    const isMended = statement.expected !== false;
    return { kind: "rejected", certificate: this.#certify(statement, finding, finding.code!, rule, isMended) };
  }

  /** `isMended`: what is offered is to stand in the statement's place, so tables must hold it. */
  #certify(statement: Statement, finding: Finding, code: Reason, rule?: RuleCandidate, isMended = false): Certificate {
    const { tree, accepted, now } = this.#state;
    const candidate = rule?.candidate ?? candidateOf(statement.id, statement.demand);
    const tried = lastKept((demand) => this.#try(TRIAL, { ...statement, id: TRIAL, demand }));
    let untried = 0;
    const hasTables = (demand: RequestDemand): boolean => {
      const held = !isMended || this.#hasTables(demand);
      if (held === "untried") untried++;
      return held === true;
    };
    const certificate = certify({
      statement,
      ...finding,
      blockers: this.#met(finding.blockers, candidate.pieces ?? []),
      within: (look) => this.#offered(look),
      byFragments: finding.blockers.find((one) => this.#meetsByFragments(one, candidate)),
      asked: candidate.pieces ?? [],
      say: (demand) => {
        const asRule = rule !== undefined && demand.kind === "request";
        if (!asRule) return [inOwnWords(demand, statement, tree, now) ?? demandText(demand, now)];
        const head = rule.rule.effect.kind === "pass" ? "pass" : undefined;
        const own = candidate.pieces?.length === 1 ? ruleInOwnWords(demand, statement, tree, head) : undefined;
        return own === undefined ? ruleTexts(demand, rule.policy, now, head) : [own];
      },
      code,
      tree,
      now,
      users: () => this.#state.users(),
      requests: () => requestsOf(this.#state, statement.speaker),
      called: this.#state.called && ((id) => this.#state.called!(id, statement.speaker)),
      shares: () => shareNamesOf(tree, statement.speaker),
      accepted: (id) => accepted.get(id),
      content: (share) => contentOf(share, accepted.inShare(share)),
      cost: (share, whole) => accepted.cost(share, whole),
      acceptable: (demand) =>
        (demand.kind !== "request" || mayBeHeld(demand, this.#state.topology)) &&
        (rule === undefined && isRated(demand)
          ? this.#isAccepting(tried(demand), demand, statement)
          : this.acceptable(demand, statement, rule)) &&
        (demand.kind !== "request" || hasTables(demand)),
      blockersOf: (demand) => this.#met(this.#trials(demand, statement, rule)[0]!.blockers, [demand]),
      isPlaced: (node) => isPlaced(this.#state.topology, node),
      boxFault: (node) => boxFaultOf(this.#state.topology, node),
      cut: (of, pieces) => cutOf(of, pieces, candidate.action !== "deny"),
      pathQuestion: (demand) => pathQuestionOf(this.#state, candidateOf(statement.id, demand)),
      // What is refused in a file is so in the friendliest network: there it must be free of what is named.
      friendliestQuestion: (demand) =>
        this.#state.suspends && finding.code === code
          ? friendliestQuestionOf(this.#state, candidateOf(statement.id, demand))
          : undefined,
      scarcity: (demand) =>
        rule === undefined
          ? this.scarcity(demand, demand === statement.demand ? finding.clashes : undefined, (other) =>
              // All offers are strict, so what is asked here is what will be tried.
              inOrderOf(this.#state, tried({ ...other, mode: "strict" }).clashes),
            )
          : this.scarcity(demand),
    });
    return untried > 0 && certificate.nearest.length === 0 ? { ...certificate, isUntried: true } : certificate;
  }
}
