/**
 * The incremental Datalog engine: facts in and out by transactions that commit or leave no trace, derived facts always
 * up to date, changes as sets. Batch and live are the same: a batch is one large transaction.
 */
import { checkProgram } from "./check.ts";
import { compileProgram, type DatalogProgram } from "./clauses.ts";
import { isConstant } from "./constants.ts";
import { Evaluation } from "./evaluation.ts";
import { explain } from "./explain.ts";
import { Interner } from "./intern.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { NEW, type StoredFact } from "./fact.ts";
import type { Relation } from "./relation.ts";
import type {
  Attempt,
  AttemptView,
  Change,
  Changes,
  Constant,
  AttemptEnd,
  Diff,
  Missing,
  ProgramOptions,
  Proof,
  Tuple,
  View,
} from "./types.ts";
import type { StepBudget } from "./steps.ts";
import { whyNot } from "./why-not.ts";

/** Rules that do not pass `checkProgram`. Callers with a user's rules check first; this guards the others. */
export class ProgramError extends Error {
  override readonly name = "ProgramError";
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map(({ code, message }) => `${code} ${message}`).join("\n"));
    this.diagnostics = diagnostics;
  }
}

export class Engine implements View {
  readonly #interner = new Interner();
  readonly #program: DatalogProgram;
  readonly #relations: Map<string, Relation>;
  readonly #evaluation: Evaluation;
  /** Set while rules are evaluated: built-ins and externals must not call back. */
  #busy = false;

  /** What `ProgramOptions.steps` says. */
  readonly #steps: number;

  constructor(options: ProgramOptions) {
    this.#steps = options.steps ?? Infinity;
    const diagnostics = checkProgram(options);
    if (diagnostics.some(({ severity }) => severity === "error")) throw new ProgramError(diagnostics);
    this.#program = compileProgram(options, this.#interner);
    this.#relations = new Map(this.#program.relations);
    this.#evaluation = new Evaluation(this.#program, this.#interner);
    // Externals and rules without conditions give facts before the first transaction, and recursion makes more of them.
    this.#interner.steps.left = this.#steps;
    this.#evaluation.propagate(true);
    this.#evaluation.commit();
    this.#interner.steps.left = Infinity;
  }

  /**
   * Applies the changes; gives what they changed, derived facts included. Where anything throws, nothing has changed.
   */
  transact(changes: Changes): Diff {
    return this.#attempt(changes, DONE, true).diff;
  }

  /** The same, without the changes as an answer. */
  apply(changes: Changes): void {
    this.#attempt(changes, DONE, false);
  }

  /** Brings back facts that were there before, in as many steps as that takes: each was within the budget once. */
  load(facts: readonly (readonly [relation: string, tuple: Tuple])[]): void {
    this.#attempt({ insert: facts }, DONE, false, { left: Infinity });
  }

  /**
   * Applies the changes, lets `body` look at what follows from them, and commits or rolls back as it decides. Either
   * way costs what the changes cost. Where `body` throws, nothing has changed.
   *
   * @param budget In place of the engine's own; what is taken is taken off it.
   */
  attempt<Value>(
    changes: Changes,
    body: (view: AttemptView) => AttemptEnd<Value>,
    budget?: StepBudget,
  ): Attempt<Value> {
    return this.#attempt(changes, body, true, budget);
  }

