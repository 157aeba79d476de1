/**
 * Networks that run: a sentence is read, decided and carried out as a server would, its flow-mods are made by the table
 * that follows, and then all is taken back. An exception on the way is a fault of ours, and so is a table that is
 * another one afterwards.
 */
import { recordOf, type Recorded } from "#compiler/admission/recorded.ts";
import type { Verdict } from "#compiler/certificates/verdict.ts";
import { explainWords } from "#compiler/lookup/explain.ts";
import { renderLine, renderPretty, toSarif } from "#compiler/diagnostics/index.ts";
import { LiveTable } from "#compiler/lowering/index.ts";
import type { Plan } from "#compiler/plan/plan.ts";
import { decisionsJson, summary } from "#compiler/report/decisions.ts";
import { explanationJson, explanationText } from "#compiler/report/explanation.ts";
import { planJson, planSummary, planText } from "#compiler/report/plans.ts";
import { Interpreter } from "#compiler/resolve/interpreter.ts";
import { toOvs } from "#compiler/table/text.ts";
import { clock } from "../testing.ts";
import { decideText, type Way } from "./whole-way.ts";

/** A policy in force, to which sentences are said. */
export class RunningNetwork {
  readonly #decided;
  readonly #live: LiveTable;
  readonly #interpreter: Interpreter;
  readonly #table: string;
  #plans: Plan[] = [];
  #speaker = "root";

  constructor(text: string) {
    this.#decided = decideText(text);
    const { admission, model } = this.#decided;
    const { directory, defaults } = model;
    this.#live = new LiveTable({ directory, defaults, target: "ovs", now: clock });
    this.#live.load(admission.derived.now);
    admission.derived.listen((change) => void this.#plans.push(...this.#live.apply(change).values()));
    this.#interpreter = new Interpreter(model, new Set(admission.state.users()));
    this.#table = this.table();
  }

  table(): string {
    return [...this.#live.tables().values()].map(toOvs).join("\n");
  }

  /** Says a sentence and takes it back. `turn` chooses what is printed of it beside the verdict. */
  say(text: string, by: string, turn: number): Way {
    const source = { name: "said", text };
    const { admission, model } = this.#decided;
    const { statements, diagnostics: faults } = this.#interpreter.read({ source, by, now: clock });
    let printed = faults.map((one) => renderPretty(one) + renderLine(one)).join("");
    if (statements.length === 0)
      return { reached: "text", letters: printed.length + JSON.stringify(toSarif(faults)).length };
    this.#plans = [];
    this.#speaker = by;
    const transaction = admission.begin();
    const records: Recorded[] = [];
    const outcomes = statements.map((statement) => {
      const id = admission.identity(statement);
      const verdict = admission.submit(statement, clock);
      const record = recordOf(statement, id, clock, verdict);
      if (record !== undefined) records.push(record);
      return { statement, verdict };
    });
    const diagnostics = outcomes.flatMap(({ verdict }) => (verdict.kind === "rejected" ? [] : (verdict.notes ?? [])));
    const decided = { model, admission, outcomes, rules: [], diagnostics, good: true };
    const document = { ok: true, now: clock, proof: undefined, diagnostics };
    printed += JSON.stringify(decisionsJson(decided, document)) + summary(decided, true);
    // What is offered and taken back comes behind these.
    const made = [...this.#plans];
    for (const plan of made) {
      const cookies = this.#live.cookies();
      printed += planText(plan, cookies) + planSummary(plan) + JSON.stringify(planJson(plan, cookies));
    }
    if (turn % 8 === 0) printed += this.#explained(outcomes[0]!.statement.id);
    for (const { verdict } of outcomes) this.#offered(verdict);
    const stood = turn % 8 === 1 && records.length === statements.length ? this.table() : undefined;
    transaction.rollback();
    if (stood !== undefined) this.#again(records, stood);
    if (turn % 64 === 0 && this.table() !== this.#table) throw new Error("what was taken back is still in the table");
    return { reached: made.length > 0 ? "tables" : "verdicts", letters: printed.length };
  }

  /** What a refusal offers in place of the statement is accepted. It is taken back. */
  #offered(verdict: Verdict): void {
    if (verdict.kind !== "rejected") return;
    const { admission } = this.#decided;
    for (const { nearest, otherwise = [] } of [verdict.certificate])
      for (const offer of [nearest, otherwise]) {
        const transaction = admission.begin();
        for (const text of offer) {
          const source = { name: "offered", text };
          const by = this.#speaker;
          const { statements, diagnostics } = this.#interpreter.read({ source, by, now: clock });
          const [one] = statements;
          const answer = one && admission.submit(one, clock);
          if (answer?.kind !== "accepted")
            throw new Error(`an offer is ${answer?.kind ?? diagnostics.map(renderLine).join("")}: ${text}`);
        }
        transaction.rollback();
      }
  }

  /** What was recorded, carried out again, makes the same table. It is taken back. */
  #again(records: readonly Recorded[], stood: string): void {
    const transaction = this.#decided.admission.begin();
    for (const record of records) {
      const fault = this.#decided.admission.apply(record);
      if (fault !== undefined) throw new Error(`a record is not carried out again: ${fault}`);
    }
    const table = this.table();
    transaction.rollback();
    if (table !== stood) throw new Error("what was carried out again has another table");
  }

  #explained(words: string): string {
    const explained = explainWords(words, this.#decided, clock);
    if (!explained.ok || explained.value === undefined) return explained.ok ? "" : explained.fault;
    const { defaults } = this.#decided.model;
    return (
      explanationText(explained.value, defaults) + JSON.stringify(explanationJson(explained.value, defaults, clock))
    );
  }
}
