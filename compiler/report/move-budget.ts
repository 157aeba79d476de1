/**
 * How many changes of entries a timeline may have beyond those that its requests bring about themselves. Statements that
 * overlap may move each other's entries: of n limits that begin and end one after the other, each would move all others,
 * and the timeline of a few lines would have n² changes.
 */
import type { Plan } from "../plan/plan.ts";

/** They take about two seconds. */
const MOST_MOVES = 6_000;
/** The entries that a rule is known to have of itself on a switch; those of lists are counted as moves. */
const OWN = 20;

export class MoveBudget {
  readonly most = MOST_MOVES;
  readonly #switches: number;
  #left: number;

  /** `standing`: the entries at the beginning; numbering these anew once is paid for. */
  constructor(standing: number, switches: number) {
    this.#left = MOST_MOVES + standing;
    this.#switches = Math.max(1, switches);
  }

  get isSpent(): boolean {
    return this.#left < 0;
  }

  /** Counts the plans of one instant, at which so many rules begin or end. */
  spend(plans: Iterable<Plan>, rules: number): void {
    let moves = 0;
    for (const { stages } of plans) for (const stage of stages) moves += stage.length;
    this.#left -= Math.max(0, moves - OWN * rules * this.#switches);
  }
}
