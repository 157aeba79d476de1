/**
 * A network that runs: a decided policy, and what has been said to it since. A sentence is read against the policy's names,
 * decided, and shown to the tables: what no switch could keep is taken back and refused like any other request, since it would
 * keep every later change from the switches. Nothing here waits, writes or looks at a clock.
 */
import { STEPS_OF_STATEMENT, type Admission } from "#compiler/admission/admission.ts";
import type { Decided } from "#compiler/admission/decided.ts";
import { noteMissingFacts } from "#compiler/admission/missing-facts.ts";
import { noteLooseLimits } from "#compiler/admission/notes/loose-rates.ts";
import { recordOf, type Recorded } from "#compiler/admission/recorded.ts";
import { submitTogether } from "#compiler/admission/transaction.ts";
import type { Verdict } from "#compiler/certificates/verdict.ts";
import type { TableOptions } from "#compiler/compile.ts";
import { questionInTransaction } from "#compiler/diagnostics/codes/model.ts";
import { append } from "#compiler/net/lists.ts";
import { hasErrors, type Diagnostic } from "#compiler/diagnostics/diagnostic.ts";
import { LiveTables } from "#compiler/live.ts";
import { explainStatement, statementText } from "#compiler/explain/index.ts";
import type { Statement } from "#compiler/model/model.ts";
import { answer } from "#compiler/queries/index.ts";
import { UNNAMED } from "#compiler/resolve/user-places.ts";
import { SaidTrials } from "#compiler/trial-tables.ts";
import { Interpreter, type Read } from "#compiler/resolve/interpreter.ts";
import type { DecidedSentence, Heard, RecordedOutcome, SaidAgain, Sentence } from "./conversation.ts";
import type { JsonValue } from "../log/record.ts";
import { Labels } from "./names/labels.ts";
import { namedBefore, withIdentities } from "./names/identities.ts";
import { ShownNames } from "./names/shown.ts";
import { atMost, leftOf, recordedNamesOf, recordedOf } from "./said-records.ts";
import { Viewer } from "./seen.ts";
import { cancelledAllows, heldRules, isPlain, plainRules } from "./switches/denied.ts";

const ALONE = "ask it as a statement of its own, before `begin.` or behind `commit.`";

/** The tables are being made, and this sentence could be refused by them: nothing has changed, and it is to be heard then. */
export class TablesFirst extends Error {}

/** What is exchanged as a whole when a network is built anew. */
interface Standing {
  readonly decided: Decided;
  readonly interpreter: Interpreter;
  readonly labels: Labels;
  readonly trials: SaidTrials;
  /** Made when they are first asked for: a thousand statements at once cost less than one after the other. */
  tables: LiveTables | undefined;
}

export class RunningNetwork {
  #standing: Standing;
  readonly #options: TableOptions;
  /** What was decided of a batch that the tables are shown when all of it is. */
  #together: Recorded[] | undefined;

  /** @param decided A policy without faults; from now on it belongs to this network. */
  constructor(decided: Decided, options: TableOptions) {
    const { admission, model } = decided;
    admission.spendAtMost(STEPS_OF_STATEMENT);
    const { state } = admission;
    const users = {
      // It is nobody that could say something, and flows are of it in every network.
      has: (name: string) => name === UNNAMED || state.isUser(name),
      [Symbol.iterator]: () => state.users()[Symbol.iterator](),
    };
    this.#options = options;
    const labels = new Labels(state, model);
    const trials = new SaidTrials(options.target, model);
    admission.tryOffers(trials.ask);
    this.#standing = { decided, tables: undefined, interpreter: new Interpreter(model, users), labels, trials };
  }

  /** The policy that it began with. What was said since is in its admission, and not among its outcomes. */
  get decided(): Decided {
    return this.#standing.decided;
  }

  get admission(): Admission {
    return this.decided.admission;
  }

  /** What requests are called, and by whom. */
  get labels(): Labels {
    return this.#standing.labels;
  }

