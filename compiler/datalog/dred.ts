/**
 * Recursive relations, by deletion and rederivation (DRed; Gupta, Mumick and Subrahmanian, 1993): all facts that a lost
 * fact supported are deleted, those with another derivation are added again, and then new facts semi-naively.
 */
import type { ClausePlans } from "./clause-plans.ts";
import { changeOf, freshGoal, startsUnprompted, type Changed } from "./changes.ts";
import type { Goal } from "./clauses.ts";
import type { Component } from "./component.ts";
import type { Interner } from "./intern.ts";
import { BASE, NEW, OLD, type StoredFact } from "./fact.ts";
import type { Relation } from "./relation.ts";

/** Rules by the in-component relation that a goal of theirs reads. */
type Readers = ReadonlyMap<Relation, readonly { readonly rule: ClausePlans; readonly at: number }[]>;

function readersOf(component: Component): Readers {
  const readers = new Map<Relation, { rule: ClausePlans; at: number }[]>();
  for (const relation of component.relations) readers.set(relation, []);
  for (const rule of component.rules) {
    for (const [at, goal] of rule.clause.goals.entries()) {
      if (goal.kind === "stored") readers.get(goal.relation)?.push({ rule, at });
    }
  }
  return readers;
}

const readersCache = new WeakMap<Component, Readers>();

/** Runs a plan with every other goal in one state and hands each head, as registers, to `emit`. */
function runIn(
  state: number,
  rule: ClausePlans,
  at: number,
  changed: readonly Changed[],
  emit: (registers: readonly number[]) => void,
): void {
  if (changed.length === 0) return;
  const plan = rule.fromGoal(at);
  if (plan === undefined) return;
  const { frame } = plan;
  frame.left = state;
  frame.right = state;
  frame.emit = () => {
    emit(frame.registers);
    return false;
  };
  for (const { ids } of changed) plan.from(ids);
}

/** Deletes every fact that had a derivation through a lost fact. Base facts need no derivation. */
function overdelete(component: Component, readers: Readers, interner: Interner): StoredFact[] {
  const deleted: StoredFact[] = [];
  const remove = (fact: StoredFact | undefined): void => {
    if (fact === undefined || (fact.state & (OLD | NEW)) !== (OLD | NEW) || (fact.state & BASE) !== 0) return;
    fact.relation.touch(fact);
    fact.state &= ~NEW;
    deleted.push(fact);
  };
  const removeHead = (rule: ClausePlans) => (registers: readonly number[]) =>
    remove(rule.clause.head.find(registers, rule.clause.headSlots));
  // Facts touched so far are those whose BASE flag was set or cleared.
  for (const relation of component.relations) for (const fact of relation.touched) remove(fact);
  for (const rule of component.due) {
    for (const [at, goal] of rule.clause.goals.entries()) {
      if (isInside(component, goal)) continue;
      runIn(OLD, rule, at, changeOf(rule.clause, at, interner).lost, removeHead(rule));
    }
  }
  for (let next = 0; next < deleted.length; next++) {
    const fact = deleted[next]!;
    for (const { rule, at } of readers.get(fact.relation)!) runIn(OLD, rule, at, [fact], removeHead(rule));
  }
  return deleted;
}

function isInside(component: Component, goal: Goal): boolean {
  return goal.kind === "stored" && component.relations.includes(goal.relation);
}

/** Whether some rule derives the fact from what is there now. */
function isDerivable(component: Component, fact: StoredFact): boolean {
  for (const rule of component.rules) {
    const { head, headSlots } = rule.clause;
    if (head !== fact.relation) continue;
    const plan = rule.fromHead(
      headSlots.map(() => true),
      false,
    );
    plan.frame.left = NEW;
    plan.frame.right = NEW;
    plan.frame.emit = () => true;
    if (plan.from(fact.ids)) return true;
  }
  return false;
}

/** Brings the component's relations to their new state; `nextStamp` numbers insertions. */
export function updateRecursive(
  component: Component,
  interner: Interner,
  nextStamp: () => number,
  first: boolean,
): void {
  let readers = readersCache.get(component);
  if (readers === undefined) readersCache.set(component, (readers = readersOf(component)));
  const added: StoredFact[] = [];
  const add = (fact: StoredFact): void => {
    if ((fact.state & NEW) !== 0) return;
    fact.relation.touch(fact);
    fact.state |= NEW;
    fact.stamp = nextStamp();
    added.push(fact);
  };
  const addHead = (rule: ClausePlans) => (registers: readonly number[]) =>
    add(rule.clause.head.obtain(registers, rule.clause.headSlots));

  const asserted = component.relations.flatMap((relation) =>
    relation.touched.filter((fact) => (fact.state & BASE) !== 0),
  );
  const deleted = overdelete(component, readers, interner);
  for (const fact of deleted) if (isDerivable(component, fact)) add(fact);
  for (const fact of asserted) add(fact);
  for (const rule of component.due) {
    const { clause } = rule;
    if (startsUnprompted(clause)) {
      if (first) {
        const plan = rule.fromHead([], false);
        plan.frame.emit = () => {
          addHead(rule)(plan.frame.registers);
          return false;
        };
        plan.run();
        continue;
      }
    }
    const fresh = freshGoal(clause, (goal) => !isInside(component, goal));
    for (const [at, goal] of clause.goals.entries()) {
      if (isInside(component, goal) || (fresh !== undefined && at !== fresh)) continue;
      runIn(NEW, rule, at, changeOf(clause, at, interner).gained, addHead(rule));
    }
  }
  for (let next = 0; next < added.length; next++) {
    const fact = added[next]!;
    for (const { rule, at } of readers.get(fact.relation)!) runIn(NEW, rule, at, [fact], addHead(rule));
  }
}