  #attempt<Value>(
    changes: Changes,
    body: (view: AttemptView) => AttemptEnd<Value>,
    wantsDiff: boolean,
    budget?: StepBudget,
  ): Attempt<Value> {
    if (this.#busy)
      throw new Error("a transaction is running: built-ins, externals and attempts must not start another");
    this.#busy = true;
    const most = budget?.left ?? this.#steps + STEPS_OF_FACT * (changes.insert?.length ?? 0);
    this.#interner.steps.left = most;
    let decision: AttemptEnd<Value>;
    let diff: Diff;
    try {
      this.#apply(changes);
      let made: Diff | undefined;
      const changed = (): Diff => (made ??= this.#diff());
      decision = body(new Attempted(this, changed));
      diff = decision.commit && wantsDiff ? changed() : NO_CHANGE;
    } catch (error) {
      this.#evaluation.rollback();
      throw error;
    } finally {
      this.#busy = false;
      if (budget !== undefined) budget.left -= most - this.#interner.steps.left;
      this.#interner.steps.left = Infinity;
    }
    if (decision.commit) {
      this.#evaluation.commit();
      return { value: decision.value, diff };
    }
    this.#evaluation.rollback();
    return { value: decision.value, diff: decision.instead ? this.transact(decision.instead) : diff };
  }

  query(relation: string, pattern: readonly (Constant | undefined)[]): Tuple[] {
    const external = this.#program.externals.get(relation);
    if (external !== undefined) {
      const known = external.pattern(pattern.map((term) => term !== undefined));
      if (known === undefined) throw new RangeError(`\`${relation}\` cannot be asked with these terms`);
      return [...external.tuples(known, pattern, false)];
    }
    return this.#matches(relation, pattern).map((fact) => this.#tuple(fact));
  }

  has(relation: string, tuple: Tuple): boolean {
    if (this.#program.externals.has(relation)) return this.query(relation, tuple).length > 0;
    return this.#find(relation, tuple) !== undefined;
  }

  explain(relation: string, tuple: Tuple): Proof | undefined {
    const fact = this.#find(relation, tuple);
    if (fact === undefined) return undefined;
    const proof = explain(fact, this.#evaluation, this.#program, this.#interner);
    if (!this.#busy) this.#interner.sweep();
    return proof;
  }

  whyNot(relation: string, tuple: readonly (Constant | undefined)[]): Missing[] {
    const found = this.#relations.get(relation);
    if (found === undefined || this.#matches(relation, tuple).length > 0) return [];
    const missing = whyNot(found, tuple, this.#evaluation, this.#program, this.#interner);
    if (!this.#busy) this.#interner.sweep();
    return missing;
  }

  /** How much is held, for tests of growth: stored facts, hidden ones too, and distinct constants. */
  get footprint(): { readonly facts: number; readonly constants: number } {
    let facts = 0;
    for (const relation of this.#program.stored) facts += relation.size;
    return { facts, constants: this.#interner.held };
  }

  #apply({ insert = [], retract = [], changed = [] }: Changes): void {
    for (const [name, change] of changed) {
      const external = this.#program.externals.get(name);
      if (external === undefined) throw new RangeError(`\`${name}\` is no external relation`);
      for (const tuple of [...change.inserted, ...change.retracted]) this.#checkTuple(name, external.arity, tuple);
      this.#evaluation.announce(external, change);
    }
    for (const [name, tuple] of retract) this.#assert(name, tuple, false);
    for (const [name, tuple] of insert) this.#assert(name, tuple, true);
    this.#evaluation.propagate(false);
  }

  #assert(name: string, tuple: Tuple, present: boolean): void {
    const relation = this.#relations.get(name);
    if (relation === undefined) throw new RangeError(`unknown relation \`${name}\``);
    this.#checkTuple(name, relation.arity, tuple);
    this.#evaluation.assert(
      relation,
      tuple.map((value) => this.#interner.intern(value)),
      present,
    );
  }

  #checkTuple(name: string, arity: number, tuple: Tuple): void {
    if (tuple.length !== arity) throw new RangeError(`\`${name}\` takes ${arity} terms, ${tuple.length} given`);
    for (let at = 0; at < tuple.length; at++) {
      if (!isConstant(tuple[at]))
        throw new TypeError(`\`${name}\`: ${String(tuple[at])} is neither a string nor a safe integer`);
    }
  }

  /** Facts that agree with the pattern, by an index over its known columns. */
  #matches(name: string, pattern: readonly (Constant | undefined)[]): StoredFact[] {
    const relation = this.#relations.get(name);
    if (relation === undefined) throw new RangeError(`unknown relation \`${name}\``);
    if (pattern.length !== relation.arity) {
      throw new RangeError(`\`${name}\` takes ${relation.arity} terms, ${pattern.length} given`);
    }
    if (relation.size === 0) return [];
    const known: number[] = [];
    const ids: number[] = [];
    for (let column = 0; column < pattern.length; column++) {
      const value = pattern[column];
      // An unknown column keeps its place; it is not read.
      const id = value === undefined ? -1 : this.#interner.find(value);
      if (id === undefined) return [];
      ids.push(id);
      if (value !== undefined) known.push(column);
    }
    const facts: StoredFact[] = [];
    for (const fact of relation.select(ids, known)) if ((fact.state & NEW) !== 0) facts.push(fact);
    return facts;
  }

  #find(name: string, tuple: Tuple): StoredFact | undefined {
    return this.#matches(name, tuple)[0];
  }

  #tuple(fact: StoredFact): Tuple {
    return fact.ids.map((id) => this.#interner.value(id));
  }

  #diff(): Diff {
    const changes: [string, Change][] = [];
    for (const relation of this.#evaluation.touched) {
      if (relation.hidden || relation.inserted.length + relation.retracted.length === 0) continue;
      const inserted = relation.inserted.map((fact) => this.#tuple(fact));
      changes.push([relation.name, { inserted, retracted: relation.retracted.map((fact) => this.#tuple(fact)) }]);
    }
    return new Map(changes.toSorted(([left], [right]) => (left < right ? -1 : 1)));
  }
}

/** A transaction may take so many steps more for each fact that it inserts. */
const STEPS_OF_FACT = 400;

const DONE = (): AttemptEnd<undefined> => ({ commit: true, value: undefined });

const NO_CHANGE: Diff = new Map();

/** What an attempt sees. Its diff is made when first asked for: most attempts look at one or two relations only. */
class Attempted implements AttemptView {
  readonly #engine: Engine;
  readonly #changed: () => Diff;

  constructor(engine: Engine, changed: () => Diff) {
    this.#engine = engine;
    this.#changed = changed;
  }

  get diff(): Diff {
    return this.#changed();
  }

  query(relation: string, pattern: readonly (Constant | undefined)[]): Tuple[] {
    return this.#engine.query(relation, pattern);
  }

  has(relation: string, tuple: Tuple): boolean {
    return this.#engine.has(relation, tuple);
  }

  explain(relation: string, tuple: Tuple): Proof | undefined {
    return this.#engine.explain(relation, tuple);
  }

  whyNot(relation: string, tuple: readonly (Constant | undefined)[]): Missing[] {
    return this.#engine.whyNot(relation, tuple);
  }
}
