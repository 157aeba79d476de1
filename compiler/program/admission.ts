/**
 * Admission: statements in, verdicts out. One Datalog engine for its whole life holds the state as facts and the rules
 * of `policies/pane.fml`; a statement is asserted as a candidate, `reject(Q, Why)` is asked, and it is committed if
 * nothing answers (SEMANTICS, "Accepting a request"). Nothing changes on a rejection, and nothing past is re-decided.
 */
import { Engine, type Constant, type Rule, type Tuple } from "../datalog/index.ts";
import type { Cascade, Demand, Policy, RequestDemand, Statement } from "../model/model.ts";
import { certify, contentOf } from "../shares/certificate.ts";
import { rootCause } from "../shares/reasons.ts";
import type { Topology } from "../paths/index.ts";
import { remainder } from "../shares/remainder.ts";
import { isPlaced } from "../shares/detours.ts";
import type { Scarcity } from "../shares/refusal.ts";
import { lowered } from "../shares/scarcity.ts";
import type { Share } from "../shares/tree.ts";
import type { Certificate, Grant, Verdict } from "../shares/verdict.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { DerivedChange, DerivedRule } from "./derived.ts";
import { BASE_RELATIONS, candidateFacts, shareFacts, type Fact } from "./facts.ts";
import { candidateOf, givenWay, inOrder, isWhole, wholeOf, type Finding } from "./finding.ts";
import { guardParts, planPolicies, standingOf, type RuleCandidate, type RuleOutcome } from "./policies.ts";
import { strandedBy } from "./meeting.ts";
import { Publisher } from "./publish.ts";
import { relations, timeFunctions } from "./relations.ts";
import { RANKS, type Accepted } from "./standing.ts";
import { State } from "./state.ts";
import { VOCABULARY } from "./vocabulary.ts";
import { invert, stepFacts, stepsOf, type Step } from "./steps.ts";
import type { Candidate, Levels, Settle } from "./world.ts";

export interface AdmissionOptions {
  /** The admission rules: `policies/pane.fml`, translated. */
  readonly rules: readonly Rule[];
  /** Rules that the network adds, and the relations that they use. */
  readonly own?: readonly Rule[];
  readonly facts?: ReadonlyMap<string, readonly Tuple[]>;
  /** Users that the directory or a fact names; they exist without AddUser. */
  readonly users?: Iterable<string>;
  readonly now: number;
  /** How the switches are wired; without it no path is known. */
  readonly topology?: Topology | undefined;
  /** The second engine, for what the set algebra cannot decide within its budget. */
  readonly settle?: Settle | undefined;
  /** What one question about sets may cost the algebra, in pieces. */
  readonly budget?: number | undefined;
}

/** What became of policies: the decision on every rule, and what is wrong with their order. */
export interface PolicyResult {
  readonly outcomes: readonly RuleOutcome[];
  readonly diagnostics: readonly Diagnostic[];
}

/** A point to which a transaction can be taken back. */
export type Mark = number;

export class Admission {
  readonly #engine: Engine;
  readonly #state: State;
  /** Steps of the open transaction, oldest first; undefined while none is open. */
  #journal: Step[] | undefined;
  #order = 0;
  readonly #guards: RuleCandidate[] = [];
  readonly #publisher: Publisher;

