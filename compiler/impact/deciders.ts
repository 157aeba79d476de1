/**
 * The rules in force → which of them decides which flows of a cube, by splitting it (SEMANTICS, "The network's verdict").
 * Splitting is counted: what would cost more is not told apart.
 */
import type { Cube } from "../flowgroup/cube.ts";
import { cut } from "../flowgroup/difference.ts";
import { OverlapIndex } from "../flowgroup/overlap-index.ts";
import { flowsInBoth, possible, shareFlow } from "../flowgroup/universe.ts";
import { cubeKey } from "../flowgroup/keys.ts";
import { givesVerdict, type DerivedRule } from "../derived/rule.ts";

/** Flows that one rule decides; without a rule the default does. */
export interface DecidedCube {
  readonly cube: Cube;
  readonly by?: DerivedRule;
}

/** SplitBudget that splitting may still take. */
export interface SplitBudget {
  left: number;
}

/** Of equal rules the keys are equal: they decide the same flows in the same place, whenever they end. */
export const decisionKey = (rule: DerivedRule): string =>
  `${rule.stage}|${rule.effect}|${rule.depth}|${heightOf(rule)}|${rule.statement}|${cubeKey(rule.cube)}`;

/** The rules that give verdicts, to be asked and changed one by one. */
export class Deciders {
  readonly default: "allow" | "deny";
  readonly #index = new OverlapIndex<DerivedRule>();
  readonly #rules = new Map<string, { readonly rule: DerivedRule; count: number }>();

  constructor(rules: Iterable<DerivedRule>, verdict: "allow" | "deny") {
    this.default = verdict;
    this.change([], rules);
  }

  change(removed: Iterable<DerivedRule>, added: Iterable<DerivedRule>): void {
    for (const one of removed) {
      const known = this.#rules.get(decisionKey(one));
      if (known === undefined || --known.count > 0) continue;
      this.#rules.delete(decisionKey(one));
      this.#index.remove(known.rule.cube, known.rule);
    }
    for (const rule of added) {
      if (!givesVerdict(rule) || rule.observed) continue;
      const known = this.#rules.get(decisionKey(rule));
      if (known !== undefined) {
        known.count++;
        continue;
      }
      this.#rules.set(decisionKey(rule), { rule, count: 1 });
      this.#index.insert(rule.cube, rule);
    }
  }

  /** The verdict of a rule, or of the default. */
  verdictOf(by: DerivedRule | undefined): "allow" | "deny" {
    return by === undefined ? this.default : by.effect === "deny" ? "deny" : "allow";
  }

  /** Who decides which flows of a cube, in pieces that share none; undefined: that takes too many steps. */
  decide(cube: Cube, steps: SplitBudget): readonly DecidedCube[] | undefined {
    const decisions: DecidedCube[] = [];
    let rest: Cube[] = possible(cube) ? [cube] : [];
    for (const by of [...this.#index.overlapping(cube, shareFlow)].sort(firstDecides)) {
      if (rest.length === 0) break;
      steps.left -= rest.length;
      if (steps.left < 0) return undefined;
      const left: Cube[] = [];
      for (const piece of rest) {
        const both = flowsInBoth(piece, by.cube);
        if (both === undefined) {
          left.push(piece);
          continue;
        }
        decisions.push({ cube: both, by });
        for (const face of cut(piece, by.cube)) if (possible(face)) left.push(face);
      }
      rest = left;
    }
    for (const piece of rest) decisions.push({ cube: piece });
    return decisions;
  }
}

/** Levels count from the last one: a cascade that grows at its front moves nothing behind it. */
const heightOf = ({ level, levels }: DerivedRule): number => levels - 1 - level;

/** Guards first, then the deepest share, the first level, and deny; statements that agree by identity. */
function firstDecides(a: DerivedRule, b: DerivedRule): number {
  return (
    Number(b.stage === "guard") - Number(a.stage === "guard") ||
    b.depth - a.depth ||
    heightOf(b) - heightOf(a) ||
    Number(b.effect === "deny") - Number(a.effect === "deny") ||
    (a.statement < b.statement ? -1 : Number(a.statement > b.statement))
  );
}
