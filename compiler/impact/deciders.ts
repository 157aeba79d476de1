/**
 * The rules in force → which of them decides which flows of a cube, by splitting the cube (SEMANTICS, "The network's
 * verdict"). The steps of splitting have a budget, since many rules can cut one cube into very many parts.
 */
import type { Cube } from "../flowgroup/cube.ts";
import { cut } from "../flowgroup/difference.ts";
import { OverlapIndex, type Meet } from "../flowgroup/overlap-index.ts";
import { flowsInBoth, possible, shareFlow } from "../flowgroup/universe.ts";
import { cubeKey } from "../flowgroup/keys.ts";
import { givesVerdict, type DerivedRule } from "../derived/rule.ts";

/** Flows with the rule that decides them; without a rule the default decides. */
export interface DecidedCube {
  readonly cube: Cube;
  readonly by?: DerivedRule;
}

/** The steps that splitting may still take; a step compares a part with a rule. Negative where the budget ended. */
export interface SplitBudget {
  left: number;
}

/** Rules of one key decide the same flows with the same precedence, whatever their intervals. */
export const decisionKey = (rule: DerivedRule): string =>
  `${rule.stage}|${rule.effect}|${rule.depth}|${levelsBehind(rule)}|${rule.statement}|${cubeKey(rule.cube)}`;

/** So many rules are looked for and compared with a cube in the time of one step. */
const COMPARED_IN_STEP = 2;
/** So many rules are asked first whether they hold all flows of another. */
const FEW = 16;

/** The rules that give verdicts. Rules of one key count as one, which stays until the last of them is removed. */
export class Deciders {
  readonly default: "allow" | "deny";
  readonly #index = new OverlapIndex<DerivedRule>();
  readonly #rules = new Map<string, { readonly rule: DerivedRule; count: number }>();
  #compared = 0;

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

  /** How many rules were compared with the cubes that were asked for, all in all. */
  get compared(): number {
    return this.#compared;
  }

  /** The verdict of a rule, or of the default. */
  verdictOf(by: DerivedRule | undefined): "allow" | "deny" {
    return by === undefined ? this.default : by.effect === "deny" ? "deny" : "allow";
  }

  /** The deciding rule of each part of a cube, in disjoint parts; undefined where the budget ends. */
  decide(cube: Cube, budget: SplitBudget): readonly DecidedCube[] | undefined {
    const decisions: DecidedCube[] = [];
    let rest: Cube[] = possible(cube) ? [cube] : [];
    const near = this.#near(cube, budget);
    if (near === undefined) return undefined;
    for (const by of near.toSorted(byPrecedence)) {
      if (rest.length === 0) break;
      budget.left -= rest.length;
      if (budget.left < 0) return undefined;
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

  /**
   * The parts of its own flows that a rule decides, in disjoint parts; none where no rule of its key stands, undefined where
   * the budget ends.
   */
  decidedBy(rule: DerivedRule, budget: SplitBudget): readonly Cube[] | undefined {
    const { cube } = rule;
    if (!this.#rules.has(decisionKey(rule)) || !possible(cube)) return [];
    const isAbove = (one: DerivedRule): boolean => byPrecedence(one, rule) < 0;
    // Of many rules that overlap one often holds all flows of another, and is found without looking at the rest.
    if (this.#index.someContaining(FEW, cube).some(isAbove)) return [];
    const near = this.#near(cube, budget);
    if (near === undefined) return undefined;
    let rest: readonly Cube[] = [cube];
    for (const one of near.filter(isAbove).toSorted(byPrecedence)) {
      if (rest.length === 0) break;
      budget.left -= rest.length;
      if (budget.left < 0) return undefined;
      rest = rest.flatMap((piece) =>
        flowsInBoth(piece, one.cube) === undefined ? [piece] : cut(piece, one.cube).filter(possible),
      );
    }
    return rest;
  }

  /** The rules that share flows with a cube; undefined where the budget ends. */
  #near(cube: Cube, budget: SplitBudget): readonly DerivedRule[] | undefined {
    if (budget.left < 0) return undefined;
    const before = this.#compared;
    const near = this.#index.overlapping(cube, this.#meet);
    budget.left -= Math.floor((this.#compared - before) / COMPARED_IN_STEP);
    return budget.left < 0 ? undefined : near;
  }

  readonly #meet: Meet = (a, b) => {
    this.#compared++;
    return shareFlow(a, b);
  };
}

/** The levels of the cascade behind the rule's own. A cascade that grows at its front keeps its rules' keys. */
const levelsBehind = ({ level, levels }: DerivedRule): number => levels - 1 - level;

/** Precedence: guards, then the deepest share, the first level, deny. Identity breaks ties, so the order is total. */
function byPrecedence(a: DerivedRule, b: DerivedRule): number {
  return (
    Number(b.stage === "guard") - Number(a.stage === "guard") ||
    b.depth - a.depth ||
    levelsBehind(b) - levelsBehind(a) ||
    Number(b.effect === "deny") - Number(a.effect === "deny") ||
    (a.statement < b.statement ? -1 : Number(a.statement > b.statement))
  );
}
