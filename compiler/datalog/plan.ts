/**
 * A clause compiled for one start: from a changed literal, or from a known head. A join plan is a chain of closures
 * over one array of registers; each says whether the search shall stop.
 */
import { ANONYMOUS, type Clause, type Goal } from "./clauses.ts";
import { isConstant } from "./constants.ts";
import type { Interner } from "./intern.ts";
import { joinOrder, TINY } from "./order.ts";
import { NEW, OLD, type StoredFact } from "./fact.ts";
import type { Relation } from "./relation.ts";
import type { Constant, Tuple } from "./types.ts";

/** Continue with the next literal; true stops the search. */
type Next = () => boolean;

/** Where a plan starts. `head`: with these head terms known; `literal`: with a change of this goal. */
export type Start =
  | { readonly kind: "head"; readonly known: readonly boolean[] }
  | { readonly kind: "goal"; readonly goal: number };

/** What the steps of one plan share. */
export interface Frame {
  readonly registers: number[];
  /** The state (OLD or NEW) that goals before the start's goal read, and that those after it read. */
  left: number;
  right: number;
  /** Facts of the head's own component count only below this stamp (proofs). */
  limit: number;
  /** Proofs: what each goal met, by position among the goals. */
  readonly matched: (StoredFact | Tuple | undefined)[];
  /** Why-not: how many steps were reached, and the registers then. */
  deepest: number;
  snapshot: readonly number[];
  /** Counting: one derivation more or less for each answer. */
  by: 1 | -1;
  /** Called with each answer; `unheard` until it is set. */
  emit: Next;
}

/** The `emit` of a plan that has not run yet. */
export const unheard: Next = () => false;

export interface JoinPlan {
  readonly clause: Clause;
  readonly frame: Frame;
  /** Goals in the order of evaluation, without the start's own. */
  readonly order: readonly Goal[];
  readonly run: Next;
}

interface Compilation {
  readonly clause: Clause;
  readonly interner: Interner;
  readonly frame: Frame;
  /** Proof plans record what they matched and how far they came. */
  readonly traced: boolean;
  readonly start: number;
}

/** Columns that a step binds for the first time, and those that must agree with a register. */
interface Columns {
  readonly binds: readonly (readonly [column: number, slot: number])[];
  readonly checks: readonly (readonly [column: number, slot: number])[];
}

function columnsOf(slots: readonly number[], known: ReadonlySet<number>, indexed: readonly number[] = []): Columns {
  const binds: [number, number][] = [];
  const checks: [number, number][] = [];
  const seen = new Set(known);
  for (const [column, slot] of slots.entries()) {
    if (slot === ANONYMOUS || indexed.includes(column)) continue;
    if (seen.has(slot)) checks.push([column, slot]);
    else binds.push([column, slot]);
    seen.add(slot);
  }
  return { binds, checks };
}

/** Writes a tuple of numbers into the registers; false where it does not agree with them. */
function load(ids: readonly number[], { binds, checks }: Columns, registers: number[]): boolean {
  for (let at = 0; at < binds.length; at++) registers[binds[at]![1]] = ids[binds[at]![0]]!;
  for (let at = 0; at < checks.length; at++) if (registers[checks[at]![1]] !== ids[checks[at]![0]]) return false;
  return true;
}

function storedStep(
  goal: Goal & { kind: "stored" },
  known: ReadonlySet<number>,
  next: Next,
  { clause, frame, traced, start, interner }: Compilation,
): Next {
  const { relation, slots } = goal;
  const { steps } = interner;
  const { registers } = frame;
  const at = clause.goals.indexOf(goal);
  const before = at < start;
  // Only a goal of the head's own component can be younger than the head.
  const stamped = traced && relation.component === clause.head.component;
  const holds = (fact: StoredFact): boolean =>
    (fact.state & (before ? frame.left : frame.right)) !== 0 && !(stamped && fact.stamp >= frame.limit);
  if (goal.negated) {
    return () => {
      const fact = relation.find(registers, slots);
      return fact !== undefined && holds(fact) ? false : next();
    };
  }
  const indexed = slots.flatMap((slot, column) => (slot !== ANONYMOUS && known.has(slot) ? [column] : []));
  if (indexed.length === slots.length) {
    return () => {
      const fact = relation.find(registers, slots);
      if (fact === undefined || !holds(fact)) return false;
      if (traced) frame.matched[at] = fact;
      return next();
    };
  }
  const columns = columnsOf(slots, known, indexed);
  const meet = (fact: StoredFact): boolean => {
    if (!holds(fact) || !load(fact.ids, columns, registers)) return false;
    if (traced) frame.matched[at] = fact;
    return next();
  };
  const index = relation.index(indexed);
  const behind = index.next;
  const places = indexed.map((column) => slots[column]!);
  return () => {
    for (let fact = index.first(registers, places); fact !== undefined; fact = fact.links[behind]) {
      if (--steps.left < 0) steps.exceeded(clause.head.name);
      if (meet(fact)) return true;
    }
    return false;
  };
}

