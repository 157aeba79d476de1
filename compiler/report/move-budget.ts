/**
 * How many changes of entries a timeline may have beyond those that its requests bring about themselves. Statements that
 * overlap may move each other's entries: of n limits that begin and end one after the other, each would move all others,
 * and the timeline of a few lines would have n² changes. Those that share a match are compared for it whenever one of them
 * begins or ends.
 */
import type { Plan } from "../plan/plan.ts";

/** They take about two seconds. */
const MOST_MOVES = 6_000;
/** They take a second, and what else happens at so many instants another. */
const MOST_COMPARED = 3_000_000;
/** The entries that a rule is known to have of itself on a switch; those of lists are counted as moves. */
const OWN = 20;

export class MoveBudget {
  readonly #switches: number;
  #left: number;
  #compared = MOST_COMPARED;

  /** `standing`: the entries at the beginning; numbering these anew once is paid for. */
  constructor(standing: number, switches: number) {
    this.#left = MOST_MOVES + standing;
    this.#switches = Math.max(1, switches);
  }

  get isSpent(): boolean {
    return this.#left < 0 || this.#compared < 0;
  }

  /** What was done more often than it may be, and how often that is. */
  get refusal(): { readonly what: string; readonly limit: number } {
    return this.#left < 0
      ? { what: "move each other's entries", limit: MOST_MOVES }
      : { what: "are compared for matches that they share", limit: MOST_COMPARED };
  }

  /** Counts the plans of one instant, at which so many rules begin or end and so many contributions were compared. */
  spend(plans: Iterable<Plan>, rules: number, compared: number): void {
    this.#compared -= compared;
    let moves = 0;
    for (const { stages } of plans) for (const stage of stages) moves += stage.length;
    this.#left -= Math.max(0, moves - OWN * rules * this.#switches);
  }
}
