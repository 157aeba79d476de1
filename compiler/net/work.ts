/**
 * Work that is counted while somebody bounds it: whoever works says how many steps something took, whoever has the budget
 * opens it around a job. So what a decision compares counts wherever it is compared, and nothing is handed from call to call.
 * Steps are counted and no time, so every machine gives up at the same place; one takes about a microsecond.
 */

/** The steps that are left. */
export interface WorkBudget {
  left: number;
}

/** The work took more steps than there were. Whoever has the budget knows what is to be taken back. */
export class WorkError extends Error {
  override readonly name = "WorkError";
}

let budget: WorkBudget | undefined;

/**
 * Takes steps off the budget that is open; none where none is.
 *
 * @throws {WorkError} They are not left.
 */
export function spendSteps(steps: number): void {
  if (budget === undefined) return;
  budget.left -= steps;
  if (budget.left < 0) throw new WorkError(`${steps} steps beyond the budget`);
}

/** Whether a budget is open: where it is not, what something takes need not be counted. */
export const isCounting = (): boolean => budget !== undefined;

/** Carries `job` out with this budget in place of the one that is open; undefined: nothing is counted. */
export function withSteps<T>(most: WorkBudget | undefined, job: () => T): T {
  const outer = budget;
  budget = most;
  try {
    return job();
  } finally {
    budget = outer;
  }
}