function builtinStep(
  goal: Goal & { kind: "builtin" },
  known: ReadonlySet<number>,
  next: Next,
  { clause, frame, traced, interner }: Compilation,
): Next {
  const { builtin, slots, negated } = goal;
  const { registers } = frame;
  const at = clause.goals.indexOf(goal);
  const values = (places: readonly number[]): Constant[] => places.map((slot) => interner.value(registers[slot]!));
  const proceed = (tuple: () => Tuple): boolean => {
    if (traced && !negated) frame.matched[at] = tuple();
    return next();
  };
  if (builtin.kind === "test") {
    return () => builtin.test(...values(slots)) !== negated && proceed(() => values(slots));
  }
  if (builtin.kind === "equality") {
    const [left, right] = slots as [number, number];
    const from = left !== ANONYMOUS && known.has(left) ? left : right;
    const to = from === left ? right : left;
    const same = (): boolean => proceed(() => values([from, from]));
    if (to === ANONYMOUS) return same;
    if (known.has(to)) return () => (registers[from] === registers[to]) !== negated && same();
    return () => {
      registers[to] = registers[from]!;
      return same();
    };
  }
  const inputs = slots.slice(0, -1);
  const output = slots.at(-1)!;
  const binds = output !== ANONYMOUS && !known.has(output);
  return () => {
    const given = values(inputs);
    const result = builtin.apply(...given);
    if (result !== undefined && !isConstant(result)) {
      throw new TypeError(`\`${goal.name}\` answered ${String(result)}, which is not a constant`);
    }
    if (result === undefined) return negated && next();
    if (binds) registers[output] = interner.intern(result);
    else if ((output === ANONYMOUS || interner.value(registers[output]!) === result) === negated) return false;
    return proceed(() => [...given, result]);
  };
}

function externalStep(
  goal: Goal & { kind: "external" },
  known: ReadonlySet<number>,
  next: Next,
  { clause, frame, traced, interner, start }: Compilation,
): Next {
  const { external, slots, negated } = goal;
  const { steps } = interner;
  const { registers } = frame;
  const at = clause.goals.indexOf(goal);
  const before = at < start;
  const bound = slots.map((slot) => slot !== ANONYMOUS && known.has(slot));
  const pattern = external.pattern(bound)!;
  const places = slots.map((slot, column) => (bound[column] ? slot : ANONYMOUS));
  // Known terms are compared by `tuples`; what is left is a variable that stands twice.
  const columns = columnsOf(
    slots,
    known,
    bound.flatMap((is, column) => (is ? [column] : [])),
  );
  const unknown = places.map((): Constant | undefined => undefined);
  const tuples = (): readonly Tuple[] => {
    // A copy is as long as the tuple; what is pushed together has room for a dozen more.
    const terms = unknown.slice();
    for (let at = 0; at < places.length; at++) {
      if (places[at] !== ANONYMOUS) terms[at] = interner.value(registers[places[at]!]!);
    }
    const found = external.tuples(pattern, terms, (before ? frame.left : frame.right) === OLD);
    if ((steps.left -= external.looked) < 0) steps.exceeded(clause.head.name);
    return found;
  };
  if (negated) return () => tuples().length === 0 && next();
  return () => {
    const found = tuples();
    for (let nth = 0; nth < found.length; nth++) {
      const tuple = found[nth]!;
      if (!loadValues(tuple, columns, registers, interner)) continue;
      if (traced) frame.matched[at] = tuple;
      if (next()) return true;
    }
    return false;
  };
}

