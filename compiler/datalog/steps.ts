/**
 * The budget of a transaction. It counts facts that are read or created and no time, so every machine gives up at the
 * same place. A join of relations without a common variable takes the product of their sizes, so some rules need a
 * limit.
 */

/** The evaluation took more steps than its budget. The engine rolls the transaction back. */
export class StepsError extends Error {
  override readonly name = "StepsError";
  /** The relation whose rule was evaluated when the budget ended. */
  readonly relation: string;

  constructor(relation: string) {
    super(`\`${relation}\` takes too many steps`);
    this.relation = relation;
  }
}

/** The steps that several transactions may take together. */
export interface StepBudget {
  left: number;
}

/** The steps that creating one fact costs; reading one costs a single step. */
export const CREATION_STEPS = 100;

/** The steps that are left of the budget, which a transaction sets; without one they have no end. */
export class StepCount {
  left = Infinity;

  /** Ends the evaluation of a rule; called where `left` is negative. */
  exceeded(relation: string): never {
    throw new StepsError(relation);
  }
}
