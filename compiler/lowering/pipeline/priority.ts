/**
 * The priority of a rule in Admission is a formula, never a search: `1 + 2·depth + (1 if deny)`, refined by the
 * cascade level inside the share (SEMANTICS, "From policy to table" and "allow / deny").
 * Each depth has a band of twice as many priorities as the deepest cascade there has levels.
 */
import type { DerivedRule } from "../../derived/rule.ts";

/** Priority 0 is the miss of every table. */
export const MISS = 0;
/** In Reserve, where DSCP marks stand for queues: below all reservations, a packet without one loses its mark. */
export const CLEARS_MARK = 1;
export const KEEPS_MARK = 2;
/** OpenFlow 1.3.5, section A.3.4.1: priorities are 16 bits. The last one is kept for frames from other switches. */
export const TRUSTED = 65_535;
/**
 * Statements of the guard: above all that shares decide. They have no table of their own, so that the first of them, an
 * emergency stop, is one entry more and moves no other.
 */
export const GUARD = TRUSTED - 1;
/** What the formula may give. */
export const HIGHEST = GUARD - 1;

/** How many cascade levels the shares of each depth have at most; depths without an entry have one. */
export type LevelsByDepth = readonly number[];

/** Where the priorities of each depth begin. */
export class Bands {
  readonly levels: LevelsByDepth;
  readonly #bases: number[] = [];

  constructor(levels: LevelsByDepth) {
    this.levels = levels;
  }

  /** First priority of a depth's band: 1 above the miss, then two for every level of every shallower depth. */
  base(depth: number): number {
    for (let d = this.#bases.length; d <= depth; d++) {
      this.#bases.push(d === 0 ? 1 : this.#bases[d - 1]! + 2 * Math.max(1, this.levels[d - 1] ?? 1));
    }
    return this.#bases[depth]!;
  }

  /** Levels count from the last one up, so that a share without a cascade stands where a cascade's last level does. */
  of(rule: Pick<DerivedRule, "stage" | "depth" | "level" | "levels" | "effect">): number {
    if (rule.stage === "guard") return GUARD;
    return this.base(rule.depth) + 2 * (rule.levels - 1 - rule.level) + (rule.effect === "deny" ? 1 : 0);
  }
}
