/**
 * How many changes of entries a timeline may have beyond those that its requests bring about themselves. Statements that
 * overlap may move each other's entries: of n limits that begin and end one after the other, each would move all others,
 * and the timeline of a few lines would have n² changes. Those that share a match are compared for it whenever one of them
 * begins or ends, those that share flows for whose traffic changes, and what is warned of is looked at each time. All of it
 * together has one budget: a timeline may do much of each.
 */
import type { Plan } from "../plan/plan.ts";

/** The steps of a timeline; they take about a second. */
const MOST_STEPS = 1_000_000;

/** What is done more often than it should be, and how many steps it takes each time. */
const KINDS = {
  moved: { what: "move each other's entries", steps: 250 },
  compared: { what: "are compared for matches that they share", steps: 1 },
  numbered: { what: "have entries of all tables numbered anew", steps: 40 },
  decided: { what: "are compared for whose traffic changes", steps: 20 },
  told: { what: "in time are warned of", steps: 12 },
} as const;
type Kind = keyof typeof KINDS;

/** The entries that a rule is known to have of itself on a switch; those of lists are counted as moves. */
const OWN = 20;

export class MoveBudget {
  readonly #switches: number;
  readonly #done: Record<Kind, number>;
  #decidedBefore = 0;

  /** `standing`: the entries at the beginning; moving these and numbering them anew once is paid for. */
  constructor(standing: number, switches: number) {
    this.#done = { moved: -standing, compared: 0, numbered: -standing, decided: 0, told: 0 };
    this.#switches = Math.max(1, switches);
  }

  get isSpent(): boolean {
    return kinds.reduce((sum, kind) => sum + this.#stepsOf(kind), 0) > MOST_STEPS;
  }

  /** What took the most steps, and how often it was done. */
  get refusal(): { readonly what: string; readonly times: number } {
    const most = kinds.reduce((a, b) => (this.#stepsOf(b) > this.#stepsOf(a) ? b : a));
    return { what: KINDS[most].what, times: Math.floor(this.#done[most]) };
  }

  #stepsOf(kind: Kind): number {
    return Math.max(0, this.#done[kind]) * KINDS[kind].steps;
  }

  spend({ plans, rules, compared, numbered, decided, told }: Spent): void {
    const done = this.#done;
    done.compared += compared;
    done.numbered += numbered;
    done.told += told;
    done.decided += Math.max(0, decided - this.#decidedBefore - OWN * rules);
    this.#decidedBefore = decided;
    let moves = 0;
    for (const { stages } of plans) for (const stage of stages) moves += stage.length;
    done.moved += Math.max(0, moves - OWN * rules * this.#switches);
  }
}

const kinds = Object.keys(KINDS) as Kind[];

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
