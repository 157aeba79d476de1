/**
 * Admission: statements in, verdicts out. One Datalog engine for its whole life holds the state as facts and the rules
 * of `policies/pane.fml`; a statement is asserted as a candidate, `reject(Q, Why)` is asked, and it is committed if
 * nothing answers (SEMANTICS, "Accepting a request"). Nothing changes on a rejection, and nothing past is re-decided.
 */
import { Engine, type Rule, type Tuple } from "../datalog/index.ts";
import type { Cascade, Policy, RequestDemand, Statement } from "../model/model.ts";
import type { Topology } from "../paths/index.ts";
import type { Scarcity } from "../certificates/refusal.ts";
import type { Share } from "../shares/tree.ts";
import type { Grant, Verdict } from "../certificates/verdict.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { Decider, type Watch } from "./decider.ts";
import type { Finding } from "./finding.ts";
import type { DerivedChange, DerivedRule } from "../derived/rule.ts";
import { shareFacts, type Fact } from "./state/facts.ts";
import { guardParts, planPolicies, standingOf, type RuleCandidate, type RuleOutcome } from "./policies/policies.ts";
import { Publisher } from "./state/publish.ts";
import { relations, timeFunctions } from "./relations.ts";
import { met } from "./state/overlaps.ts";
import { RANKS, type Accepted } from "./state/accepted.ts";
import { State } from "./state/state.ts";
import { addsNothing, allDenied, guaranteesEnd, heldBack, stillSpeaks } from "./notes.ts";
import { promised, weakened } from "./promises.ts";
import { NOTHING, chargeOf } from "./state/steering.ts";
import { BASE_ARITIES, VOCABULARY } from "../fml/vocabulary.ts";
import { invert, stepFacts, stepsOf, type Step } from "./state/steps.ts";
import type { Levels, Settle } from "./state/world.ts";

export interface AdmissionOptions {
  /** The admission rules: `policies/pane.fml`, translated. */
  readonly rules: readonly Rule[];
  /** Rules that the network adds, and the relations that they use. */
  readonly own?: readonly Rule[];
  readonly facts?: ReadonlyMap<string, readonly Tuple[]>;
  /** Of their relations: of those without a fact nothing else tells it. */
  readonly arities?: Readonly<Record<string, number>>;
  /** Users that the directory or a fact names; they exist without AddUser. */
  readonly users?: Iterable<string>;
  readonly now: number;
  /** How the switches are wired; without it no path is known. */
  readonly topology?: Topology | undefined;
  /** The second engine, for what the set algebra cannot decide within its budget. */
  readonly settle?: Settle | undefined;
  /** Whoever looks over admission's shoulder: called with the candidates of each decision and their facts. */
  readonly watch?: Watch;
  /** What one question about sets may cost the algebra, in pieces. */
  readonly budget?: number | undefined;
}

/** What became of policies: the decision on every rule, and what is wrong with their order. */
export interface PolicyResult {
  readonly outcomes: readonly RuleOutcome[];
  readonly diagnostics: readonly Diagnostic[];
}

/** What a guard takes from a flow: leave to pass, and what is reserved for it (SEMANTICS: a denied flow has neither). */
export const SILENCED = ["allow", "reserve"] as const;

/** A point to which a transaction can be taken back. */
export type Mark = number;

export class Admission {
  readonly #engine: Engine;
  readonly #state: State;
  /** Steps of the open transaction, oldest first; undefined while none is open. */
  #journal: Step[] | undefined;
  #order = 0;
  readonly #guards: RuleCandidate[] = [];
  /** Policies that are arranged and not yet admitted: candidates that are decided together. */
  #waiting: readonly (readonly RuleCandidate[])[] = [];
  readonly #publisher: Publisher;
  readonly #decider: Decider;

