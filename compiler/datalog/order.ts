/**
 * The order of a join: greedy, what costs least with the registers known so far comes next. The same function decides
 * whether a rule can be evaluated at all.
 */
import { ANONYMOUS, type Goal } from "./clauses.ts";

/** A relation of so few facts is as cheap to walk as an index is to ask. */
export const TINY = 8;

/** Lower is earlier; undefined: not yet possible. */
function cost(goal: Goal, known: (slot: number) => boolean, tiny: (goal: Goal) => boolean): number | undefined {
  const bound = goal.slots.map((slot) => slot !== ANONYMOUS && known(slot));
  const complete = goal.slots.every((slot, column) => slot === ANONYMOUS || bound[column]);
  if (goal.kind === "stored") {
    if (complete && !goal.slots.includes(ANONYMOUS)) return 0;
    if (goal.negated) return undefined;
    const free = bound.filter((is) => !is).length;
    if (tiny(goal)) return 20 + free;
    return free < goal.slots.length ? 40 + free : 2000;
  }
  if (goal.kind === "builtin") {
    if (goal.builtin.kind === "equality")
      return bound[0] || bound[1] ? (goal.negated && !complete ? undefined : 10) : undefined;
    const inputs = goal.builtin.kind === "function" ? bound.slice(0, -1) : bound;
    if (!inputs.every(Boolean) || (goal.negated && !complete)) return undefined;
    return goal.builtin.kind === "test" ? 11 : 12;
  }
  const pattern = goal.external.pattern(bound);
  if (pattern === undefined || (goal.negated && !complete)) return undefined;
  const free = bound.filter((is) => !is).length;
  return free === 0 ? 100 : 1000 + free;
}

/** Goals in the order of evaluation; those that can never be evaluated are left out. */
export function joinOrder(
  goals: readonly Goal[],
  known: ReadonlySet<number>,
  tiny: (goal: Goal) => boolean = () => false,
): Goal[] {
  const slots = new Set(known);
  const left = [...goals];
  const order: Goal[] = [];
  while (left.length > 0) {
    let best = -1;
    let least = Infinity;
    for (const [at, goal] of left.entries()) {
      const price = cost(goal, (slot) => slots.has(slot), tiny);
      if (price !== undefined && price < least) {
        best = at;
        least = price;
      }
    }
    if (best < 0) break;
    const [goal] = left.splice(best, 1);
    order.push(goal!);
    if (!goal!.negated) for (const slot of goal!.slots) if (slot !== ANONYMOUS) slots.add(slot);
  }
  return order;
}
