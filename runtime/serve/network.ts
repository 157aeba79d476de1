/**
 * A network that runs: a decided policy, and what has been said to it since. A sentence is read against the policy's
 * names, decided, and shown to the tables: what no switch could keep is taken back and refused like any other request,
 * since it would keep every later change from the switches. Nothing here waits, writes or looks at a clock.
 */
import type { Admission } from "#compiler/admission/admission.ts";
import type { Decided } from "#compiler/admission/decided.ts";
import { recordOf, type Recorded } from "#compiler/admission/recorded.ts";
import { submitTogether } from "#compiler/admission/transaction.ts";
import type { Verdict } from "#compiler/certificates/verdict.ts";
import type { TableOptions } from "#compiler/compile.ts";
import { hasErrors } from "#compiler/diagnostics/diagnostic.ts";
import { LiveTables } from "#compiler/live.ts";
import type { Statement } from "#compiler/model/model.ts";
import { answer } from "#compiler/queries/index.ts";
import { Interpreter, type Read } from "#compiler/resolve/interpreter.ts";
import type { Heard, SaidAgain, Sentence } from "./conversation.ts";
import { recordedOf } from "./said-records.ts";

export class RunningNetwork {
  /** The policy that it began with. What was said since is in its admission, and not among its outcomes. */
  readonly decided: Decided;
  readonly admission: Admission;
  /** The tables that follow what is decided. */
  readonly tables: LiveTables;
  readonly #interpreter: Interpreter;

  /** @param decided A policy without faults; from now on it belongs to this network. */
  constructor(decided: Decided, options: TableOptions) {
    this.decided = decided;
    this.admission = decided.admission;
    this.tables = new LiveTables(decided, options, decided.model.now);
    const { state } = decided.admission;
    const users = {
      has: (name: string) => state.isUser(name),
      [Symbol.iterator]: () => state.users()[Symbol.iterator](),
    };
    this.#interpreter = new Interpreter(decided.model, users);
  }

  /** Reads and decides a sentence. What is accepted is in force from then on. */
  hear({ number, text, by, now }: Sentence): Heard {
    const { admission } = this;
    admission.advance(now);
    const { statements, diagnostics } = this.#read({ number, text, by, now });
    if (hasErrors(diagnostics) || statements.length === 0) return { kind: "faulty", diagnostics };
    const [first] = statements;
    if (first!.demand.kind === "query") {
      const verdict = admission.submit(first!, now);
      if (verdict.kind === "rejected") return decided([first!], [verdict], []);
      return { kind: "answered", answered: answer(admission, first!.demand.asks, now, by) };
    }
    return this.#decide(statements, now);
  }

  #read({ number, text, by, now }: Sentence): Read {
    const name = `r${number}`;
    const { statements, diagnostics } = this.#interpreter.read({ source: { name, text }, by, now });
    const ids = statements.map((_, i) => this.#free(i === 0 ? name : `${name}_${i + 1}`));
    return { statements: statements.map((one, i) => named(one, ids[i]!)), diagnostics };
  }

  /** The name, or the first like it that no label has taken: no two requests share one. */
  #free(name: string): string {
    const { accepted } = this.admission.state;
    let id = name;
    for (let twin = 2; accepted.get(id); twin++) id = `${name}-${twin}`;
    return id;
  }

  #decide(statements: readonly Statement[], now: number): Heard {
    const { admission } = this;
    const transaction = admission.begin();
    const ids = statements.map((one) => admission.identity(one));
    const verdicts =
      statements.length === 1
        ? statements.map((one) => admission.submit(one, now))
        : submitTogether(admission, statements, now);
    const records = statements.flatMap((one, i) => recordOf(one, ids[i]!, now, verdicts[i]!) ?? []);
    if (records.length === 0) {
      transaction.rollback();
      return decided(statements, verdicts, []);
    }
    const faults = this.tables.follow(now);
    if (faults.length > 0) {
      transaction.rollback();
      this.tables.follow(now);
      return { kind: "faulty", diagnostics: faults };
    }
    transaction.commit();
    return decided(statements, verdicts, records);
  }

  /**
   * Carries out a sentence that was accepted before, with what was granted then. The names of the policy must be those
   * that it was read with. Returns false if it cannot be, and then nothing has changed.
   */
  carryOut({ number, by, text, at, answers }: SaidAgain): boolean {
    const { admission } = this;
    const now = Math.floor(at / 1000);
    admission.advance(now);
    const { statements } = this.#read({ number, text, by, now });
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

  /** Decides a sentence that was accepted under another policy; returns whether it still is. */
  hearAgain({ number, by, text, at }: SaidAgain): boolean {
    const heard = this.hear({ number, text, by, now: Math.floor(at / 1000) });
    return heard.kind === "decided" && heard.records.length > 0;
  }
}

/** A request without a label is called by the number of its record: a word, which can be written in `Cancel`. */
const named = (statement: Statement, name: string): Statement =>
  statement.label === undefined && statement.demand.kind === "request" ? { ...statement, id: name } : statement;

const decided = (
  statements: readonly Statement[],
  verdicts: readonly Verdict[],
  records: readonly Recorded[],
): Heard => ({
  kind: "decided",
  outcomes: statements.map((statement, i) => ({ statement, verdict: verdicts[i]! })),
  records,
});
