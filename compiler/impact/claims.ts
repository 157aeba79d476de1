/**
 * Limits, reservations, waypoints and avoids that come and go → the flows that they begin or cease to hold, or hold at
 * another rate or along other nodes. Only allowed flows count, since a denied flow has none of these treatments
 * (SEMANTICS, "limit").
 */
import type { Cube } from "../flowgroup/cube.ts";
import { flowgroup, intersect, isEmpty } from "../flowgroup/algebra.ts";
import { difference } from "../flowgroup/difference.ts";
import { cubeKey } from "../flowgroup/keys.ts";
import { givesVerdict, type DerivedRule } from "../derived/rule.ts";
import type { Deciders, SplitBudget } from "./deciders.ts";
import type { RuleDifference } from "./flips.ts";
import type { TreatmentChange } from "./changes-by-statement.ts";

/** A statement of more cubes is not split: its old and new cubes are compared whole. */
const MOST_CUBES = 50;

/** One effect of one statement, with the cubes of all its rules. */
interface StatementCubes {
  readonly rule: DerivedRule;
  readonly cubes: Cube[];
}

/** The changes of all treatments but the verdict, in the order of statements. */
export function claimChanges(
  { old, next, removed, added, kept }: RuleDifference,
  budget: SplitBudget,
): readonly TreatmentChange[] {
  const removedByKey = byStatement(removed);
  const addedByKey = byStatement(added);
  const changes: TreatmentChange[] = [];
  const report = (
    change: TreatmentChange["change"],
    { statement, effect, rate }: Pick<DerivedRule, "statement" | "effect"> & { readonly rate?: number | undefined },
    cubes: readonly Cube[],
    was?: number,
  ): void => {
    // What begins or ends to be allowed is told as that.
    const before = change === "begins" ? cubes : allowedParts(cubes, old, budget);
    const allowed = change === "ends" ? before : allowedParts(before, next, budget);
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
  for (const key of [...new Set([...removedByKey.keys(), ...addedByKey.keys()])].sort()) {
    const before = removedByKey.get(key);
    const after = addedByKey.get(key);
    if (before === undefined || after === undefined) {
      if (before) report("ends", before.rule, before.cubes);
      if (after) report("begins", after.rule, after.cubes);
      continue;
    }
    const rates = ratesOf(before.rule, after.rule, kept?.(key));
    const { onlyBefore, both, onlyAfter } = compared(before.cubes, after.cubes);
    report("ends", before.rule, onlyBefore);
    report("begins", after.rule, onlyAfter);
    if (rates.was !== rates.rate) report("rate", { ...after.rule, rate: rates.rate }, both, rates.was);
    else if (pathOf(before.rule) !== pathOf(after.rule)) report("moves", after.rule, both);
  }
  return changes;
}

/** The rates that a statement has on both sides in bit/s; none: it asks for none. */
interface Rates {
  readonly was: number | undefined;
  readonly rate: number | undefined;
}

/**
 * What a reservation is kept at is its rate, whatever it asks for. A limit is compared by what it says, and where that is the
 * same by the part of it that each switch keeps.
 */
function ratesOf(before: DerivedRule, after: DerivedRule, kept: Rates | undefined): Rates {
  const said = { was: before.rate, rate: after.rate };
  const isKept = kept?.was !== undefined && kept.rate !== undefined;
  return isKept && (after.effect === "reserve" || said.was === said.rate) ? kept : said;
}

const pathOf = ({ nodes = [] }: DerivedRule): string => nodes.join();

function byStatement(rules: readonly DerivedRule[]): ReadonlyMap<string, StatementCubes> {
  const statements = new Map<string, StatementCubes>();
  for (const rule of rules) {
    if (givesVerdict(rule)) continue;
    const key = `${rule.statement} ${rule.effect}`;
    const known = statements.get(key) ?? { rule, cubes: [] };
    known.cubes.push(rule.cube);
    statements.set(key, known);
  }
  return statements;
}

/** Two unions of cubes, split by which of them hold the flows. */
interface Comparison {
  readonly onlyBefore: readonly Cube[];
  readonly both: readonly Cube[];
  readonly onlyAfter: readonly Cube[];
}

/**
 * The flows of the old cubes alone, of both, and of the new cubes alone. Where the cubes are too many, none is split.
 */
function compared(before: readonly Cube[], after: readonly Cube[]): Comparison {
  if (before.length > MOST_CUBES || after.length > MOST_CUBES) return comparedWhole(before, after);
  const [old, next] = [flowgroup(before), flowgroup(after)];
  const both = intersect(old, next);
  if (isEmpty(both)) return { onlyBefore: before, both: [], onlyAfter: after };
  const [onlyBefore, onlyAfter] = [difference(old, next), difference(next, old)];
  if (onlyBefore === "undecided" || onlyAfter === "undecided") return comparedWhole(before, after);
  return { onlyBefore: onlyBefore.cubes, both: both.cubes, onlyAfter: onlyAfter.cubes };
}

function comparedWhole(before: readonly Cube[], after: readonly Cube[]): Comparison {
  const oldKeys = new Set(before.map(cubeKey));
  const nextKeys = new Set(after.map(cubeKey));
  return {
    onlyBefore: before.filter((one) => !nextKeys.has(cubeKey(one))),
    both: after.filter((one) => oldKeys.has(cubeKey(one))),
    onlyAfter: after.filter((one) => !oldKeys.has(cubeKey(one))),
  };
}

/** The parts of cubes that are allowed. A cube counts as allowed whole where the budget ends. */
export function allowedParts(cubes: readonly Cube[], deciders: Deciders, budget: SplitBudget): readonly Cube[] {
  return cubes.flatMap((one) => {
    const decisions = deciders.decide(one, budget);
    if (decisions === undefined) return [one];
    const allowed = decisions.filter(({ by }) => deciders.verdictOf(by) === "allow");
    return allowed.length === decisions.length ? [one] : allowed.map(({ cube }) => cube);
  });
}