function loadValues(tuple: Tuple, { binds, checks }: Columns, registers: number[], interner: Interner): boolean {
  for (let at = 0; at < binds.length; at++) registers[binds[at]![1]] = interner.intern(tuple[binds[at]![0]]!);
  for (let at = 0; at < checks.length; at++) {
    if (interner.value(registers[checks[at]![1]]!) !== tuple[checks[at]![0]]) return false;
  }
  return true;
}

function compileSteps(order: readonly Goal[], known: ReadonlySet<number>, compilation: Compilation): Next {
  const { clause, frame, traced } = compilation;
  // `checkProgram` refuses rules that have no order of evaluation.
  if (order.length < clause.goals.length - (compilation.start >= 0 ? 1 : 0)) {
    throw new Error(`no order of evaluation for a rule of \`${clause.head.name}\``);
  }
  const knownAt: Set<number>[] = [];
  const slots = new Set(known);
  for (const goal of order) {
    knownAt.push(new Set(slots));
    if (!goal.negated) for (const slot of goal.slots) slots.add(slot);
  }
  let next: Next = () => frame.emit();
  for (let depth = order.length - 1; depth >= 0; depth--) {
    const goal = order[depth]!;
    const after = next;
    let step: Next;
    if (goal.kind === "stored") step = storedStep(goal, knownAt[depth]!, after, compilation);
    else if (goal.kind === "builtin") step = builtinStep(goal, knownAt[depth]!, after, compilation);
    else step = externalStep(goal, knownAt[depth]!, after, compilation);
    next = !traced
      ? step
      : () => {
          if (depth > frame.deepest) {
            frame.deepest = depth;
            frame.snapshot = [...frame.registers];
          }
          return step();
        };
  }
  return next;
}

function newFrame(clause: Clause): Frame {
  return {
    registers: [...clause.registers],
    left: NEW,
    right: NEW,
    limit: Infinity,
    matched: [],
    deepest: -1,
    snapshot: [],
    by: 1,
    emit: unheard,
  };
}

/** A plan that starts from a change of one positive or negated goal. */
export interface GoalPlan extends JoinPlan {
  /** Takes the changed tuple into the registers and runs; nothing happens where it does not fit. */
  readonly from: (ids: readonly number[]) => boolean;
}

export function compileGoalPlan(
  clause: Clause,
  start: number,
  interner: Interner,
  tiny: (relation: Relation) => boolean = (relation) => relation.size <= TINY,
): GoalPlan {
  const frame = newFrame(clause);
  const changed = clause.goals[start]!;
  const columns = columnsOf(changed.slots, clause.constantSlots);
  const known = new Set([...clause.constantSlots, ...changed.slots]);
  const order = joinOrder(
    clause.goals.filter((goal) => goal !== changed),
    known,
    (goal) => goal.kind === "stored" && tiny(goal.relation),
  );
  const run = compileSteps(order, known, { clause, interner, frame, traced: false, start });
  const from = (ids: readonly number[]): boolean => load(ids, columns, frame.registers) && run();
  return { clause, frame, order, run, from };
}

/** A plan over all goals that starts with some head terms known; `traced` for proofs and why-not. */
export interface HeadPlan extends JoinPlan {
  /** Takes the known head terms into the registers and runs. */
  readonly from: (ids: readonly number[]) => boolean;
  /** Registers known after the head and `depth` steps. */
  readonly knownAt: (depth: number) => ReadonlySet<number>;
}

export function compileHeadPlan(
  clause: Clause,
  knownColumns: readonly boolean[],
  interner: Interner,
  traced: boolean,
): HeadPlan {
  const frame = newFrame(clause);
  const slots = clause.headSlots.map((slot, column) => (knownColumns[column] ? slot : ANONYMOUS));
  const columns = columnsOf(slots, clause.constantSlots);
  const known = new Set([...clause.constantSlots, ...slots]);
  const order = joinOrder(clause.goals, known, (goal) => goal.kind === "stored" && goal.relation.size <= TINY);
  const run = compileSteps(order, known, { clause, interner, frame, traced, start: -1 });
  const from = (ids: readonly number[]): boolean => load(ids, columns, frame.registers) && run();
  const knownAt = (depth: number): ReadonlySet<number> =>
    new Set([...known, ...order.slice(0, depth).flatMap((goal) => (goal.negated ? [] : goal.slots))]);
  return { clause, frame, order, run, from, knownAt };
}
