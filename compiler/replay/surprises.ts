/**
 * The statements of a trace whose verdict is not the expected one, less those that follow from an earlier one. A
 * statement can follow because an earlier one left something out, or brought something in.
 */
import { namesOf, needsOf } from "../admission/root-causes.ts";
import type { Verdict } from "../certificates/verdict.ts";
import type { Demand, Statement } from "../model/model.ts";
import type { Answered } from "../queries/index.ts";
import { RefusedRequests } from "./refused-requests.ts";

/** One statement of a trace. */
export interface Replayed {
  readonly statement: Statement;
  /** The trace's clock (seconds) when it was submitted. */
  readonly at: number;
  readonly verdict: Verdict;
  /** What a query that was allowed answered. */
  readonly answer?: Answered;
  /** Whether the verdict is the expected one; undefined where none was written. */
  readonly asExpected: boolean | undefined;
}

/** The surprises that follow from no earlier one, in their order. */
export function rootSurprises(steps: readonly Replayed[]): readonly Replayed[] {
  const earlier = new Earlier();
  return steps.filter((step) => {
    if (step.asExpected !== false) return false;
    const follows = earlier.explains(step);
    earlier.add(step);
    return !follows;
  });
}

/** The surprises so far, by how they made the network another than the trace expects. */
class Earlier {
  /** Keys of what is missing in the network although the trace expects it. */
  readonly #lacking = new Set<string>();
  readonly #requests = new RefusedRequests();
  /** Keys of what is in the network although the trace does not expect it. */
  readonly #surplus = new Set<string>();

  add({ statement, verdict }: Replayed): void {
    const [made, gone] = [namesOf(statement), goneBy(statement.demand)];
    if (verdict.kind !== "rejected") {
      for (const key of made) this.#surplus.add(key);
      for (const key of gone) this.#lacking.add(key);
      return;
    }
    for (const key of made) this.#lacking.add(key);
    for (const key of gone) this.#surplus.add(key);
    if (statement.demand.kind === "request") this.#requests.add(statement.demand);
  }

  explains({ statement, verdict }: Replayed): boolean {
    const { demand, speaker } = statement;
    if (verdict.kind === "rejected") {
      const { code, blockers } = verdict.certificate;
      const needs = needsOf(statement, verdict.certificate);
      if (code === "transaction" || needs.some((need) => this.#lacking.has(need))) return true;
      if (TAKEN.has(code)) return namesOf(statement).some((key) => this.#surplus.has(key));
      return blockers.length > 0 && blockers.every(({ id }) => this.#surplus.has(`request ${id}`));
    }
    // It was accepted: because something that would have blocked it is missing, or something that let it through is
    // left.
    if (namesOf(statement).some((key) => this.#lacking.has(key))) return true;
    if ("share" in demand && this.#surplus.has(`speaker ${speaker} ${demand.share}`)) return true;
    return demand.kind === "request" && this.#requests.blocks(demand);
  }
}

/** Reasons that something is there already. */
const TAKEN: ReadonlySet<string> = new Set(["share-exists", "user-exists", "label-in-use"]);

/** The keys of what a statement removes. */
function goneBy(demand: Demand): readonly string[] {
  switch (demand.kind) {
    case "RemoveUser":
      return [`user ${demand.user}`];
    case "RemoveShare":
      return [`share ${demand.share}`];
    case "Revoke":
      return [`speaker ${demand.user} ${demand.share}`];
    case "Cancel":
      return [`request ${demand.request}`];
    case "AddUser":
    case "NewShare":
    case "Grant":
    case "GrantDefault":
    case "request":
    case "Tick":
    case "query":
      return [];
  }
}