  constructor(options: AdmissionOptions) {
    const facts = factsFor(options);
    const { arities = {} } = options;
    const own = [...facts].map(([name, [first]]) => [name, arities[name] ?? first?.length ?? 1] as const);
    this.#state = new State(options);
    this.#engine = new Engine({
      rules: [...options.rules, ...(options.own ?? [])],
      builtins: timeFunctions,
      externals: relations(this.#state),
      base: { ...Object.fromEntries(own), ...BASE_ARITIES },
    });
    const insert: Fact[] = [...facts].flatMap(([name, tuples]) => tuples.map((tuple): Fact => [name, tuple]));
    for (const user of this.#state.users()) insert.push(["user", [user]]);
    const root = this.#state.tree.root;
    insert.push(["added", ["root"]], ...this.#shareFacts(root), ["speaker", [root.name, "root"]]);
    this.#engine.transact({ insert });
    this.#publisher = new Publisher(this.#engine, this.#state.inForce);
    this.#decider = new Decider(this.#engine, this.#state, options.own ?? [], options.watch);
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
    const verdict = this.#decider.decide(id, statement);
    if (verdict.kind === "rejected") return verdict;
    const world = this.#state;
    const denied = allDenied(world, this.#guards, statement);
    const own = [...this.#notes(statement, verdict), ...denied];
    const steps = stepsOf(statement, id, verdict, this.#order++, world);
    const before = promised(world, steps);
    this.perform(steps);
    const notes = [...own, ...guaranteesEnd(weakened(world, before), statement)];
    if (notes.length === 0) return verdict;
    return { ...verdict, ...(denied.length > 0 && { promise: NOTHING }), notes };
  }

  /** What the speaker of a reservation should know of it, and who revokes. */
  #notes(statement: Statement, grant: Grant): readonly Diagnostic[] {
    const { demand } = statement;
    const world = this.#state;
    if (demand.kind === "Revoke") return stillSpeaks(world, statement);
    if (demand.kind !== "request" || demand.action !== "reserve") return [];
    return [...addsNothing(world, statement, grant), ...heldBack(world, statement, grant)];
  }

  /** What the rules say of a demand, were it made by somebody now; nothing comes of it. */
  trial(demand: RequestDemand, speaker: string): Finding {
    return this.#decider.trial(demand, speaker);
  }

  /** What a reserve or a limit in a share that there is would compete with, now. */
  scarcity(demand: RequestDemand): Scarcity {
    return this.#decider.scarcity(demand);
  }

  /**
   * Admits policies, after all shares and before all requests. The rules of one policy are decided together: among
   * themselves they never conflict. Once in the life of an admission; policies that change are a new one.
   */
  submitPolicies(policies: readonly Policy[], cascades: readonly Cascade[]): PolicyResult {
    const diagnostics = this.preparePolicies(policies, cascades);
    return { outcomes: this.settlePolicies(true), diagnostics };
  }

  /** Arranges policies whose shares and speakers may come later, as in a trace; says what is wrong with their order. */
  preparePolicies(policies: readonly Policy[], cascades: readonly Cascade[]): readonly Diagnostic[] {
    const { levels, groups, diagnostics } = planPolicies(policies, cascades);
    this.#setLevels(levels);
    this.#waiting = groups;
    return diagnostics;
  }

  /** Admits the arranged policies whose share and speaker are there; in the end all, whether they are or not. */
  settlePolicies(all: boolean): RuleOutcome[] {
    const { tree } = this.#state;
    const isEarly = ([first]: readonly RuleCandidate[]): boolean => {
      const { policy } = first!;
      const share = tree.get(policy.share);
      return !policy.guard && !(share && this.#state.speaks(policy.speaker, share));
    };
    const ready = this.#waiting.filter((group) => all || !isEarly(group));
    this.#waiting = this.#waiting.filter((group) => !ready.includes(group));
    return ready.flatMap((group) => this.#admitRules(group));
  }

  #admitRules(group: readonly RuleCandidate[]): RuleOutcome[] {
    const findings = this.#decider.ask(
      group.map(({ candidate }) => candidate),
      group.flatMap(({ facts }) => facts),
    );
    const steps: Step[] = [];
    const outcomes = group.flatMap((one): RuleOutcome[] => {
      const { id, policy, rule, candidate } = one;
      const finding = findings.get(id)!;
      if (finding.code !== undefined)
        return [{ policy, rule, verdict: this.#decider.reject(one.statement, finding, one) }];
      // What passes has been taken out of the rules that it silences, and is nothing by itself.
      if (rule.effect.kind === "pass") return [];
      if (one.placed) {
        const share = this.#state.tree.get(policy.share)!;
        const { kind, pieces } = one.placed;
        const charge = kind === "reserve" ? chargeOf(this.#state, share, pieces[0]!) : undefined;
        const request = standingOf(one, share, this.#order++, charge);
        steps.push({ kind: "request", request, present: true });
      } else {
        this.#guards.push(one);
        for (const part of guardParts(one)) this.#state.inForce.add(part);
      }
      return [{ policy, rule, verdict: { kind: "accepted", pieces: candidate.pieces! } }];
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

  /** Whom the guard silences: who gives to flows something that one of its rules denies. */
  *silenced(): Generator<{ readonly guard: RuleCandidate; readonly requests: readonly Accepted[] }> {
    for (const guard of this.#guards) {
      const pieces = guard.candidate.pieces!;
      const found = SILENCED.flatMap((kind) => met(this.#state, pieces, kind, RANKS));
      if (found.length > 0) yield { guard, requests: found.toSorted((a, b) => a.order - b.order) };
    }
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

  /** Every change of the derived rules after one instant and up to another, in order of time. */
  changes(from: number, to: number): Iterable<DerivedChange & { readonly instant: number }> {
    return this.#publisher.changes(from, to);
  }

  /** When the next thing begins after an instant; Infinity: nothing does. */
  begins(instant: number): number {
    return this.#publisher.begins(instant);
  }

  /** Who tells listeners of the derived rules: see `subscribe`. */
  get publisher(): Pick<Publisher, "subscribe"> {
    return this.#publisher;
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
