/**
 * A rule → its priority in Admission. It is a formula and never a search: `1 + 2·depth + (1 if deny)`, refined by the
 * cascade level inside the share (SEMANTICS, "From policy to table" and "allow / deny"). Each depth has a band of twice
 * as many priorities as the deepest cascade there has levels, and one more level where a rule with exceptions must stand
 * below all others (NETWORK, "Exceptions").
 */
import type { DerivedRule } from "../../derived/rule.ts";

/** The priority of the miss of every table. */
export const MISS = 0;
/** In Reserve, if DSCP marks stand for queues: below all reservations, a packet without one loses its mark. */
export const CLEARS_MARK = 1;
export const KEEPS_MARK = 2;
/** The highest priority of 16 bits (OpenFlow 1.3.5, section A.3.4.1), reserved for frames from other switches. */
export const TRUSTED = 65_535;
/**
 * The priority of guards, above all that shares decide. Guards have no table of their own, so that the first of them,
 * an emergency stop, is one entry more and moves no other.
 */
export const GUARD = TRUSTED - 1;
/** The highest priority that the formula may give. */
export const HIGHEST = GUARD - 1;

/** For each depth, the most cascade levels of its shares; depths without an entry have one. */
export type LevelsByDepth = readonly number[];

/** The bands of priorities of all depths. A depth may have one more level below all others, for rules with exceptions. */
export class Bands {
  readonly levels: LevelsByDepth;
  readonly lowDepths: ReadonlySet<number>;
  readonly #bases: number[] = [];

  constructor(levels: LevelsByDepth, lowDepths: ReadonlySet<number> = new Set()) {
    this.levels = levels;
    this.lowDepths = lowDepths;
  }

  /** The first priority of a depth's band: 1 above the miss, and two for every level of every shallower depth. */
  base(depth: number): number {
    for (let d = this.#bases.length; d <= depth; d++) {
      const below = Math.max(1, this.levels[d - 1] ?? 1) + this.#low(d - 1);
      this.#bases.push(d === 0 ? 1 : this.#bases[d - 1]! + 2 * below);
    }
    return this.#bases[depth]!;
  }

  /** The number of levels below all others in a depth. */
  #low(depth: number): number {
    return this.lowDepths.has(depth) ? 1 : 0;
  }

  /**
   * The priority of a rule. Levels count from the last one up, so that a share without a cascade has that of a last
   * level.
   */
  of(rule: Pick<DerivedRule, "stage" | "depth" | "level" | "levels" | "effect">): number {
    if (rule.stage === "guard") return GUARD;
    const level = this.#low(rule.depth) + rule.levels - 1 - rule.level;
    return this.base(rule.depth) + 2 * level + (rule.effect === "deny" ? 1 : 0);
  }
}
