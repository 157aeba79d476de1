/** The program ready to run: its relations in the order of evaluation, and the transaction that moves them all at once. */
import { AggregateState } from "./aggregate.ts";
import { ClausePlans } from "./clause-plans.ts";
import type { Clause, Program } from "./clauses.ts";
import type { Component } from "./component.ts";
import { updateCounted } from "./counting.ts";
import { updateRecursive } from "./dred.ts";
import type { Interner } from "./intern.ts";
import { BASE, NEW, type Fact } from "./fact.ts";
import type { Relation } from "./relation.ts";
import { components } from "./stratify.ts";

export class Evaluation {
  readonly components: readonly Component[];
  readonly rules: ReadonlyMap<Clause, ClausePlans>;
  readonly #interner: Interner;
  readonly #program: Program;
  /** Relations that the running transaction touched. */
  readonly #open = new Set<Relation>();
  /** Components that wait for their turn, the next one last. */
  readonly #queue: number[] = [];
  #stamp = 0;
  #savedStamp = 0;

  constructor(program: Program, interner: Interner) {
    this.#program = program;
    this.#interner = interner;
    this.rules = new Map(program.clauses.map((clause) => [clause, new ClausePlans(clause, interner)]));
    this.components = orderOf(program, this.rules, interner);
  }

  /** Says that a base fact of this relation is about to change, or that a first evaluation is due. */
  open(relation: Relation): void {
    this.#open.add(relation);
    this.#enqueue(relation.component);
  }

  /** Asserts or retracts a base fact; true if that is a change. */
  assert(relation: Relation, ids: readonly number[], present: boolean): boolean {
    const fact = present ? relation.obtain(ids) : relation.find(ids);
    if (fact === undefined || ((fact.state & BASE) !== 0) === present) return false;
    relation.touch(fact);
    fact.state ^= BASE;
    this.open(relation);
    return true;
  }

  /** Announced externals wake the components that read them. */
  wakeReadersOfExternals(): void {
    for (const component of this.components) {
      if (component.externals.some(({ change }) => change.inserted.length + change.retracted.length > 0)) {
        this.#enqueue(component.position);
      }
    }
  }

  /** Brings everything that depends on the open relations to its new state. */
  propagate(first: boolean): void {
    if (first) for (const component of this.components) this.#enqueue(component.position);
    for (let position = this.#queue.pop(); position !== undefined; position = this.#queue.pop()) {
      const component = this.components[position]!;
      for (const relation of component.relations) this.#open.add(relation);
      if (component.recursive) updateRecursive(component, this.#interner, () => ++this.#stamp, first);
      else updateCounted(component, this.#interner, first);
      let changed = false;
      for (const relation of component.relations) if (relation.settle()) changed = true;
      if (changed) for (const reader of component.readers) this.#enqueue(reader);
    }
  }

  /** Relations that may have changed, in no particular order. */
  get touched(): Iterable<Relation> {
    return this.#open;
  }

  commit(): void {
    for (const relation of this.#open) {
      for (const aggregate of this.#aggregatesOf(relation)) aggregate.commit();
      relation.commit();
    }
    this.#savedStamp = this.#stamp;
    this.#close();
  }

  rollback(): void {
    for (const relation of this.#open) {
      for (const aggregate of this.#aggregatesOf(relation)) aggregate.rollback();
      relation.rollback();
    }
    this.#stamp = this.#savedStamp;
    this.#close();
  }

  /** Whether the fact is there now. */
  static holds(fact: Fact | undefined): fact is Fact {
    return fact !== undefined && (fact.state & NEW) !== 0;
  }

  #aggregatesOf(relation: Relation): readonly AggregateState[] {
    return this.components[relation.component]!.aggregates;
  }

  #close(): void {
    this.#open.clear();
    this.#queue.length = 0;
    for (const external of this.#program.externals.values()) external.settle();
    this.#interner.sweep();
  }

  #enqueue(position: number): void {
    let low = 0;
    let high = this.#queue.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#queue[middle]! > position) low = middle + 1;
      else high = middle;
    }
    if (this.#queue[low] !== position) this.#queue.splice(low, 0, position);
  }
}

function orderOf(program: Program, plans: ReadonlyMap<Clause, ClausePlans>, interner: Interner): readonly Component[] {
  const rules = new Map<Relation, ClausePlans[]>();
  const aggregates = new Map<Relation, AggregateState[]>();
  const reads = new Map<Relation, Set<Relation>>();
  for (const relation of program.stored) {
    rules.set(relation, []);
    aggregates.set(relation, []);
    reads.set(relation, new Set());
  }
  for (const clause of program.clauses) {
    rules.get(clause.head)!.push(plans.get(clause)!);
    for (const goal of clause.goals) if (goal.kind === "stored") reads.get(clause.head)!.add(goal.relation);
  }
  for (const aggregate of program.aggregates) {
    aggregates.get(aggregate.result)!.push(new AggregateState(aggregate, interner));
    reads.get(aggregate.result)!.add(aggregate.bindings.head);
  }
  const groups = components(program.stored, (relation) => reads.get(relation)!);
  for (const [position, group] of groups.entries()) for (const relation of group) relation.component = position;
  const readers = groups.map(() => new Set<number>());
  for (const [relation, read] of reads) {
    for (const { component } of read) if (component !== relation.component) readers[component]!.add(relation.component);
  }
  return groups.map((group, position) => {
    const own = group.flatMap((relation) => rules.get(relation)!);
    const externals = own.flatMap(({ clause }) =>
      clause.goals.flatMap((g) => (g.kind === "external" ? [g.external] : [])),
    );
    return {
      position,
      relations: group,
      recursive: group.length > 1 || reads.get(group[0]!)!.has(group[0]!),
      rules: own,
      aggregates: group.flatMap((relation) => aggregates.get(relation)!),
      readers: [...readers[position]!],
      externals: [...new Set(externals)],
    };
  });
}