  /** The tables that follow what is decided, from the first call on. */
  get tables(): LiveTables {
    const { decided } = this.#standing;
    // What is carried out from a log, or comes from a snapshot, stands later than its policy was read.
    const now = Math.max(decided.model.now, decided.admission.state.now);
    return (this.#standing.tables ??= new LiveTables(decided, this.#options, now));
  }

  /** From now on the tables are made by `makeTables`, in steps between which sentences are decided. `now` in Unix seconds. */
  beginTables(now: number): void {
    const { decided, tables } = this.#standing;
    if (tables !== undefined) return;
    const since = Math.max(now, decided.model.now, decided.admission.state.now);
    this.#standing.tables = new LiveTables(decided, this.#options, since, true);
  }

  /** Whether the tables are made. Until then no switch gets anything, and what could be refused by them waits. */
  get hasTables(): boolean {
    return this.#standing.tables?.isWhole === true;
  }

  /** Makes the tables, as long as `goesOn` says so after each step; returns whether they are made. */
  makeTables(goesOn: () => boolean): boolean {
    return this.tables.make(goesOn);
  }

  /** Stands as another network from now on, which was built anew and belongs to this one. */
  become(other: RunningNetwork): void {
    other.labels.persons = this.labels.persons;
    this.#standing = other.#standing;
  }

  /** Reads and decides a sentence. What is accepted is in force from then on; what is returned its speaker may see. */
  hear(sentence: Sentence): Heard {
    const { by, now } = sentence;
    this.#advance(now);
    const { statements, diagnostics } = this.#read(sentence);
    const heard: Heard =
      hasErrors(diagnostics) || statements.length === 0
        ? { kind: "faulty", diagnostics }
        : this.#hear(statements, sentence, new Viewer(this.admission, by, this.labels));
    return this.#shown(heard, new ShownNames(this.labels, by, statements));
  }

  #hear(statements: readonly Statement[], sentence: Sentence, viewer: Viewer): Heard {
    const { admission } = this;
    const { by, now } = sentence;
    const [first, second] = statements;
    const asked = statements.filter(({ demand }) => demand.kind === "query");
    // One reply has no place for an answer beside verdicts: what it left out would be lost without a word.
    if (asked.length > 0 && second !== undefined)
      return { kind: "faulty", diagnostics: asked.map(({ span }) => questionInTransaction({}, { span, help: ALONE })) };
    if (first!.demand.kind === "query") {
      const { asks } = first!.demand;
      const { seesAll } = viewer;
      const verdict = (seesAll ? undefined : viewer.refusal(first!, asks)) ?? admission.submit(first!, now);
      if (verdict.kind === "rejected") return this.#seen(decided([first!], [verdict], []), viewer);
      if (asks.kind === "Explain") return this.#explain(asks.request, now, viewer);
      const answered = answer(admission, asks, now, by);
      return { kind: "answered", answered: seesAll ? answered : viewer.answered(answered) };
    }
    return admission.asSaid(() => this.#decide(statements, sentence, viewer));
  }

  /** Of a name that several requests have, each. */
  #explain(request: string, now: number, { seesAll }: Viewer): Heard {
    if (!seesAll) return { kind: "explained", text: undefined };
    const found = this.labels.meant(request, "root").flatMap((id) => explainStatement(this.admission, id, now) ?? []);
    if (found.length > 0) return { kind: "explained", text: found.map(statementText).join("\n") };
    return { kind: "answered", answered: { kind: "unknown", what: "request", name: request } };
  }

  /**
   * Carries `job` out, and shows the tables what it has had decided as one change: that costs less than one after the
   * other, and comes to the same. `now`, in Unix seconds, is the instant of all of it. Only once the tables are made.
   *
   * @returns Undefined where no switch could keep it. Then nothing of it stands, and each is to be heard alone.
   */
  together<T>(now: number, job: () => T): { readonly done: T } | undefined {
    const { admission, tables } = this;
    // What ends now leaves for good, whatever is taken back.
    this.#advance(now);
    const transaction = admission.begin();
    const decided = (this.#together = []);
    try {
      const done = admission.together(job);
      if (this.#faults(decided, now).length === 0) {
        transaction.commit();
        return { done };
      }
    } finally {
      this.#together = undefined;
    }
    transaction.rollback();
    tables.follow(now);
    return undefined;
  }

  /** What begins and ends by itself is in the tables, or held back, before anything that is said is judged by them. */
  #advance(now: number): void {
    this.admission.advance(now);
    if (this.#together === undefined && this.#standing.tables?.isWhole === true) this.#standing.tables.advance(now);
  }

  /** A decision as its speaker sees it; it is answered so. */
  #seen(heard: DecidedSentence, viewer: Viewer): DecidedSentence {
    if (viewer.seesAll) return heard;
    return { ...heard, outcomes: heard.outcomes.map((one) => viewer.outcome(one)) };
  }

