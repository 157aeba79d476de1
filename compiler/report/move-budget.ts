/**
 * How many changes of entries a timeline may have beyond those that its requests bring about themselves. Statements that
 * overlap may move each other's entries: of n limits that begin and end one after the other, each would move all others,
 * and the timeline of a few lines would have n² changes. Those that share a match are compared for it whenever one of them
 * begins or ends, those that share flows for whose traffic changes, and what is warned of is looked at each time.
 */
import type { Plan } from "../plan/plan.ts";

/** They take about two seconds. */
const MOST_MOVES = 6_000;
/** They take a second, and what else happens at so many instants another. */
const MOST_COMPARED = 3_000_000;
/** They take two seconds. */
const MOST_NUMBERED = 60_000;
/** What else such rules ask of the tables takes about a second by then. */
const MOST_DECIDED = 100_000;
/** They take a second. */
const MOST_TOLD = 150_000;
/** The entries that a rule is known to have of itself on a switch; those of lists are counted as moves. */
const OWN = 20;

export class MoveBudget {
  readonly #switches: number;
  #left: number;
  #compared = MOST_COMPARED;
  #numbered: number;
  #decided = MOST_DECIDED;
  #decidedBefore = 0;
  #told = MOST_TOLD;

  /** `standing`: the entries at the beginning; numbering these anew once is paid for. */
  constructor(standing: number, switches: number) {
    this.#left = MOST_MOVES + standing;
    this.#numbered = MOST_NUMBERED + standing;
    this.#switches = Math.max(1, switches);
  }

  get isSpent(): boolean {
    return this.#left < 0 || this.#compared < 0 || this.#numbered < 0 || this.#decided < 0 || this.#told < 0;
  }

  /** What was done more often than it may be, and how often that is. */
  get refusal(): { readonly what: string; readonly limit: number } {
    if (this.#left < 0) return { what: "move each other's entries", limit: MOST_MOVES };
    if (this.#compared < 0) return { what: "are compared for matches that they share", limit: MOST_COMPARED };
    if (this.#numbered < 0) return { what: "have entries of all tables numbered anew", limit: MOST_NUMBERED };
    if (this.#decided < 0) return { what: "are compared for whose traffic changes", limit: MOST_DECIDED };
    return { what: "in time are warned of", limit: MOST_TOLD };
  }

  spend({ plans, rules, compared, numbered, decided, told }: Spent): void {
    this.#compared -= compared;
    this.#numbered -= numbered;
    this.#told -= told;
    this.#decided -= Math.max(0, decided - this.#decidedBefore - OWN * rules);
    this.#decidedBefore = decided;
    let moves = 0;
    for (const { stages } of plans) for (const stage of stages) moves += stage.length;
    this.#left -= Math.max(0, moves - OWN * rules * this.#switches);
  }
}

/** What one instant takes. */
interface Spent {
  readonly plans: Iterable<Plan>;
  /** How many rules begin or end. */
  readonly rules: number;
  /** How many contributions were compared for a match that they share. */
  readonly compared: number;
  /** How many entries were placed anew since the numbering changed. */
  readonly numbered: number;
  /** How many rules were compared for whose traffic changes, since the beginning of the timeline. */
  readonly decided: number;
  /** How many diagnostics the tables have. */
  readonly told: number;
}
