/**
 * Relations that are not recursive, by counting derivations (Gupta, Mumick and Subrahmanian, 1993): the change of a
 * join is, for each literal, its change joined with the new state before it and the old state behind it.
 */
import type { ClausePlans } from "./clause-plans.ts";
import { changeOf, freshGoal, startsUnprompted, type Changed } from "./changes.ts";
import type { Component } from "./component.ts";
import type { Interner } from "./intern.ts";
import { BASE, NEW, OLD, type StoredFact } from "./fact.ts";
import { unheard } from "./plan.ts";

/** One derivation more or less. */
function adjust(fact: StoredFact, by: 1 | -1): void {
  fact.relation.touch(fact);
  fact.count += by;
}

function derive(rule: ClausePlans, start: number, changed: readonly Changed[], by: 1 | -1, right: number): void {
  if (changed.length === 0) return;
  const plan = rule.fromGoal(start);
  if (plan === undefined) return;
  const { head, headSlots } = rule.clause;
  const { frame } = plan;
  frame.left = NEW;
  frame.right = right;
  frame.by = by;
  // Set only once: plans run at every change, and a new closure each time would be garbage.
  if (frame.emit === unheard) {
    frame.emit = () => {
      adjust(head.obtain(frame.registers, headSlots), frame.by);
      return false;
    };
  }
  for (let at = 0; at < changed.length; at++) plan.from(changed[at]!.ids);
}

function applyRule(rule: ClausePlans, interner: Interner, first: boolean): void {
  const { clause } = rule;
  if (first && startsUnprompted(clause)) {
    const plan = rule.fromHead([], false);
    plan.frame.emit = () => {
      adjust(clause.head.obtain(plan.frame.registers, clause.headSlots), 1);
      return false;
    };
    plan.run();
    return;
  }
  const fresh = rule.mayBeFresh ? freshGoal(clause) : undefined;
  if (fresh !== undefined) {
    const goal = clause.goals[fresh]!;
    if (goal.kind === "stored") derive(rule, fresh, goal.relation.inserted, 1, NEW);
    return;
  }
  const { changing } = rule;
  for (let one = 0; one < changing.length; one++) {
    const { at, negated, relation, external } = changing[one]!;
    if (relation !== undefined) {
      derive(rule, at, negated ? relation.retracted : relation.inserted, 1, OLD);
      derive(rule, at, negated ? relation.inserted : relation.retracted, -1, OLD);
    } else if (external!.isChanged) {
      const { gained, lost } = changeOf(clause, at, interner);
      derive(rule, at, gained, 1, OLD);
      derive(rule, at, lost, -1, OLD);
    }
  }
}

/** Brings the component's only relation to its new state. `first`: the program's first transaction. */
export function updateCounted(component: Component, interner: Interner, first: boolean): void {
  const { due, aggregates, relations } = component;
  for (let at = 0; at < due.length; at++) applyRule(due[at]!, interner, first);
  for (let at = 0; at < aggregates.length; at++) aggregates[at]!.update();
  for (let one = 0; one < relations.length; one++) {
    const relation = relations[one]!;
    const { touched } = relation;
    for (let at = 0; at < touched.length; at++) {
      const fact = touched[at]!;
      if (fact.count < 0) {
        throw new Error(`\`${relation.name}\` lost a derivation that it never had: a built-in or external is not pure`);
      }
      if (fact.count > 0 || (fact.state & BASE) !== 0) fact.state |= NEW;
      else fact.state &= ~NEW;
    }
  }
}
