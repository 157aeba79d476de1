/**
 * Rules that come and go → the flows whose verdict changes with them, and by which statement: every such flow, and no
 * other (SEMANTICS, "The network's verdict").
 */
import type { Cube } from "../flowgroup/cube.ts";
import { EVERYTHING } from "../flowgroup/cubes.ts";
import { givesVerdict, type DerivedRule } from "../derived/rule.ts";
import { decisionKey, type Deciders, type DecidedCube, type SplitBudget } from "./deciders.ts";
import { append } from "../net/lists.ts";

/** Flows whose verdict changes. */
export interface Flip {
  readonly change: "begins" | "ends";
  /** That begins or ceases to decide; `default` where no statement decides before or after. */
  readonly statement: string;
  /** What it decides. */
  readonly effect: "allow" | "deny";
  readonly cube: Cube;
  /** All that the statement's rule holds; absent for the default. */
  readonly within?: Cube;
  /** These and no others may change, but some may not: to tell them apart took too many steps. */
  readonly atMost?: true;
}

/** The statement that a change of the default is told of. */
export const DEFAULT = "default";
/** The most steps for one cube. */
const MOST_STEPS = 200_000;

/** The two states, and the rules by which they differ. */
export interface RuleDifference {
  readonly old: Deciders;
  readonly next: Deciders;
  readonly removed: readonly DerivedRule[];
  readonly added: readonly DerivedRule[];
}

export function flipsOf({ old, next, removed, added }: RuleDifference, steps: SplitBudget): readonly Flip[] {
  const gone = keyed(removed);
  const fresh = keyed(added);
  for (const key of gone.keys()) if (fresh.delete(key)) gone.delete(key);
  const flips: Flip[] = [];
  const look = (cube: Cube): boolean => {
    const own = { left: Math.min(steps.left, MOST_STEPS) };
    const before = own.left;
    const found = flipsIn(cube, { old, next, gone, fresh }, own);
    steps.left -= before - own.left;
    if (found !== undefined) append(flips, found);
    return found !== undefined;
  };
  if (old.default !== next.default && !look(EVERYTHING))
    flips.push({ change: "begins", statement: DEFAULT, effect: next.default, cube: EVERYTHING, atMost: true });
  for (const rule of fresh.values()) if (!look(rule.cube)) flips.push(unsure("begins", rule));
  for (const rule of gone.values()) if (!look(rule.cube)) flips.push(unsure("ends", rule));
  return flips;
}

const unsure = (change: Flip["change"], { statement, effect, cube }: DerivedRule): Flip => ({
  change,
  statement,
  effect: effect === "deny" ? "deny" : "allow",
  cube,
  atMost: true,
});

const keyed = (rules: readonly DerivedRule[]): Map<string, DerivedRule> =>
  new Map(rules.flatMap((rule) => (givesVerdict(rule) && !rule.observed ? [[decisionKey(rule), rule]] : [])));

interface Changed extends Pick<RuleDifference, "old" | "next"> {
  readonly gone: ReadonlyMap<string, DerivedRule>;
  readonly fresh: ReadonlyMap<string, DerivedRule>;
}

function flipsIn(cube: Cube, changed: Changed, steps: SplitBudget): readonly Flip[] | undefined {
  const { old, next } = changed;
  const after = next.decide(cube, steps);
  if (after === undefined) return undefined;
  const flips: Flip[] = [];
  for (const one of after) {
    const before = old.decide(one.cube, steps);
    if (before === undefined) return undefined;
    for (const other of before) {
      if (old.verdictOf(other.by) === next.verdictOf(one.by)) continue;
      flips.push({ ...cause(other, one, changed), cube: other.cube });
    }
  }
  return flips;
}

/** What decides afterwards if it is new, else what decided before if it is gone; where neither is, the default changed. */
function cause(before: DecidedCube, after: DecidedCube, { next, fresh, gone }: Changed): Omit<Flip, "cube"> {
  const effect = next.verdictOf(after.by);
  const { by } = after;
  if (by !== undefined && fresh.has(decisionKey(by))) return { change: "begins", statement: by.statement, effect };
  if (before.by !== undefined && gone.has(decisionKey(before.by)))
    return {
      change: "ends",
      statement: before.by.statement,
      effect: effect === "deny" ? "allow" : "deny",
      within: before.by.cube,
    };
  return { change: "begins", statement: DEFAULT, effect };
}
