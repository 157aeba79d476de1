/**
 * Rules that come and go → the flows whose verdict changes, each with the statement that changes it (SEMANTICS, "The
 * network's verdict"). Flows whose verdict stays the same are absent, unless the budget ends (`atMost`).
 */
import type { Cube } from "../flowgroup/cube.ts";
import { EVERYTHING } from "../flowgroup/cubes.ts";
import { givesVerdict, type DerivedRule } from "../derived/rule.ts";
import { decisionKey, type Deciders, type DecidedCube, type SplitBudget } from "./deciders.ts";
import { append } from "../net/lists.ts";

/** Flows whose verdict changes. */
export interface Flip {
  readonly change: "begins" | "ends";
  /** The statement that begins or ceases to decide; `default` where the default changed. */
  readonly statement: string;
  /** The statement's verdict on these flows. */
  readonly effect: "allow" | "deny";
  readonly cube: Cube;
  /** All flows of the rule that ceases to decide; absent otherwise. */
  readonly within?: Cube;
  /** The cube is an upper bound: the budget ended before the flows that stay the same were split off. */
  readonly atMost?: true;
}

/** Stands for a statement in changes of the default verdict. */
export const DEFAULT = "default";

/** The most steps of splitting one cube, so that one wide rule does not use up the whole budget. */
const MOST_STEPS_PER_CUBE = 200_000;

/** Two states, and the rules by which they differ; rules in both `removed` and `added` cancel out. */
export interface RuleDifference {
  readonly old: Deciders;
  readonly next: Deciders;
  readonly removed: readonly DerivedRule[];
  readonly added: readonly DerivedRule[];
}

/** The flows whose verdict changes. A rule on which the budget ends is reported whole, with `atMost`. */
export function flipsOf({ old, next, removed, added }: RuleDifference, budget: SplitBudget): readonly Flip[] {
  const removedByKey = byDecisionKey(removed);
  const addedByKey = byDecisionKey(added);
  for (const key of removedByKey.keys()) if (addedByKey.delete(key)) removedByKey.delete(key);
  const flips: Flip[] = [];
  const addFlips = (cube: Cube): boolean => {
    const ofCube = { left: Math.min(budget.left, MOST_STEPS_PER_CUBE) };
    const start = ofCube.left;
    const found = flipsIn(cube, { old, next, removedByKey, addedByKey }, ofCube);
    budget.left -= start - ofCube.left;
    if (found !== undefined) append(flips, found);
    return found !== undefined;
  };
  if (old.default !== next.default && !addFlips(EVERYTHING))
    flips.push({ change: "begins", statement: DEFAULT, effect: next.default, cube: EVERYTHING, atMost: true });
  for (const rule of addedByKey.values()) if (!addFlips(rule.cube)) flips.push(wholeRule("begins", rule));
  for (const rule of removedByKey.values()) if (!addFlips(rule.cube)) flips.push(wholeRule("ends", rule));
  return flips;
}

const wholeRule = (change: Flip["change"], { statement, effect, cube }: DerivedRule): Flip => ({
  change,
  statement,
  effect: effect === "deny" ? "deny" : "allow",
  cube,
  atMost: true,
});

const byDecisionKey = (rules: readonly DerivedRule[]): Map<string, DerivedRule> =>
  new Map(rules.flatMap((rule) => (givesVerdict(rule) && !rule.observed ? [[decisionKey(rule), rule]] : [])));

interface KeyedDifference extends Pick<RuleDifference, "old" | "next"> {
  readonly removedByKey: ReadonlyMap<string, DerivedRule>;
  readonly addedByKey: ReadonlyMap<string, DerivedRule>;
}

function flipsIn(cube: Cube, difference: KeyedDifference, budget: SplitBudget): readonly Flip[] | undefined {
  const { old, next } = difference;
  const after = next.decide(cube, budget);
  if (after === undefined) return undefined;
  const flips: Flip[] = [];
  for (const one of after) {
    const before = old.decide(one.cube, budget);
    if (before === undefined) return undefined;
    for (const other of before) {
      if (old.verdictOf(other.by) === next.verdictOf(one.by)) continue;
      flips.push({ ...cause(other, one, difference), cube: other.cube });
    }
  }
  return flips;
}

/** The rule that decides afterwards if it is new, else the earlier one if it was removed, else the default. */
function cause(
  before: DecidedCube,
  after: DecidedCube,
  { next, addedByKey, removedByKey }: KeyedDifference,
): Omit<Flip, "cube"> {
  const effect = next.verdictOf(after.by);
  const { by } = after;
  if (by !== undefined && addedByKey.has(decisionKey(by))) return { change: "begins", statement: by.statement, effect };
  if (before.by !== undefined && removedByKey.has(decisionKey(before.by)))
    return {
      change: "ends",
      statement: before.by.statement,
      effect: effect === "deny" ? "allow" : "deny",
      within: before.by.cube,
    };
  return { change: "begins", statement: DEFAULT, effect };
}