  /** The same with the names by which its speaker knows requests. */
  #shown(heard: Heard, names: ShownNames): Heard {
    switch (heard.kind) {
      case "faulty":
        return { ...heard, diagnostics: heard.diagnostics.map((one) => names.diagnostic(one)) };
      case "answered":
        return { ...heard, answered: names.answered(heard.answered) };
      case "explained":
      case "token":
        return heard;
      case "decided":
        return { ...heard, outcomes: heard.outcomes.map((one) => names.outcome(one)) };
    }
  }

  #read({ own, text, by, now }: Sentence): Read {
    const name = `r${own}`;
    const { statements, diagnostics } = this.#standing.interpreter.read({ source: { name, text }, by, now });
    const read = withIdentities(this.labels, statements, name);
    return { statements: read.statements, diagnostics: [...diagnostics, ...read.diagnostics] };
  }

  /** A sentence that was accepted before, with the identities that it had. */
  #readAgain({ number, own, text, by, at, answers }: SaidAgain): Read {
    const name = `r${own ?? number}`;
    const now = Math.floor(at / 1000);
    const { statements, diagnostics } = this.#standing.interpreter.read({ source: { name, text }, by, now });
    const { accepted } = this.admission.state;
    const read =
      own === undefined
        ? namedBefore((id) => accepted.get(id) !== undefined, statements, name)
        : withIdentities(this.labels, statements, name, answers.map(recordedNamesOf)).statements;
    return { statements: read, diagnostics };
  }

  #decide(statements: readonly Statement[], { now, faultOf = () => undefined }: Sentence, viewer: Viewer): Heard {
    // The tables are there before anything is decided that may be taken back.
    const { admission, tables } = this;
    const transaction = admission.begin();
    const ids = statements.map((one) => admission.identity(one));
    const taken = statements.map(({ demand }) => this.#cancelled(demand));
    const cut = this.decided.model.defaults.verdict === "deny" ? cancelledAllows(admission, statements) : [];
    const { trials } = this.#standing;
    trials.begin();
    const verdicts =
      statements.length === 1
        ? statements.map((one) => admission.submit(one, now))
        : submitTogether(admission, statements, now);
    const records = statements.flatMap((one, i) => recordOf(one, ids[i]!, now, verdicts[i]!) ?? []);
    const answers = noted(admission, statements, ids, verdicts);
    const seen = this.#seen(decided(statements, answers, records, taken), viewer);
    const heard = { ...seen, held: () => heldRules(records, cut, now) };
    const fault = faultOf(heard);
    if (records.length === 0 || fault !== undefined) {
      transaction.rollback();
      return fault === undefined ? heard : { kind: "faulty", diagnostics: [fault] };
    }
    if (this.#together !== undefined) {
      transaction.commit();
      append(this.#together, records);
      return heard;
    }
    const isAlone = !tables.isWhole;
    if (isAlone && needsTables(admission, records)) {
      transaction.rollback();
      throw new TablesFirst();
    }
    const faults = isAlone ? tables.faultsAlone(plainRules(admission, records)) : this.#faults(records, now);
    if (faults.length > 0) {
      transaction.rollback();
      if (!isAlone) tables.follow(now);
      return { kind: "faulty", diagnostics: faults };
    }
    transaction.commit();
    return heard;
  }

  /** The errors of the tables with what was decided, now and when it, or what it meets, begins. */
  #faults(records: readonly Recorded[], now: number): readonly Diagnostic[] {
    const own = records.flatMap(({ id, statement: { demand } }) => (demand.kind === "request" ? [id] : []));
    return this.tables.judge(own, now);
  }

  /**
   * Carries out a sentence that was accepted before, with what was granted then. The names of the policy must be those
   * that it was read with. Returns false if it cannot be, and then nothing has changed.
   */
  carryOut(said: SaidAgain): boolean {
    const { at, answers } = said;
    const { admission } = this;
    const now = Math.floor(at / 1000);
    admission.advance(now);
    const { statements } = this.#readAgain(said);
    const transaction = admission.begin();
    const isWhole = statements.length === answers.length && statements.length > 0;
    const holds =
      isWhole &&
      statements.every((one, i) => {
        const record = recordedOf(one, admission.identity(one), now, answers[i]!);
        return admission.apply(record) === undefined;
      });
    if (holds) transaction.commit();
    else transaction.rollback();
    return holds;
  }

  /**
   * Decides a sentence that was accepted under another policy; says whether what has not ended of it still is. Its times
   * count from when it was said, what has begun since goes on from now, and what was granted in part asks for no more. What it cancelled may have ended or fallen by now:
   * that takes nothing from what it says beside.
   */
  hearAgain(said: SaidAgain): { readonly holds: boolean; readonly statements: readonly Statement[] } {
    const { statements, diagnostics } = this.#readAgain(said);
    return {
      holds: !hasErrors(diagnostics) && statements.length > 0 && this.#holdsAgain(said, statements),
      statements,
    };
  }

  #holdsAgain(said: SaidAgain, statements: readonly Statement[]): boolean {
    const { number, own = number, by, text, at, answers } = said;
    const { admission } = this;
    admission.advance(Math.floor(at / 1000));
    const { now } = admission.state;
    const granted = statements.map((one, i) => atMost(one, answers[i]));
    const left = granted.filter((one, i) => this.#hasLeft(one, answers[i])).flatMap((one) => leftOf(one, now));
    if (left.length === 0) return true;
    // The files have come to call something of theirs so. Under another name nobody would find it, nor a `Cancel` of it.
    if (left.some((one) => one.label === undefined && this.#isTaken(one))) return false;
    const heard = this.#decide(left, { own, text, by, now }, new Viewer(admission, by, this.labels));
    return heard.kind === "decided" && heard.records.length > 0;
  }

  #hasLeft({ demand }: Statement, answer: JsonValue | undefined): boolean {
    if (demand.kind !== "Cancel") return true;
    const { where, was } = answer === undefined ? {} : recordedNamesOf(answer);
    const found = this.labels.where(demand.request);
    if (found === undefined || (where !== undefined && where !== found)) return false;
    return was === undefined || was === this.labels.wordingOf(demand.request);
  }

  #isTaken({ id, demand }: Statement): boolean {
    return demand.kind === "request" && this.admission.state.accepted.get(id) !== undefined;
  }

  /** What a `Cancel` takes away: where it was said, and how it is worded in the files, which may come to call another so. */
  #cancelled(demand: Statement["demand"]): Pick<RecordedOutcome, "where" | "was"> {
    if (demand.kind !== "Cancel") return {};
    const where = this.labels.where(demand.request);
    return { where, ...(where === "files" && { was: this.labels.wordingOf(demand.request) }) };
  }
}

