/**
 * Aggregation: the hidden bindings of a rule, grouped by the head's plain terms and folded. A change of one binding
 * costs one step of its group's fold, whatever the size of the group.
 */
import type { AggregateClause } from "./clauses.ts";
import type { Interner } from "./intern.ts";
import { Multiset } from "./multiset.ts";
import { HashTable } from "./table.ts";
import type { StoredFact } from "./fact.ts";
import type { AggregateFunction, Constant } from "./types.ts";

/** A fold that can also be undone. */
interface Fold {
  readonly add: (value: Constant) => void;
  readonly remove: (value: Constant) => void;
  readonly result: () => Constant;
}

/** An input that the function cannot take; the transaction is rolled back. */
export class AggregateError extends Error {
  override readonly name = "AggregateError";
  /** The relation whose rule folds. */
  readonly relation: string;
  readonly fault: string;

  constructor(relation: string, fault: string) {
    super(`sum in \`${relation}\` ${fault}`);
    this.relation = relation;
    this.fault = fault;
  }
}

/**
 * Sums are exact on the way, however large they grow, so the order of the facts does not matter; what a fact holds is an
 * exact integer again.
 */
function sum(relation: string): Fold {
  let total: number | bigint = 0;
  const add = (value: Constant, sign: 1 | -1): void => {
    if (typeof value !== "number") throw new AggregateError(relation, `met \`${value}\`, which is no number`);
    const next: number | bigint =
      typeof total === "number" ? total + sign * value : total + BigInt(sign) * BigInt(value);
    if (typeof next === "number") total = Number.isSafeInteger(next) ? next : BigInt(total) + BigInt(sign * value);
    else total = isSafe(next) ? Number(next) : next;
  };
  return {
    add: (value) => add(value, 1),
    remove: (value) => add(value, -1),
    result: () => {
      if (typeof total === "bigint") throw new AggregateError(relation, "leaves the exact integers");
      return total;
    },
  };
}

const isSafe = (value: bigint): boolean => Number.isSafeInteger(Number(value));

function count(): Fold {
  let number = 0;
  return { add: () => number++, remove: () => number--, result: () => number };
}

function extreme(sign: 1 | -1): Fold {
  const values = new Multiset(sign);
  return {
    add: (value) => values.add(value),
    remove: (value) => values.remove(value),
    result: () => values.top()!,
  };
}

function foldOf(name: AggregateFunction, relation: string): Fold {
  switch (name) {
    case "sum":
      return sum(relation);
    case "count":
      return count();
    case "min":
      return extreme(1);
    case "max":
      return extreme(-1);
  }
}

/** The bindings that agree on the plain terms. */
class Group {
  /** The first binding's constants, for the key. */
  readonly ids: readonly number[];
  hash = 0;
  chain: this | undefined = undefined;
  /** The plain terms, laid out as the result; held by every binding of the group. */
  readonly plain: readonly number[];
  /** One fold per output; undefined where the output is no aggregate. */
  readonly folds: readonly (Fold | undefined)[];
  /** Bindings in the group. */
  size = 0;
  /** The fact that stands for the group. */
  fact: StoredFact | undefined = undefined;
  /** The same before the transaction. */
  saved: StoredFact | undefined = undefined;

  constructor({ ids }: StoredFact, { outputs, rule }: AggregateClause) {
    this.ids = ids;
    this.plain = outputs.map((output) => (output.kind === "column" ? ids[output.column]! : -1));
    this.folds = outputs.map((output) =>
      output.kind === "aggregate" ? foldOf(output.function, rule.head.relation) : undefined,
    );
  }
}

/** One binding folded in or out. */
interface FoldChange {
  readonly group: Group;
  readonly binding: StoredFact;
  readonly added: boolean;
}

export class AggregateState {
  readonly clause: AggregateClause;
  /** Columns of the bindings by which they are grouped. */
  readonly groupColumns: readonly number[];
  readonly #interner: Interner;
  readonly #groups: HashTable<Group>;
  readonly #touched = new Set<Group>();
  /** What a rollback has to undo, in order. */
  #changes: FoldChange[] = [];

  constructor(clause: AggregateClause, interner: Interner) {
    this.clause = clause;
    this.#interner = interner;
    this.groupColumns = clause.outputs.flatMap((output) => (output.kind === "column" ? [output.column] : []));
    this.#groups = new HashTable(this.groupColumns);
    // A constant in the result belongs to the rule.
    for (const output of clause.outputs) if (output.kind === "constant") interner.retain(output.id);
  }

  /** Takes over the changes of the bindings, and makes each touched group's fact anew. */
  update(): void {
    const { inserted, retracted } = this.clause.bindings.head;
    for (const binding of retracted) this.#apply(binding, false);
    for (const binding of inserted) this.#apply(binding, true);
    for (const group of this.#touched) this.#show(group);
  }

  commit(): void {
    for (const group of this.#touched) {
      group.saved = group.fact;
      if (group.size === 0) this.#groups.remove(group);
    }
    this.#close();
  }

  rollback(): void {
    for (const { group, binding, added } of this.#changes.toReversed()) this.#fold(group, binding, !added);
    for (const group of this.#touched) {
      group.fact = group.saved;
      if (group.size === 0) this.#groups.remove(group);
    }
    this.#close();
  }

  #close(): void {
    this.#touched.clear();
    this.#changes = [];
  }

  #apply(binding: StoredFact, added: boolean): void {
    let group = this.#groups.find(binding.ids, this.groupColumns);
    if (group === undefined) {
      group = new Group(binding, this.clause);
      this.#groups.add(group);
    }
    this.#touched.add(group);
    this.#fold(group, binding, added);
    this.#changes.push({ group, binding, added });
  }

  /** All folds or, where one refuses its input, none. */
  #fold(group: Group, binding: StoredFact, added: boolean): void {
    let done = 0;
    try {
      for (; done < group.folds.length; done++) this.#foldOne(group, done, binding, added);
    } catch (error) {
      while (--done >= 0) this.#foldOne(group, done, binding, !added);
      throw error;
    }
    group.size += added ? 1 : -1;
  }

  #foldOne(group: Group, at: number, binding: StoredFact, added: boolean): void {
    const output = this.clause.outputs[at]!;
    if (output.kind !== "aggregate") return;
    const value = this.#interner.value(binding.ids[output.column]!);
    if (added) group.folds[at]!.add(value);
    else group.folds[at]!.remove(value);
  }

  #show(group: Group): void {
    const { result, outputs } = this.clause;
    let fact: StoredFact | undefined;
    if (group.size > 0) {
      const ids = outputs.map((output, at) => {
        if (output.kind === "constant") return output.id;
        if (output.kind === "column") return group.plain[at]!;
        return this.#interner.intern(group.folds[at]!.result());
      });
      fact = result.obtain(ids);
    }
    if (fact === group.fact) return;
    if (group.fact !== undefined) {
      result.touch(group.fact);
      group.fact.count--;
    }
    if (fact !== undefined) {
      result.touch(fact);
      fact.count++;
    }
    group.fact = fact;
  }
}
