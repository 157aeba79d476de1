/**
 * The program ready to run: its relations in the order of evaluation, and the transaction that moves them all at once.
 *
 * What runs in every transaction walks its lists by index, here and in the files beside this one: a process that has
 * just started interprets it, and there `for … of` makes an object for each step.
 */
import { AggregateState } from "./aggregate.ts";
import { ClausePlans } from "./clause-plans.ts";
import type { Clause, DatalogProgram } from "./clauses.ts";
import type { Component } from "./component.ts";
import { updateCounted } from "./counting.ts";
import { updateRecursive } from "./dred.ts";
import type { Interner } from "./intern.ts";
import type { ExternalRelation } from "./external.ts";
import { BASE, NEW, type StoredFact } from "./fact.ts";
import type { Relation } from "./relation.ts";
import { components } from "../net/components.ts";
import type { Change } from "./types.ts";

export class Evaluation {
  readonly components: readonly Component[];
  readonly rules: ReadonlyMap<Clause, ClausePlans>;
  readonly #interner: Interner;
  readonly #readers: Readers;
  /** Relations that the running transaction touched. */
  readonly #open = new Set<Relation>();
  /** Components that wait for their turn, by position; none stands before the first. */
  readonly #waiting: boolean[];
  #first = 0;
  /** External relations whose changes the running transaction announced. */
  readonly #announced: ExternalRelation[] = [];
  #stamp = 0;
  #savedStamp = 0;

  constructor(program: DatalogProgram, interner: Interner) {
    this.#interner = interner;
    this.rules = new Map(program.clauses.map((clause) => [clause, new ClausePlans(clause, interner)]));
    this.components = orderOf(program, this.rules, interner);
    this.#waiting = this.components.map(() => false);
    this.#readers = readersOf(program, this.rules);
  }

  /** Marks that a base fact of this relation is about to change, or that a first evaluation is due. */
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

  /** Takes note of what an external relation announced. */
  announce(external: ExternalRelation, change: Change): void {
    external.announce(change);
    this.#announced.push(external);
    if (change.inserted.length + change.retracted.length > 0) this.#wakeReaders(external);
  }

