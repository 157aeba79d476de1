/**
 * Admission: statements in, verdicts out. One Datalog engine for its whole life holds the state as facts and the rules
 * of `policies/pane.fml`; a statement is asserted as a candidate, `reject(Q, Why)` is asked, and the statement is
 * committed if nothing answers (SEMANTICS, "Accepting a request"). A rejection changes nothing, and nothing past is
 * decided again.
 */
import { MOST_STEPS } from "../fml/run-faults.ts";
import { AggregateError, Engine, StepsError, type Rule, type StepBudget, type Tuple } from "../datalog/index.ts";
import * as codes from "../diagnostics/codes/admission.ts";
import type { DerivedRule } from "../derived/rule.ts";
import type { Directory, RequestDemand, Statement } from "../model/model.ts";
import { spendSteps, WorkError, withSteps } from "../net/work.ts";
import type { Topology } from "../paths/index.ts";
import type { Reason } from "../certificates/reasons.ts";
import type { Scarcity } from "../certificates/refusal.ts";
import type { Grant, Verdict } from "../certificates/verdict.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { Decider, type Watch } from "./decider.ts";
import type { Finding } from "./finding.ts";
import { entriesOf } from "./state/accepted.ts";
import type { Fact } from "./state/facts.ts";
import type { DerivedRules } from "./state/derived-rules.ts";
import { misfit, type Recorded } from "./recorded.ts";
import { fit } from "./snapshot/fit.ts";
import type { NetworkSnapshot, LoadedPolicy, TakenSnapshot } from "./snapshot/snapshot.ts";
import { snapshotOf } from "./snapshot/take.ts";
import { relations, timeFunctions } from "./relations.ts";
import { PolicyAdmission } from "./policy-admission.ts";
import { State } from "./state/state.ts";
import { noteNoEffect, noteEndedGuarantees, noteHeldBack, noteSpeaksAlready, noteStillSpeaking } from "./notes.ts";
import { noteAllDenied } from "./notes/all-denied.ts";
import { promised, weakened } from "./promises.ts";
import { NOT_GUARANTEED } from "./state/steering.ts";
import { BASE_ARITIES, IN_FORCE, VOCABULARY } from "../fml/vocabulary.ts";
import { changesOf } from "./state/state-changes.ts";
import { Store, type Transaction } from "./state/store.ts";
import type { Settle } from "./state/world.ts";
import type { Held, OnSwitches } from "./trials.ts";

/** What a running network spends on one statement: about 20 ms of a processor and a few megabytes. */
export const STEPS_OF_STATEMENT = 20_000;
/** What it spends on all statements of one `begin … commit`, as a multiple of that. */
const STATEMENTS_OF_TRANSACTION = 5;
/**
 * What tables take for each further value that a request lists: up to six entries, which are drafted and sent. So one may
 * list as many as a share may cost unless it says otherwise (NETWORK, "Limits on what one speaker can cost").
 */
const STEPS_OF_VALUE = 18;
/** What each further switch adds to that, as a part of it: entries are drafted once for all. */
const OF_ANOTHER_SWITCH = 0.25;

export interface AdmissionOptions {
  /** The admission rules: `policies/pane.fml`, translated. */
  readonly rules: readonly Rule[];
  /** Rules that the network adds, and the relations that they use. */
  readonly own?: readonly Rule[];
  readonly facts?: ReadonlyMap<string, readonly Tuple[]>;
  /** Arities of those relations; a relation without a fact has its arity from nowhere else. */
  readonly arities?: Readonly<Record<string, number>>;
  /** Users that the directory or a fact names; they exist without AddUser. */
  readonly users?: Iterable<string>;
  /** The clock of decisions at the beginning, in Unix seconds. */
  readonly now: number;
  /** How the switches are wired; without it no path is known. */
  readonly topology?: Topology | undefined;
  /** Who is where; without it no packet may be of several users. */
  readonly directory?: Pick<Directory, "hosts" | "userHosts"> | undefined;
  /** The second engine, for what the set algebra cannot decide within its budget. */
  readonly settle?: Settle | undefined;
  /** Asked of each offer, once it would be accepted; without it only what single statements come to is looked at. */
  readonly onSwitches?: OnSwitches | undefined;
  /** The policy's `default fragments`; `deny` where it is not stated. */
  readonly fragments?: "allow" | "deny" | undefined;
  /** Called with the candidates of each decision and the facts about them; it decides nothing. */
  readonly watch?: Watch;
  /** The most pieces that one question about sets may make in the algebra. */
  readonly budget?: number | undefined;
  /**
   * The most steps that one statement may take, its certificate and the network's own rules included: facts and accepted
   * requests that are looked at, a hundred for each fact that is made, sets that are compared, by the values that they list,
   * and what tables take for the values of what is accepted. Undefined: as many as it needs, as for a file.
   */
  readonly steps?: number | undefined;
  /** Whether what facts about the network keep from holding is suspended and not refused: of a file. */
  readonly suspends?: boolean | undefined;
}

