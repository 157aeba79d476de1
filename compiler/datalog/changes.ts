/** What the running transaction changed in one goal of a clause: tuples that make it true, and that make it false. */
import { ANONYMOUS, type Clause, type Goal } from "./clauses.ts";
import type { Interner } from "./intern.ts";
import type { Tuple } from "./types.ts";

type Ids = readonly number[];

/** A changed tuple: a fact, or a tuple of an external relation in numbers. */
export interface Changed {
  readonly ids: Ids;
}

export interface GoalChange {
  readonly gained: readonly Changed[];
  readonly lost: readonly Changed[];
}

const NOTHING: GoalChange = { gained: [], lost: [] };

function externalChange(goal: Goal & { kind: "external" }, interner: Interner): GoalChange {
  const { external, slots, negated } = goal;
  const { inserted, retracted } = external.change;
  if (inserted.length === 0 && retracted.length === 0) return NOTHING;
  const changed = (tuple: Tuple): Changed => ({ ids: tuple.map((value) => interner.intern(value)) });
  if (!negated) return { gained: inserted.map(changed), lost: retracted.map(changed) };
  // `not e(X, _)` turns only with the first and the last tuple of each X.
  const known = slots.map((slot) => slot !== ANONYMOUS);
  const pattern = external.pattern(known)!;
  const gained: Changed[] = [];
  const lost: Changed[] = [];
  const seen = new Set<string>();
  for (const tuple of [...inserted, ...retracted]) {
    const terms = tuple.map((value, column) => (known[column] ? value : undefined));
    const key = JSON.stringify(terms);
    if (seen.has(key)) continue;
    seen.add(key);
    const [before, now] = [true, false].map((old) => [...external.tuples(pattern, terms, old)].length > 0);
    if (before && !now) gained.push(changed(tuple));
    else if (!before && now) lost.push(changed(tuple));
  }
  return { gained, lost };
}

export function changeOf(clause: Clause, at: number, interner: Interner): GoalChange {
  const goal = clause.goals[at]!;
  if (goal.kind === "builtin") return NOTHING;
  if (goal.kind === "external") return externalChange(goal, interner);
  const { inserted, retracted } = goal.relation;
  if (inserted.length === 0 && retracted.length === 0) return NOTHING;
  return goal.negated ? { gained: retracted, lost: inserted } : { gained: inserted, lost: retracted };
}

/**
 * A positive stored goal that had no fact before: then nothing was derived before, and all that is derived now starts
 * from this goal alone, with the others in their new state. This is the plan of a bulk load. The smallest one wins.
 */
export function freshGoal(clause: Clause, outside: (goal: Goal) => boolean = () => true): number | undefined {
  let best: number | undefined;
  let least = Infinity;
  for (let at = 0; at < clause.goals.length; at++) {
    const goal = clause.goals[at]!;
    if (goal.kind !== "stored" || goal.negated || goal.relation.oldSize > 0 || !outside(goal)) continue;
    const { size } = goal.relation;
    if (size === 0) return at;
    if (size < least) {
      best = at;
      least = size;
    }
  }
  return best;
}

/** Clauses without a positive stored goal hold from the start; they are evaluated once, in the first transaction. */
export function startsUnprompted(clause: Clause): boolean {
  return !clause.goals.some((goal) => goal.kind === "stored" && !goal.negated);
}
