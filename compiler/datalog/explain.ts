/**
 * Proofs on demand: no derivation is stored, so a rule that yields the fact is looked for again, from the head. Inside
 * a recursive component only facts inserted earlier may be used; hence every proof is finite.
 */
import type { AggregateClause, Clause, DatalogProgram } from "./clauses.ts";
import type { Evaluation } from "./evaluation.ts";
import type { Interner } from "./intern.ts";
import type { HeadPlan } from "./plan.ts";
import { BASE, StoredFact, NEW } from "./fact.ts";
import type { Proof, Rule, Tuple } from "./types.ts";

/** A proof while it is built: the premises come later, from a work list, so that depth costs no stack. */
interface Draft {
  readonly proof: Proof;
  readonly premises: Proof[];
}

/** A derivation whose premises are still to be proved. */
interface Job {
  readonly draft: Draft;
  readonly clause: Clause;
  /** What each goal met. */
  readonly matched: readonly (StoredFact | Tuple | undefined)[];
  readonly registers: readonly number[];
}

class Explainer {
  readonly #evaluation: Evaluation;
  readonly #program: DatalogProgram;
  readonly #interner: Interner;
  /** One proof per fact, shared wherever it is used. */
  readonly #drafts = new Map<StoredFact, Draft>();
  readonly #work: Job[] = [];

  constructor(evaluation: Evaluation, program: DatalogProgram, interner: Interner) {
    this.#evaluation = evaluation;
    this.#program = program;
    this.#interner = interner;
  }

  run(fact: StoredFact): Proof {
    const { proof } = this.#draft(fact);
    for (let job = this.#work.pop(); job !== undefined; job = this.#work.pop()) {
      for (const goal of job.clause.goals) {
        job.draft.premises.push(this.#premise(goal.literal, job));
      }
    }
    return proof;
  }

  #values(ids: readonly number[]): Tuple {
    return ids.map((id) => this.#interner.value(id));
  }

  /** Notes what a plan found, before its frame is used again. */
  #assign(draft: Draft, clause: Clause, { frame }: HeadPlan): void {
    this.#work.push({ draft, clause, matched: [...frame.matched], registers: [...frame.registers] });
  }

  #premise(at: number, { clause, matched, registers }: Job): Proof {
    const goal = clause.goals[at]!;
    const met = matched[at];
    if (goal.negated) {
      const terms = clause.rule!.body[goal.literal]!.atom.terms.map((term) => {
        if (term.kind === "constant") return term.value;
        return term.kind === "anonymous"
          ? undefined
          : this.#interner.value(registers[clause.variables.get(term.name)!]!);
      });
      return { kind: "absent", relation: goal.name, terms };
    }
    if (met instanceof StoredFact) return this.#draft(met).proof;
    return { kind: goal.kind === "builtin" ? "builtin" : "external", relation: goal.name, tuple: met! };
  }

  #draft(fact: StoredFact): Draft {
    const known = this.#drafts.get(fact);
    if (known !== undefined) return known;
    const draft = this.#support(fact);
    this.#drafts.set(fact, draft);
    return draft;
  }

  #support(fact: StoredFact): Draft {
    const { relation } = fact;
    const tuple = this.#values(fact.ids);
    if ((fact.state & BASE) !== 0) return { proof: { kind: "fact", relation: relation.name, tuple }, premises: [] };
    for (const { clause } of this.#evaluation.components[relation.component]!.rules) {
      if (clause.head !== relation || !agrees(clause, fact)) continue;
      const plan = this.#derive(clause, fact);
      if (plan === undefined) continue;
      const copied = clause.rule === undefined ? plan.frame.matched[0] : undefined;
      if (copied instanceof StoredFact) return this.#folded(copied, relation.name, tuple);
      const draft = derived(relation.name, tuple, clause.rule!);
      this.#assign(draft, clause, plan);
      return draft;
    }
    throw new Error(`no derivation of ${relation.name}(${tuple.join(", ")})`);
  }

  #derive(clause: Clause, fact: StoredFact): HeadPlan | undefined {
    const plan = this.#evaluation.rules.get(clause)!.proof;
    plan.frame.limit = fact.stamp;
    plan.frame.emit = found;
    return plan.from(fact.ids) ? plan : undefined;
  }

  /** An aggregate's premises: all bindings of its group or, for min and max alone, those that attain the result. */
  #folded(result: StoredFact, relation: string, tuple: Tuple): Draft {
    const aggregate = this.#program.aggregates.find((each) => each.result === result.relation)!;
    const draft = derived(relation, tuple, aggregate.rule);
    // The work list is a stack, so the first item is pushed last.
    for (const binding of this.#contributions(aggregate, result).toReversed()) {
      this.#assign(draft, aggregate.bindings, this.#derive(aggregate.bindings, binding)!);
    }
    return draft;
  }

  #contributions({ bindings, outputs }: AggregateClause, result: StoredFact): StoredFact[] {
    const ids: number[] = [];
    for (const [at, output] of outputs.entries()) if (output.kind === "column") ids[output.column] = result.ids[at]!;
    const columns = Object.keys(ids).map(Number);
    const group = [...bindings.head.select(ids, columns)].filter((fact) => (fact.state & NEW) !== 0);
    const needed = new Set<StoredFact>();
    for (const [at, output] of outputs.entries()) {
      if (output.kind !== "aggregate") continue;
      if (output.function === "sum" || output.function === "count") return group;
      const attaining = group.find((fact) => fact.ids[output.column] === result.ids[at]);
      if (attaining !== undefined) needed.add(attaining);
    }
    return [...needed];
  }
}

const found = (): boolean => true;

/** Whether the constants in a rule's head are those of the fact; of a relation with many rules most have others. */
function agrees({ headSlots, constantSlots, registers }: Clause, { ids }: StoredFact): boolean {
  for (let column = 0; column < headSlots.length; column++) {
    const slot = headSlots[column]!;
    if (constantSlots.has(slot) && registers[slot] !== ids[column]) return false;
  }
  return true;
}

function derived(relation: string, tuple: Tuple, rule: Rule): Draft {
  const premises: Proof[] = [];
  return { proof: { kind: "derived", relation, tuple, rule, premises }, premises };
}

/** The proof of a fact that is there now. */
export function explain(fact: StoredFact, evaluation: Evaluation, program: DatalogProgram, interner: Interner): Proof {
  return new Explainer(evaluation, program, interner).run(fact);
}