  constructor(options: AdmissionOptions) {
    const facts = factsFor(options);
    const own = [...facts].map(([name, tuples]) => [name, tuples[0]?.length ?? 1] as const);
    this.#state = new State(options);
    this.#engine = new Engine({
      rules: [...options.rules, ...(options.own ?? [])],
      builtins: timeFunctions,
      externals: relations(this.#state),
      base: { ...Object.fromEntries(own), ...BASE_RELATIONS },
    });
    const insert: Fact[] = [...facts].flatMap(([name, tuples]) => tuples.map((tuple): Fact => [name, tuple]));
    for (const user of this.#state.users()) insert.push(["user", [user]]);
    const root = this.#state.tree.root;
    insert.push(["added", ["root"]], ...this.#shareFacts(root), ["speaker", [root.name, "root"]]);
    this.#engine.transact({ insert });
    this.#publisher = new Publisher(this.#engine, this.#state.inForce);
  }

  /** The network as it stands, to be read. */
  get state(): State {
    return this.#state;
  }

  /** The engine that holds it, to be asked. */
  get engine(): Pick<Engine, "query" | "has" | "explain" | "whyNot"> {
    return this.#engine;
  }

  /** Decides one statement. */
  submit(statement: Statement, now: number): Verdict {
    this.advance(now);
    const id = this.identity(statement);
    const { demand } = statement;
    const finding = this.#ask(id, statement);
    if (finding.code !== undefined) return this.#rejected(statement, finding);
    const whole = isWhole(finding);
    const grant = demand.kind === "request" && !whole ? this.#yield(statement, demand, finding) : wholeOf(demand);
    if (grant === undefined) return this.#rejected(statement, this.#ask(id, statement, [["exhausted", [id]]]));
    const promise = this.#promise(demand);
    const verdict: Verdict = whole
      ? { kind: "accepted", ...grant, ...promise }
      : { kind: "partial", ...grant, ...promise, certificate: this.#certify(statement, finding, givenWay(finding)) };
    this.perform(stepsOf(statement, id, grant, this.#order++, this.#state));
    return verdict;
  }

  /** What a partial request gets: the pieces that nothing blocks, or the rate that there is. Undefined: nothing. */
  #yield(statement: Statement, demand: RequestDemand, { blockers }: Finding): Grant | undefined {
    const { flows, interval, rate } = demand;
    if (blockers.length > 0) {
      const taken = blockers.flatMap((blocker) => blocker.pieces);
      const pieces = remainder(flows, interval, taken);
      return pieces.length === 0 ? undefined : { pieces, ...(rate !== undefined && { rate }) };
    }
    const less = rate === undefined ? undefined : lowered(this.scarcity(demand));
    if (!less || !this.acceptable({ ...less, mode: "strict" }, statement)) return undefined;
    return { pieces: [{ flows, interval }], rate: less.rate };
  }

  /** NETWORK, "On the wire": reservations say what they are. */
  #promise(demand: Demand): Pick<Grant, "promise"> {
    if (demand.kind !== "request" || demand.action !== "reserve") return {};
    const { tree, bandwidth, now } = this.#state;
    return { promise: bandwidth.charge(tree.get(demand.share)!, demand.flows, now).promise };
  }

  /** What a reserve or a limit in a share that there is would compete with, now. */
  scarcity(demand: RequestDemand): Scarcity {
    const { tree, bandwidth, standing, now } = this.#state;
    const { flows, interval, share, rate = 0 } = demand;
    return {
      // A rule of a policy may have begun long ago.
      booking: { ...demand, rate, interval: { start: Math.max(now, interval.start), end: interval.end } },
      charge: bandwidth.charge(tree.get(share)!, flows, now),
      clashes: this.#clashes(demand),
      reservations: inOrder([...standing.ofKind("reserve")]),
      clashesOf: (other) => this.#clashes(other),
    };
  }

  /** Limits that are lower, or reservations that are higher, as the rules find them. */
  #clashes(demand: RequestDemand): readonly Accepted[] {
    return this.#ask(TRIAL, { ...NOBODY, demand }).clashes;
  }

  /**
   * Admits policies, after all shares and before all requests. The rules of one policy are decided together: among
   * themselves they never conflict. Once in the life of an admission; policies that change are a new one.
   */
  submitPolicies(policies: readonly Policy[], cascades: readonly Cascade[]): PolicyResult {
    const plan = planPolicies(policies, cascades);
    this.#setLevels(plan.levels);
    const outcomes = plan.groups.flatMap((group) => this.#admitRules(group));
    return { outcomes, diagnostics: plan.diagnostics };
  }

  #admitRules(group: readonly RuleCandidate[]): RuleOutcome[] {
    const findings = this.ask(
      group.map(({ candidate }) => candidate),
      group.flatMap(({ facts }) => facts),
    );
    const steps: Step[] = [];
    const outcomes = group.map((one): RuleOutcome => {
      const { id, policy, rule, candidate } = one;
      const finding = findings.get(id)!;
      if (finding.code !== undefined) return { policy, rule, verdict: this.#rejected(one.statement, finding) };
      if (one.placed) {
        const share = this.#state.tree.get(policy.share)!;
        const { kind, pieces } = one.placed;
        const flows = pieces[0]!.flows;
        const charge = kind === "reserve" ? this.#state.bandwidth.charge(share, flows, this.#state.now) : undefined;
        const request = standingOf(one, share, this.#order++, charge);
        steps.push({ kind: "request", request, present: true });
      } else {
        this.#guards.push(one);
        for (const part of guardParts(one)) this.#state.inForce.add(part);
      }
      return { policy, rule, verdict: { kind: "accepted", pieces: candidate.pieces! } };
    });
    this.perform(steps);
    return outcomes;
  }

  #setLevels(levels: ReadonlyMap<string, Levels>): void {
    const insert: Fact[] = [];
    const retract: Fact[] = [];
    for (const [name, next] of levels) {
      const share = this.#state.tree.get(name);
      if (share) {
        retract.push(["levels", [name, this.#state.levelsOf(share).count]]);
        insert.push(["levels", [name, next.count]]);
      }
      this.#state.levels.set(name, next);
    }
    this.#engine.transact({ insert, retract });
  }

  /** The rules of guards that stand. */
  get guards(): readonly RuleCandidate[] {
    return this.#guards;
  }

  /** Whom the guard silences: standing allows that share a flow and an instant with one of its rules. */
  *silenced(): Generator<{ readonly guard: RuleCandidate; readonly requests: readonly Accepted[] }> {
    const { tree, standing } = this.#state;
    for (const guard of this.#guards) {
      const pieces = guard.candidate.pieces!;
      const shares = new Set(pieces.flatMap(({ flows }) => [...standing.rivals(tree.root, flows, "allow")]));
      const found = [...shares].flatMap((share) =>
        RANKS.flatMap((rank) => [...standing.overlapping(share, rank, "allow", pieces)]),
      );
      if (found.length > 0) yield { guard, requests: found.toSorted((a, b) => a.order - b.order) };
    }
  }

  /** Whether the demand, made by the same speaker now, would be accepted whole. */
  acceptable(demand: Demand, statement: Statement): boolean {
    const finding = this.#ask(TRIAL, { ...statement, id: TRIAL, demand });
    return finding.code === undefined && isWhole(finding);
  }

  /** Moves the clock of decisions; never back. What has ended leaves, and never comes back. */
  advance(now: number): void {
    if (now <= this.#state.now) return;
    this.#state.now = now;
    const steps = [...this.#state.ended()].map((request): Step => ({ kind: "request", request, present: false }));
    // The past is not part of a transaction: taking one back does not revive it.
    if (steps.length > 0) this.#perform(steps);
    if (this.#publisher.isHeard) this.move(now);
  }

  /** Opens a transaction, or marks a point in the open one. */
  begin(): Mark {
    this.#journal ??= [];
    return this.#journal.length;
  }

  /** Takes back what was accepted since the mark. */
  rollback(mark: Mark): void {
    const undone = this.#journal!.splice(mark).toReversed().map(invert);
    // A request that has ended since is not there to be taken back, nor to be revived.
    const { standing, now } = this.#state;
    this.#perform(
      undone.filter(
        (step) =>
          step.kind !== "request" ||
          (step.present ? step.request.interval.end > now : standing.get(step.request.id) === step.request),
      ),
    );
    if (mark === 0) this.#journal = undefined;
  }

  /** Closes the transaction; what was accepted stays. */
  commit(): void {
    this.#journal = undefined;
  }

  /** Performs decided steps: the base facts, then the state. */
  perform(steps: readonly Step[]): void {
    this.#journal?.push(...steps);
    this.#perform(steps);
  }

  /** The derived rules in force at an instant, in order of statement, then cube. */
  active(instant: number): DerivedRule[] {
    return this.#publisher.active(instant);
  }

  /** Calls back with the derived rules in force now, then with every change of them. */
  subscribe(listener: (change: DerivedChange) => void): () => void {
    return this.#publisher.subscribe(listener);
  }

  /** Brings the derived rules to an instant and tells who listens. */
  move(instant: number): void {
    this.#publisher.move(instant);
  }

  /** The identity under which a statement stands: its own, or where its twin stands already, a number behind it. */
  identity(statement: Statement): string {
    const { standing } = this.#state;
    if (statement.label !== undefined || statement.demand.kind !== "request") return statement.id;
    let id = statement.id;
    for (let twin = 2; standing.get(id); twin++) id = `${statement.id} #${twin}`;
    return id;
  }

  /** Asserts a candidate, asks, and takes it back. */
  #ask(id: string, statement: Statement, more: readonly Fact[] = []): Finding {
    const candidate = candidateOf(id, statement.demand);
    return this.ask([candidate], [...candidateFacts(id, statement), ...more]).get(id)!;
  }

  /** Asserts candidates together, asks what the rules say of each, and takes them back. */
  ask(candidates: readonly Candidate[], insert: readonly Fact[]): Map<string, Finding> {
    const { standing } = this.#state;
    for (const candidate of candidates) this.#state.candidates.set(candidate.id, candidate);
    try {
      return this.#engine.attempt({ insert }, (view) => {
        const value = new Map<string, Finding>();
        for (const { id, rate } of candidates) {
          const code = rootCause(second(view.query("reject", [id, undefined])));
          const named = (relation: string): readonly Accepted[] =>
            inOrder(second(view.query(relation, [id, undefined])).map((one) => standing.get(one)!));
          value.set(id, {
            code,
            blockers: named("blocks"),
            clashes: rate === undefined ? [] : named("clashes"),
            lacks: rate === undefined ? [] : (second(view.query("lacks", [id, undefined])) as ("share" | "link")[]),
            excess: code === undefined ? [] : EXCESSES.flatMap((name) => second(view.query(name, [id, undefined]))),
            proof: code === undefined ? undefined : view.explain("reject", [id, code]),
          });
        }
        return { commit: false, value };
      }).value;
    } finally {
      this.#state.candidates.clear();
    }
  }

  #rejected(statement: Statement, finding: Finding): Verdict {
    return { kind: "rejected", certificate: this.#certify(statement, finding, finding.code!) };
  }

  #certify(statement: Statement, finding: Finding, code: string): Certificate {
    const { tree, standing, now } = this.#state;
    return certify({
      statement,
      ...finding,
      code,
      tree,
      now,
      users: () => this.#state.users(),
      requests: () => [...standing].map((request) => request.id),
      standing: (id) => standing.get(id),
      content: (share) => contentOf(share, standing.inShare(share)),
      cost: (share, whole) => standing.cost(share, whole),
      acceptable: (demand) => this.acceptable(demand, statement),
      blockersOf: (demand) => this.#ask(TRIAL, { ...statement, id: TRIAL, demand }).blockers,
      isPlaced: (node) => isPlaced(this.#state.topology, node),
      stranded: () => strandedBy(this.#state, candidateOf(statement.id, statement.demand)),
      scarcity: (demand) => this.scarcity(demand),
    });
  }

  #perform(steps: readonly Step[]): void {
    const insert: Fact[] = [];
    const retract: Fact[] = [];
    for (const step of steps) {
      const facts = step.kind === "share" ? this.#shareFacts(step.share) : stepFacts(step);
      if (step.kind === "user" && !this.#isNamed(step.user)) facts.push(["user", [step.user]]);
      (step.present ? insert : retract).push(...facts);
    }
    for (const step of steps) this.#state.perform(step);
    this.#publisher.transact(insert, retract);
  }

  #isNamed(user: string): boolean {
    return this.#state.isNamed(user);
  }

  #shareFacts(share: Share): Fact[] {
    return [...shareFacts(share), ["levels", [share.name, this.#state.levelsOf(share).count]]];
  }
}

/**
 * The facts that the network's own rules read. A relation of the policy that happens to be called like one of ours
 * (`parent`, `node`) means something else and stays out.
 */
function factsFor({ own = [], facts }: AdmissionOptions): Map<string, readonly Tuple[]> {
  const read = new Set(own.flatMap(({ body }) => body.map(({ atom }) => atom.relation)));
  return new Map([...(facts ?? [])].filter(([name]) => read.has(name) && !VOCABULARY.has(name)));
}

/** The identity of a candidate that is only tried. No statement has it: canonical texts end with a period. */
const TRIAL = "?";

const EXCESSES = ["exceeds", "contradicts"] as const;

const second = (tuples: Iterable<readonly Constant[]>): string[] => [...tuples].map((tuple) => tuple[1] as string);

/** Who asks does not matter to the question whom a request clashes with. */
const NOBODY = { id: TRIAL, text: TRIAL, speaker: "", span: { source: { name: "", text: "" }, start: 0, end: 0 } };
