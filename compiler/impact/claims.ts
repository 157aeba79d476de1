/**
 * Limits, reservations, waypoints and avoids that come and go → the flows that they begin or cease to hold, or hold at
 * another rate or along other nodes. A denied flow has none of them (SEMANTICS, "limit").
 */
import type { Cube } from "../flowgroup/cube.ts";
import { flowgroup, intersect, isEmpty } from "../flowgroup/algebra.ts";
import { difference } from "../flowgroup/difference.ts";
import { cubeKey } from "../flowgroup/keys.ts";
import { givesVerdict, type DerivedRule } from "../derived/rule.ts";
import type { Deciders, SplitBudget } from "./deciders.ts";
import type { RuleDifference } from "./flips.ts";
import type { TreatmentChange } from "./told.ts";

/** The most cubes of one statement that are told apart; more are told whole. */
const MOST_CUBES = 50;

interface Held {
  readonly rule: DerivedRule;
  readonly cubes: Cube[];
}

/** The changes of all treatments but the verdict. */
export function claimChanges(
  { old, next, removed, added }: RuleDifference,
  steps: SplitBudget,
): readonly TreatmentChange[] {
  const gone = byStatement(removed);
  const fresh = byStatement(added);
  const changes: TreatmentChange[] = [];
  const tell = (
    change: TreatmentChange["change"],
    { statement, effect, rate }: DerivedRule,
    cubes: readonly Cube[],
    was?: number,
  ): void => {
    const allowed = passing(cubes, change === "ends" ? old : next, steps);
    if (allowed.length === 0) return;
    changes.push({
      change,
      statement,
      effect,
      cubes: allowed,
      ...(rate !== undefined && { rate }),
      ...(was !== undefined && { was }),
    });
  };
  for (const key of [...new Set([...gone.keys(), ...fresh.keys()])].sort()) {
    const before = gone.get(key);
    const after = fresh.get(key);
    if (before === undefined || after === undefined) {
      if (before) tell("ends", before.rule, before.cubes);
      if (after) tell("begins", after.rule, after.cubes);
      continue;
    }
    const isAlike = before.rule.rate === after.rule.rate && pathOf(before.rule) === pathOf(after.rule);
    const { left, both, right } = apart(before.cubes, after.cubes);
    tell("ends", before.rule, left);
    tell("begins", after.rule, right);
    if (!isAlike && before.rule.rate !== after.rule.rate) tell("rate", after.rule, both, before.rule.rate);
    else if (!isAlike) tell("moves", after.rule, both);
  }
  return changes;
}

const pathOf = ({ nodes = [] }: DerivedRule): string => nodes.join();

function byStatement(rules: readonly DerivedRule[]): ReadonlyMap<string, Held> {
  const held = new Map<string, Held>();
  for (const rule of rules) {
    if (givesVerdict(rule)) continue;
    const key = `${rule.statement} ${rule.effect}`;
    const known = held.get(key) ?? { rule, cubes: [] };
    known.cubes.push(rule.cube);
    held.set(key, known);
  }
  return held;
}

/** What only the first, both and only the second hold. Where sets are too many to be cut, cubes are compared whole. */
function apart(a: readonly Cube[], b: readonly Cube[]): Record<"left" | "both" | "right", readonly Cube[]> {
  if (a.length > MOST_CUBES || b.length > MOST_CUBES) return apartWhole(a, b);
  const [one, other] = [flowgroup(a), flowgroup(b)];
  const both = intersect(one, other);
  if (isEmpty(both)) return { left: a, both: [], right: b };
  const [left, right] = [difference(one, other), difference(other, one)];
  if (left === "undecided" || right === "undecided") return apartWhole(a, b);
  return { left: left.cubes, both: both.cubes, right: right.cubes };
}

function apartWhole(a: readonly Cube[], b: readonly Cube[]): ReturnType<typeof apart> {
  const known = new Set(a.map(cubeKey));
  const stands = new Set(b.map(cubeKey));
  return {
    left: a.filter((one) => !stands.has(cubeKey(one))),
    both: b.filter((one) => known.has(cubeKey(one))),
    right: b.filter((one) => !known.has(cubeKey(one))),
  };
}

/** What of some cubes is let through; all of a cube where it takes too many steps to say. */
function passing(cubes: readonly Cube[], deciders: Deciders, steps: SplitBudget): readonly Cube[] {
  return cubes.flatMap((one) => {
    const decisions = deciders.decide(one, steps);
    if (decisions === undefined) return [one];
    const allowed = decisions.filter(({ by }) => deciders.verdictOf(by) === "allow");
    return allowed.length === decisions.length ? [one] : allowed.map(({ cube }) => cube);
  });
}
