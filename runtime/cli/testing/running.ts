/**
 * Networks that run: a sentence is read, decided and carried out as a server would, its flow-mods are made by the table
 * that follows, and then all is taken back. An exception on the way is a fault of ours, and so is a table that is
 * another one afterwards.
 */
import { subscribe } from "#compiler/admission/subscribe.ts";
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
  #plans: readonly Plan[] = [];

  constructor(text: string) {
    this.#decided = decideText(text);
    const { admission, model } = this.#decided;
    const { directory, defaults } = model;
    this.#live = new LiveTable({ directory, defaults, target: "ovs", now: clock });
    let first = true;
    subscribe(admission, (change) => {
      if (first) this.#live.load(change.added);
      else this.#plans = [...this.#plans, ...this.#live.apply(change).values()];
      first = false;
    });
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
    const transaction = admission.begin();
    const outcomes = statements.map((statement) => ({ statement, verdict: admission.submit(statement, clock) }));
    const diagnostics = outcomes.flatMap(({ verdict }) => (verdict.kind === "rejected" ? [] : (verdict.notes ?? [])));
    const decided = { model, admission, outcomes, rules: [], diagnostics, good: true };
    const document = { ok: true, now: clock, proof: undefined, diagnostics };
    printed += JSON.stringify(decisionsJson(decided, document)) + summary(decided, true);
    const made = this.#plans;
    for (const plan of made) {
      const cookies = this.#live.cookies();
      printed += planText(plan, cookies) + planSummary(plan) + JSON.stringify(planJson(plan, cookies));
    }
    if (turn % 8 === 0) printed += this.#explained(outcomes[0]!.statement.id);
    transaction.rollback();
    if (turn % 64 === 0 && this.table() !== this.#table) throw new Error("what was taken back is still in the table");
    return { reached: made.length > 0 ? "tables" : "verdicts", letters: printed.length };
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