export class Admission {
  /** Arranges and admits policies; keeps the guards. */
  readonly policies: PolicyAdmission;
  readonly #engine: Engine;
  readonly #store: Store;
  readonly #decider: Decider;
  #steps: number | undefined;
  /** What tables take on all switches, as a multiple of what they take on one. */
  readonly #breadth: number;
  /** What is left to all statements of the transaction that is submitted. */
  #together: StepBudget | undefined;
  /** Whether a rule of the network's own asks what is in force. */
  readonly #asksForce: boolean;

  /**
   * An empty network: the root share and the users that are named.
   *
   * @throws {ProgramError} The network's own rules do not make a Datalog program together with the admission rules.
   */
  constructor(options: AdmissionOptions) {
    const { rules, own = [], arities = {}, watch } = options;
    const facts = factsFor(options);
    this.#asksForce = own.some(({ body }) => body.some(({ atom }) => IN_FORCE.has(atom.relation)));
    const ownRelations = [...facts].map(([name, [first]]) => [name, arities[name] ?? first?.length ?? 1] as const);
    const state = new State(options);
    this.#steps = options.steps;
    this.#breadth = 1 + OF_ANOTHER_SWITCH * Math.max(0, (options.topology?.trunks.size ?? 1) - 1);
    // The rules that ship are known to cost little; those of a network are not.
    this.#engine = new Engine({
      steps: (options.own ?? []).length > 0 ? MOST_STEPS : undefined,
      rules: [...rules, ...own],
      builtins: timeFunctions,
      externals: relations(state),
      base: { ...Object.fromEntries(ownRelations), ...BASE_ARITIES },
    });
    const ownFacts = [...facts].flatMap(([name, tuples]) => tuples.map((tuple): Fact => [name, tuple]));
    this.#store = new Store(this.#engine, state, ownFacts);
    this.#decider = new Decider(this.#engine, state, own, watch, this.#askSwitches(options.onSwitches));
    this.policies = new PolicyAdmission(this.#store, this.#decider);
  }

  /** Whether an offer has tables beside what is in force when it begins. */
  #askSwitches(ask: OnSwitches | undefined): ((rules: readonly DerivedRule[], start: number) => Held) | undefined {
    if (ask === undefined) return undefined;
    return (rules, start) => {
      const instant = Math.max(start, this.state.now);
      return ask(rules, () => this.derived.active(instant), instant);
    };
  }

  /** The network as it stands, to be read: shares, users, accepted requests, the clock. */
  get state(): State {
    return this.#store.state;
  }

  /** The Datalog engine that holds the facts, to be asked. */
  get engine(): Pick<Engine, "query" | "has" | "explain" | "whyNot"> {
    return this.#engine;
  }

  /** The derived rules: those in force at an instant, and their changes (SEMANTICS, "From policy to table"). */
  get derived(): Pick<
    DerivedRules,
    "active" | "begins" | "changes" | "listen" | "move" | "moveBy" | "now" | "subscribe"
  > {
    return this.#store.derived;
  }

  /** From now on a statement may take so many steps: what files say is decided, and what is said is not trusted so far. */
  spendAtMost(steps: number): void {
    this.#steps = steps;
  }

  /** From now on offers are asked of `ask` before they are made. */
  tryOffers(ask: OnSwitches): void {
    this.#decider.tryOffers(this.#askSwitches(ask));
  }

  /**
   * Decides one statement, and commits it if it is accepted (SEMANTICS, "Accepting a request").
   *
   * @param now Unix seconds; an instant before an earlier one counts as that earlier one.
   * @returns Always a verdict: a rejection is no error, and carries its certificate.
   */
  submit(statement: Statement, now: number): Verdict {
    this.advance(now);
    const limit = this.#steps;
    if (limit === undefined) return this.#decide(statement);
    const most = Math.max(0, Math.min(limit, this.#together?.left ?? limit));
    const budget = { left: most };
    try {
      return this.#decider.within(budget, () => this.#decide(statement));
    } catch (error) {
      if (error instanceof AggregateError)
        return refused(statement, "own-rule", codes.ownRule({ rule: error.message }));
      if (!(error instanceof StepsError || error instanceof WorkError)) throw error;
      const [spent, known] = most < limit ? ["one transaction", IN_TRANSACTIONS] : ["one statement", IN_PARTS];
      const steps = most < limit ? STATEMENTS_OF_TRANSACTION * limit : limit;
      return refused(statement, "too-costly", codes.tooCostly({ limit: steps, what: spent }), known);
    } finally {
      if (this.#together !== undefined) this.#together.left -= most - budget.left;
    }
  }

  /** What `job` submits has a budget of steps together, beside that of each statement. */
  asTransaction<T>(job: () => T): T {
    if (this.#steps === undefined) return job();
    this.#together = { left: STATEMENTS_OF_TRANSACTION * this.#steps };
    try {
      return job();
    } finally {
      this.#together = undefined;
    }
  }

  /**
   * What `job` submits is said to a network that runs: it is decided by the network as it is, and what facts keep from holding
   * is refused (SEMANTICS, "What the network takes away").
   */
  asSaid<T>(job: () => T): T {
    const { state } = this.#store;
    const { suspends } = state;
    state.suspends = false;
    try {
      return job();
    } finally {
      state.suspends = suspends;
    }
  }

  #decide(statement: Statement): Verdict {
    const id = this.identity(statement);
    const verdict = this.#decider.decide(id, statement);
    if (verdict.kind === "rejected") return verdict;
    const world = this.#store.state;
    const denied = noteAllDenied(world, this.policies.guards, statement);
    const own = [...this.#notes(statement, verdict), ...denied];
    const changes = changesOf(statement, id, verdict, this.#store.nextOrder(), world);
    const before = promised(world, changes);
    if (verdict.pieces !== undefined) spendSteps(STEPS_OF_VALUE * this.#breadth * (entriesOf(verdict.pieces) - 1));
    // What is entered is entered whole.
    const after = withSteps(undefined, () => {
      this.#store.perform(changes);
      return weakened(world, before);
    });
    const notes = [...own, ...noteEndedGuarantees(after, statement)];
    if (notes.length === 0) return verdict;
    const isPromised = denied.length > 0 && denied.every(({ code }) => code !== codes.leadsDenied.code);
    return { ...verdict, ...(isPromised && { promise: NOT_GUARANTEED }), notes };
  }

  /**
   * Carries out a recorded statement with what was granted then; nothing is decided. In the order of the record, what
   * stands afterwards is what stood then.
   *
   * @returns Undefined, or as a clause why it cannot be: the record is not of this network's past. Nothing but the clock
   * changes then.
   */
  apply(record: Recorded): string | undefined {
    const world = this.#store.state;
    const { statement, id, at, grant } = record;
    if (at < world.now) return `it was decided at ${at}, and the clock stands at ${world.now}`;
    this.advance(at);
    const fault = misfit(record, world);
    if (fault !== undefined) return fault;
    this.#store.perform(changesOf(statement, id, grant, this.#store.nextOrder(), world));
    return undefined;
  }

  /**
   * All that stands now, at the boundary of a statement (SEMANTICS, "Snapshots").
   *
   * @throws {RangeError} A transaction is open, or policies wait for their shares.
   */
  snapshot(policy: LoadedPolicy): TakenSnapshot {
    if (this.#store.isOpen) throw new RangeError("a snapshot inside a transaction");
    if (!this.policies.isDone) throw new RangeError("a snapshot before all policies are admitted");
    return snapshotOf(this.state, this.policies.guards, policy);
  }

  /**
   * Brings a snapshot back into an empty network; its policy was read with the clock and the kept times of the snapshot
   * and is not submitted. Nothing is decided.
   *
   * @returns Undefined, or as a clause why it cannot be. Nothing has changed then.
   */
  restore(snapshot: NetworkSnapshot, policy: LoadedPolicy): string | undefined {
    const found = fit(snapshot, policy, this.state);
    if (typeof found === "string") return found;
    const { plan, guards, shares, requests, levels } = found;
    this.advance(snapshot.now);
    this.policies.restore(plan, guards);
    this.#store.load(shares, 0);
    this.#store.load(requests(), snapshot.requests.length);
    for (const [share, bits] of levels) this.state.bandwidth.timeline(share, snapshot.now).hold(bits);
    return undefined;
  }

  /** The notes of the verdict on a reservation, a Grant or a Revoke. */
  #notes(statement: Statement, grant: Grant): readonly Diagnostic[] {
    const { demand } = statement;
    const world = this.#store.state;
    if (demand.kind === "Revoke") return noteStillSpeaking(world, statement);
    if (demand.kind === "Grant" || demand.kind === "GrantDefault") return noteSpeaksAlready(world, statement);
    if (demand.kind !== "request" || demand.action !== "reserve") return [];
    return [...noteNoEffect(world, statement, grant), ...noteHeldBack(world, statement, grant)];
  }

  /**
   * Opens a transaction: what is submitted from now on is kept or taken back as one (LANGUAGE, "PANE commands").
   */
  begin(): Transaction {
    return this.#store.begin();
  }

  /**
   * Carries `job` out, whose decisions are published as one change by the next `derived.move`: that is one transaction of the
   * engine, and not one for each. No decision looks at what is in force, unless a rule of the network's own does.
   */
  together<T>(job: () => T): T {
    return this.#asksForce ? job() : this.#store.derived.together(job);
  }

  /** Moves the clock of decisions (Unix seconds), never back. Requests that have ended leave, and never come back. */
  advance(now: number): void {
    this.#store.advance(now);
  }

  /**
   * The identity under which a statement would be accepted now: its own; for a request without a label whose text is
   * accepted already, the text with a number behind it.
   */
  identity(statement: Statement): string {
    const { accepted } = this.#store.state;
    if (statement.label !== undefined || statement.demand.kind !== "request") return statement.id;
    return accepted.freeTwin(statement.id);
  }

  /** What the rules would say of a demand that a speaker makes now; nothing is committed. */
  trial(demand: RequestDemand, speaker: string): Finding {
    return this.#decider.trial(demand, speaker);
  }

  /** The bandwidth that a reserve or a limit would compete for now. Its share must exist. */
  scarcity(demand: RequestDemand): Scarcity {
    return this.#decider.scarcity(demand);
  }
}

/** The rejection of a statement whose decision was given up; nothing has changed. */
function refused({ id, span }: Statement, code: Reason, { message: reason }: Diagnostic, known?: string): Verdict {
  const certificate = { code, reason, statement: id, span, blockers: [], chain: [], nearest: [] };
  return { kind: "rejected", certificate: { ...certificate, ...(known !== undefined && { known }) } };
}

const IN_PARTS =
  "say it in parts, one after the other: of at most 1,000 values (of fewer on several switches), and of flows that fewer requests touch";
const IN_TRANSACTIONS = "say it in several transactions, one after the other: a plain request takes some 330 steps";

/**
 * The facts that the network's own rules read. A relation of the policy with the name of one of ours (`parent`, `node`)
 * has another meaning and is left out.
 */
function factsFor({ own = [], facts }: AdmissionOptions): Map<string, readonly Tuple[]> {
  const read = new Set(own.flatMap(({ body }) => body.map(({ atom }) => atom.relation)));
  return new Map([...(facts ?? [])].filter(([name]) => read.has(name) && !VOCABULARY.has(name)));
}