  /** Brings everything that depends on the open relations to its new state. */
  propagate(first: boolean): void {
    if (first) {
      for (const { position, rules } of this.components) {
        for (const rule of rules) this.#makeDue(rule, position);
        this.#enqueue(position);
      }
    }
    // A component stands behind the relations that it reads, so in one walk each has its turn once.
    const waiting = this.#waiting;
    for (let position = this.#first; position < waiting.length; position++) {
      if (!waiting[position]) continue;
      waiting[position] = false;
      const component = this.components[position]!;
      const { relations } = component;
      for (let at = 0; at < relations.length; at++) this.#open.add(relations[at]!);
      try {
        if (component.recursive) updateRecursive(component, this.#interner, () => ++this.#stamp, first);
        else updateCounted(component, this.#interner, first);
      } finally {
        relieve(component);
      }
      for (let at = 0; at < relations.length; at++) {
        if (relations[at]!.settle()) this.#wakeReaders(relations[at]!, relations[at]);
      }
    }
    this.#first = waiting.length;
  }

  /** Rules whose body may have changed become due. `changed`: the stored relation that did. */
  #wakeReaders(read: Relation | ExternalRelation, changed?: Relation): void {
    const readers = this.#readers.get(read)!;
    for (let one = 0; one < readers.length; one++) {
      const { position, rules, folds } = readers[one]!;
      if (folds) this.#enqueue(position);
      for (let at = 0; at < rules.length; at++) {
        const { rule, constants } = rules[at]!;
        if (rule.isDue || rule.isIdle || (changed !== undefined && !concerns(changed, constants))) continue;
        this.#makeDue(rule, position);
        this.#enqueue(position);
      }
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
  static holds(fact: StoredFact | undefined): fact is StoredFact {
    return fact !== undefined && (fact.state & NEW) !== 0;
  }

  #aggregatesOf(relation: Relation): readonly AggregateState[] {
    return this.components[relation.component]!.aggregates;
  }

  #close(): void {
    this.#open.clear();
    // Where an evaluation was broken off, components still wait.
    for (; this.#first < this.#waiting.length; this.#first++) {
      this.#waiting[this.#first] = false;
      relieve(this.components[this.#first]!);
    }
    for (let external = this.#announced.pop(); external; external = this.#announced.pop()) external.settle();
    this.#interner.sweep();
  }

  /** Gives a rule to its component, to look at in its turn. */
  #makeDue(rule: ClausePlans, position: number): void {
    rule.isDue = true;
    this.components[position]!.due.push(rule);
  }

  /** Gives a component its turn. */
  #enqueue(position: number): void {
    this.#waiting[position] = true;
    if (position < this.#first) this.#first = position;
  }
}

/** None of its rules is due any more. */
function relieve({ due }: Component): void {
  for (const rule of due) rule.isDue = false;
  due.length = 0;
}

/** The components that read a relation, with those of their rules that do. */
type Readers = ReadonlyMap<Relation | ExternalRelation, readonly Reader[]>;

interface Reader {
  readonly position: number;
  readonly rules: readonly Reading[];
  /** One of its aggregates folds the relation. */
  readonly folds: boolean;
}

/** A goal of a rule that reads a relation, and the constants that it asks for. */
interface Reading {
  readonly rule: ClausePlans;
  readonly constants: readonly (readonly [column: number, id: number])[];
}

/** Up to this many changed facts are compared with what a goal asks for; more are taken to concern every goal. */
const FEW = 8;

/** Whether a goal with these constants sees one of a relation's changes. */
function concerns({ inserted, retracted }: Relation, constants: Reading["constants"]): boolean {
  if (constants.length === 0 || inserted.length + retracted.length > FEW) return true;
  return someAgrees(inserted, constants) || someAgrees(retracted, constants);
}

function someAgrees(facts: readonly StoredFact[], constants: Reading["constants"]): boolean {
  for (let at = 0; at < facts.length; at++) {
    const { ids } = facts[at]!;
    let agreed = 0;
    while (agreed < constants.length && ids[constants[agreed]![0]] === constants[agreed]![1]) agreed++;
    if (agreed === constants.length) return true;
  }
  return false;
}

function readersOf(program: DatalogProgram, plans: ReadonlyMap<Clause, ClausePlans>): Readers {
  const readers = new Map(
    [...program.stored, ...program.externals.values()].map((read) => [
      read as Relation | ExternalRelation,
      new Map<number, { position: number; rules: Reading[]; folds: boolean }>(),
    ]),
  );
  const at = (read: Relation | ExternalRelation, position: number): { rules: Reading[]; folds: boolean } => {
    const positions = readers.get(read)!;
    let reader = positions.get(position);
    if (reader === undefined) positions.set(position, (reader = { position, rules: [], folds: false }));
    return reader;
  };
  for (const [clause, rule] of plans) {
    for (const goal of clause.goals) {
      // A recursive component keeps itself up to date.
      if (goal.kind === "stored" && goal.relation.component !== clause.head.component) {
        const constants = goal.slots.flatMap((slot, column) =>
          clause.constantSlots.has(slot) ? [[column, clause.registers[slot]!] as const] : [],
        );
        at(goal.relation, clause.head.component).rules.push({ rule, constants });
      }
      if (goal.kind === "external") at(goal.external, clause.head.component).rules.push({ rule, constants: [] });
    }
  }
  for (const { bindings, result } of program.aggregates) at(bindings.head, result.component).folds = true;
  return new Map([...readers].map(([read, positions]) => [read, [...positions.values()]]));
}

function orderOf(
  program: DatalogProgram,
  plans: ReadonlyMap<Clause, ClausePlans>,
  interner: Interner,
): readonly Component[] {
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
  return groups.map((group, position) => {
    const own = group.flatMap((relation) => rules.get(relation)!);
    return {
      position,
      relations: group,
      recursive: group.length > 1 || reads.get(group[0]!)!.has(group[0]!),
      rules: own,
      aggregates: group.flatMap((relation) => aggregates.get(relation)!),
      due: [],
    };
  });
}
