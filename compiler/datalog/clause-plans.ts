/**
 * The plans of one clause, compiled when first needed. A plan depends on which relations are tiny at the moment, so a
 * hot relation that meets a near-empty one starts from there; one that meets an empty one is not run at all.
 */
import type { Clause } from "./clauses.ts";
import type { ExternalRelation } from "./external.ts";
import type { Interner } from "./intern.ts";
import { TINY } from "./order.ts";
import type { Relation } from "./relation.ts";
import { compileGoalPlan, compileHeadPlan, type GoalPlan, type HeadPlan } from "./plan.ts";

/** A goal whose answers may change: of a stored relation, or of an external one. */
export interface ChangingGoal {
  /** Its place among the goals. */
  readonly at: number;
  readonly negated: boolean;
  readonly relation: Relation | undefined;
  readonly external: ExternalRelation | undefined;
}

export class ClausePlans {
  readonly clause: Clause;
  /** In the order of the goals; all of one form, since each rule that is due walks them in each transaction. */
  readonly changing: readonly ChangingGoal[];
  /** Its body may have changed in the running transaction. */
  isDue = false;
  /** Relations without whose facts it derives nothing. */
  readonly #needs: readonly Relation[];
  readonly #interner: Interner;
  readonly #goalPlans: Map<number, GoalPlan>[];
  readonly #headPlans = new Map<string, HeadPlan>();
  #proof: HeadPlan | undefined;

  constructor(clause: Clause, interner: Interner) {
    this.clause = clause;
    this.#needs = clause.goals.flatMap((goal) => (goal.kind === "stored" && !goal.negated ? [goal.relation] : []));
    this.changing = clause.goals.flatMap((goal, at): ChangingGoal[] => {
      if (goal.kind === "builtin") return [];
      const { negated } = goal;
      const isStored = goal.kind === "stored";
      return [
        {
          at,
          negated,
          relation: isStored ? goal.relation : undefined,
          external: isStored ? undefined : goal.external,
        },
      ];
    });
    this.#interner = interner;
    this.#goalPlans = clause.goals.map(() => new Map());
  }

  /**
   * Whether a relation that its body needs holds nothing, neither before nor now: so it derived and derives nothing. If
   * that relation is filled yet in the same transaction, that change makes the rule due.
   */
  get isIdle(): boolean {
    for (let at = 0; at < this.#needs.length; at++) if (this.#needs[at]!.size === 0) return true;
    return false;
  }

  /** Whether a relation that its body needs held nothing before: only then is there a `freshGoal`. */
  get mayBeFresh(): boolean {
    for (let at = 0; at < this.#needs.length; at++) if (this.#needs[at]!.oldSize === 0) return true;
    return false;
  }

  /** The plan from a change of this goal, or undefined where an empty relation leaves nothing to derive. */
  fromGoal(start: number): GoalPlan | undefined {
    const { goals } = this.clause;
    let tiny = 0;
    for (let at = 0; at < goals.length; at++) {
      const goal = goals[at]!;
      if (at === start || goal.kind !== "stored" || goal.negated) continue;
      const size = goal.relation.size;
      if (size === 0) return undefined;
      // Beyond 30 goals sizes no longer matter.
      if (size <= TINY && at < 30) tiny |= 1 << at;
    }
    let plan = this.#goalPlans[start]!.get(tiny);
    if (plan === undefined) {
      plan = compileGoalPlan(this.clause, start, this.#interner);
      this.#goalPlans[start]!.set(tiny, plan);
    }
    return plan;
  }

  /** The plan of a proof: all of the head is known. */
  get proof(): HeadPlan {
    return (this.#proof ??= this.fromHead(
      this.clause.headSlots.map(() => true),
      true,
    ));
  }

  /** The plan from a head of which these columns are known. `traced` plans serve proofs and why-not. */
  fromHead(known: readonly boolean[], traced: boolean): HeadPlan {
    const key = `${traced}${known.map(Number).join("")}`;
    let plan = this.#headPlans.get(key);
    if (plan === undefined) {
      plan = compileHeadPlan(this.clause, known, this.#interner, traced);
      this.#headPlans.set(key, plan);
    }
    return plan;
  }
}