/**
 * Whether it depends on all that stands whether switches can keep what was accepted: rates share meters and queues, and
 * ways may meet each other. What is only allowed or denied is refused for what it says itself.
 */
function needsTables({ state: { accepted } }: Admission, records: readonly Recorded[]): boolean {
  for (const kind of ["waypoint", "avoid"] as const) for (const _ of accepted.ofKind(kind)) return true;
  return records.some(({ statement: { demand } }) => demand.kind === "request" && !isPlain(demand.action));
}

/** Verdicts with the notes that `check` would give: on limits that never take effect, and reservations without a path. */
function noted(
  { state }: Admission,
  statements: readonly Statement[],
  ids: readonly string[],
  verdicts: readonly Verdict[],
): readonly Verdict[] {
  return verdicts.map((verdict, i) => {
    const request = statements[i]!.demand.kind === "request" ? state.accepted.get(ids[i]!) : undefined;
    if (request === undefined || verdict.kind === "rejected") return verdict;
    const { notes = [] } = verdict;
    const isSaid = verdict.suspended !== undefined || notes.length > 0;
    const more =
      request.kind === "limit"
        ? noteLooseLimits(state, [request])
        : request.kind === "reserve" && !isSaid
          ? noteMissingFacts(state, [request])
          : [];
    return more.length === 0 ? verdict : { ...verdict, notes: [...notes, ...more] };
  });
}

const decided = (
  statements: readonly Statement[],
  verdicts: readonly Verdict[],
  records: readonly Recorded[],
  taken: readonly Pick<RecordedOutcome, "where" | "was">[] = [],
): DecidedSentence => ({
  kind: "decided",
  outcomes: statements.map((statement, i) => ({ statement, verdict: verdicts[i]! })),
  records,
  recorded: statements.map(({ id, demand }, i): RecordedOutcome => {
    const verdict = verdicts[i]!;
    return {
      id,
      ...(demand.kind === "Cancel" && { of: demand.request }),
      ...taken[i],
      ...(verdict.kind === "rejected" && { code: verdict.certificate.code }),
    };
  }),
});
