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
  /**
   * Statement and effect → what switches keep of its rate, in bit/s, before and after. Absent: as much as it says.
   */
  readonly kept?: (key: string) => { readonly was: number | undefined; readonly rate: number | undefined };
}

/**
 * The flows whose verdict changes. Each of them is looked for where the statement decides that begins or ceases to decide, so
 * it is found once. A rule on which the budget ends is reported whole, with `atMost`.
 */
export function flipsOf({ old, next, removed, added }: RuleDifference, budget: SplitBudget): readonly Flip[] {
  const removedByKey = byDecisionKey(removed);
  const addedByKey = byDecisionKey(added);
  for (const key of removedByKey.keys()) if (addedByKey.delete(key)) removedByKey.delete(key);
  const flips: Flip[] = [];
  const add = (find: (ofCube: SplitBudget) => readonly Flip[] | undefined, whole: () => Flip): void => {
    const ofCube = { left: Math.min(budget.left, MOST_STEPS_PER_CUBE) };
    const start = ofCube.left;
    const found = find(ofCube);
    budget.left -= start - ofCube.left;
    append(flips, found ?? [whole()]);
  };
  if (old.default !== next.default) {
    const ofDefault = { change: "begins", statement: DEFAULT, effect: next.default } as const;
    const whole = (): Flip => ({ ...ofDefault, cube: EVERYTHING, atMost: true });
    add((ofCube) => undecided(old, next, ofCube)?.map((cube) => ({ ...ofDefault, cube })), whole);
  }
  for (const rule of addedByKey.values()) {
    const effect = next.verdictOf(rule);
    const begun = (before: DecidedCube): Flip | undefined =>
      old.verdictOf(before.by) === effect
        ? undefined
        : { change: "begins", statement: rule.statement, effect, cube: before.cube };
    add(
      (ofCube) => partsOf(rule, next, old, begun, ofCube),
      () => wholeRule("begins", rule),
    );
  }
  for (const rule of removedByKey.values()) {
    const effect = old.verdictOf(rule);
    // What begins to decide is told already.
    const ended = ({ cube, by }: DecidedCube): Flip | undefined =>
      next.verdictOf(by) === effect || (by !== undefined && addedByKey.has(decisionKey(by)))
        ? undefined
        : { change: "ends", statement: rule.statement, effect, within: rule.cube, cube };
    add(
      (ofCube) => partsOf(rule, old, next, ended, ofCube),
      () => wholeRule("ends", rule),
    );
  }
  return flips;
}

/** The flips among the flows that a rule decides on one side, by what decides them on the other; undefined where the budget ends. */
function partsOf(
  rule: DerivedRule,
  own: Deciders,
  other: Deciders,
  flipOf: (decided: DecidedCube) => Flip | undefined,
  budget: SplitBudget,
): readonly Flip[] | undefined {
  const flips: Flip[] = [];
  for (const part of own.decidedBy(rule, budget) ?? [undefined]) {
    const decided = part && other.decide(part, budget);
    if (decided === undefined) return undefined;
    append(
      flips,
      decided.flatMap((one) => flipOf(one) ?? []),
    );
  }
  return flips;
}

/** The flows that no rule decides on either side; undefined where the budget ends. */
function undecided(old: Deciders, next: Deciders, budget: SplitBudget): readonly Cube[] | undefined {
  const after = next.decide(EVERYTHING, budget);
  if (after === undefined) return undefined;
  const cubes: Cube[] = [];
  for (const { cube, by } of after) {
    if (by !== undefined) continue;
    const before = old.decide(cube, budget);
    if (before === undefined) return undefined;
    append(
      cubes,
      before.flatMap((one) => (one.by === undefined ? one.cube : [])),
    );
  }
  return cubes;
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
