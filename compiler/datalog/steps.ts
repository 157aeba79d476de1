/**
 * What a transaction may still cost, counted in facts that are looked at and facts that are derived: the same on every
 * machine. A join of relations that have no variable in common takes the product of their sizes.
 */

/** The evaluation took more steps than it may; the transaction is rolled back. */
export class StepsError extends Error {
  override readonly name = "StepsError";
  /** The relation whose rule was evaluated. */
  readonly relation: string;

  constructor(relation: string) {
    super(`\`${relation}\` takes too many steps`);
    this.relation = relation;
  }
}

/** A fact that is made costs as much as so many that are looked at. */
export const MADE = 100;

export class StepCount {
  left = Infinity;

  spent(relation: string): never {
    throw new StepsError(relation);
  }
}
