/** The flows that a rule can match whatever the facts are: those that meet its conditions on fields. */
import type { Flowgroup } from "../../flowgroup/cube.ts";
import type { Field } from "../../flowgroup/fields.ts";
import {
  ALL,
  complement,
  cube,
  wholeDifference,
  flowgroup,
  intersect,
  isEmpty,
  present,
} from "../../flowgroup/index.ts";
import * as codes from "../../diagnostics/codes/model.ts";
import { isLiteral } from "../../model/constants.ts";
import { possibleFlows, textOnOneLine } from "../../model/flows.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { deadMembers, deadMembersWarning, type DeadMembers } from "../../model/dead-members.ts";
import type { Span } from "../../source.ts";
import { notesOn } from "../../model/flow-notes.ts";
import { fieldFlows, type Names } from "../../model/values.ts";
import type { FixedCondition } from "./condition.ts";
import type { FactorPlan } from "./factor-plan.ts";

/** The two conditions of a plan that exclude each other: the later one, and the earliest that it meets nowhere. */
export function excludingConditions(
  plan: FactorPlan,
  names: Names,
): readonly [FixedCondition, FixedCondition] | undefined {
  const before: { readonly fixed: FixedCondition; readonly flows: Flowgroup }[] = [];
  let all = ALL;
  for (const fixed of plan.fixed) {
    const flows = conditionFlows(fixed, names) ?? ALL;
    all = possibleFlows(intersect(all, flows));
    if (isEmpty(all)) {
      const other = before.find((b) => isEmpty(possibleFlows(intersect(b.flows, flows)))) ?? before.at(-1);
      return other && [other.fixed, fixed];
    }
    before.push({ fixed, flows });
  }
  return undefined;
}

function conditionFlows({ field, value, negation }: FixedCondition, names: Names): Flowgroup | undefined {
  const other = negation === "other value" || negation === "value or none";
  const flows = fieldFlows(field, value, other, names);
  return flows && (negation === "complement" || negation === "value or none") ? wholeDifference(ALL, flows) : flows;
}

/** The flows that hold whatever the facts are; undefined where a value was refused. */
export function fixedFlows(plan: FactorPlan, names: Names): Flowgroup | undefined {
  let flows = ALL;
  let failed = false;
  const besideVlan = plan.fixed.some(({ field }) => field === "vlan");
  for (const fixed of plan.fixed) {
    const one = conditionFlows(fixed, { ...names, besideVlan });
    if (one === undefined) failed = true;
    else flows = intersect(flows, one);
  }
  for (const field of plan.present) flows = intersect(flows, flowgroup([cube({ [field]: present(field) })]));
  for (const field of plan.absent) flows = intersect(flows, absence(field));
  if (failed) return undefined;
  const possible = possibleFlows(flows);
  const conditions = plan.fixed.map((one) => ({ ...one, negated: one.negation !== "none" }));
  for (const note of notesOn(conditions, possible)) names.report(note);
  return possible;
}

/**
 * Warns of the members of lists that hold nothing in any alternative of a rule that asks for the list. Lists of
 * predicates are none of its own: other rules ask for them, too.
 */
export function deadLists(
  rule: Span,
  alternatives: readonly { readonly plan: FactorPlan; readonly fixed: Flowgroup }[],
  names: Names,
): readonly Diagnostic[] {
  const found = new Map<Span, { readonly dead: DeadMembers; readonly plan: FactorPlan } | undefined>();
  for (const { plan, fixed } of alternatives)
    for (const one of plan.fixed) {
      const { value, negation, span } = one;
      const isOwn = span.source === rule.source && span.start >= rule.start && span.end <= rule.end;
      if (!isOwn || negation !== "none" || value.kind !== "set" || (found.has(span) && found.get(span) === undefined))
        continue;
      const before = found.get(span)?.dead.members;
      const now = deadMembers(one, fixed, names);
      const members = now?.members.filter((member) => before?.includes(member) ?? true) ?? [];
      found.set(span, members.length === 0 ? undefined : { dead: { of: one, members }, plan });
    }
  return [...found.values()].flatMap((one) => {
    if (one === undefined) return [];
    const beside = one.plan.fixed.map((other) => ({
      span: other.span,
      excludes: (own: Flowgroup): boolean =>
        isEmpty(possibleFlows(intersect(own, conditionFlows(other, names) ?? ALL))),
    }));
    return [deadMembersWarning(one.dead, beside, names, "rule")];
  });
}

/** Warns of what a rule leaves out in vain: nothing of it meets another condition, in no alternative that has it. */
export function vainExceptions(rule: Span, plans: readonly FactorPlan[], names: Names): readonly Diagnostic[] {
  const found = new Map<Span, FixedCondition | undefined>();
  const quiet = { ...names, report: () => {} };
  for (const plan of plans) {
    if (plan.fixed.length > MOST_COMPARED) return [];
    const literal = plan.fixed.filter(({ value }) => isLiteral(value));
    for (const { field, value, negation, span } of literal) {
      const isOwn = span.source === rule.source && span.start >= rule.start && span.end <= rule.end;
      if (!isOwn || negation === "none" || (found.has(span) && found.get(span) === undefined)) continue;
      const out = fieldFlows(field, value, negation === "value or none", quiet);
      const other = literal.find(
        (one) =>
          one.negation === "none" &&
          out !== undefined &&
          isEmpty(possibleFlows(intersect(out, conditionFlows(one, quiet) ?? ALL))),
      );
      found.set(span, other);
    }
  }
  return [...found].flatMap(([span, other]) => {
    if (other === undefined) return [];
    const words = { one: textOnOneLine(other.span), other: textOnOneLine(span) };
    return [codes.takesNothingAway(words, { span, related: [{ span: other.span, message: "the other condition" }] })];
  });
}
const MOST_COMPARED = 30;

const absence = (field: Field): Flowgroup => flowgroup([cube({ [field]: complement(field, present(field)) })]);
