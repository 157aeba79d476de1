/**
 * The rules of one policy → warnings about rules that do less than a reader expects (SEMANTICS, "Policies"): a `deny`
 * beside a `pass` of the same flows, a rule whose flows are all decided before it, in an `ordered` policy or by a policy
 * that the cascade puts first, and limits that look like alternatives.
 */
import * as codes from "../../diagnostics/codes/admission.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { OverlapIndex } from "../../flowgroup/overlap-index.ts";
import { subset } from "../../flowgroup/subset.ts";
import { shareFlow } from "../../flowgroup/universe.ts";
import type { Policy, PolicyRule } from "../../model/model.ts";
import { list } from "../../certificates/text.ts";
import { contains, overlap } from "../../net/interval.ts";
import { byHolders, MOST_RULES, RuleCover, placesOfHeld, SUBSET_STEPS } from "./rule-cover.ts";

/** The warnings for one policy. `isLast`: no level of a cascade follows, so `pass` hands its flows to none. */
export function silentRules(policy: Policy, isLast: boolean): readonly Diagnostic[] {
  return policy.ordered ? [...warnShadowed(policy), ...warnOverlappingLimits(policy)] : warnPassed(policy, isLast);
}

export const kindOf = ({ effect }: PolicyRule): string => effect.kind;
const isVerdict = (rule: PolicyRule): boolean => ["allow", "deny", "pass"].includes(kindOf(rule));
export const flowsOf = ({ cubes }: PolicyRule): { readonly cubes: readonly PolicyRule["cubes"][number]["cube"][] } => ({
  cubes: cubes.map(({ cube }) => cube),
});

function indexOf(rules: readonly PolicyRule[]): OverlapIndex<PolicyRule> {
  const index = new OverlapIndex<PolicyRule>();
  for (const rule of rules) for (const { cube } of rule.cubes) index.insert(cube, rule);
  return index;
}

/** The indexed rules that share a flow with a rule, each once. */
const overlappingRules = (index: OverlapIndex<PolicyRule>, rule: PolicyRule): readonly PolicyRule[] => [
  ...new Set(rule.cubes.flatMap(({ cube }) => index.overlapping(cube, shareFlow))),
];

/**
 * Warns of denies under a `pass`, and of allows of which it leaves nothing: in a policy without an order, `pass` takes its
 * flows out of all rules.
 */
function warnPassed({ rules }: Policy, isLast: boolean): readonly Diagnostic[] {
  const passes = rules.filter((rule) => kindOf(rule) === "pass");
  if (passes.length === 0) return [];
  const index = indexOf(passes);
  return rules.flatMap((rule) => {
    const kind = kindOf(rule);
    if (kind !== "deny" && kind !== "allow") return [];
    const [pass, ...more] = overlappingRules(index, rule).filter((one) => overlap(one.interval, rule.interval));
    if (pass === undefined) return [];
    const all = [pass, ...more].filter((one) => contains(one.interval, rule.interval)).slice(0, MOST_RULES);
    const isWhole = subset(flowsOf(rule), { cubes: all.flatMap((one) => flowsOf(one).cubes) }, SUBSET_STEPS) === true;
    if (!isWhole && (!isLast || kind === "allow")) return [];
    const related = [{ span: pass.span, message: "this passes them on" }];
    const help = "in an `ordered` policy the rule that is written first decides";
    const extras = { span: rule.span, related, help };
    return [
      isWhole ? codes.passesWhole({ kind, pass: pass.id }, extras) : codes.passesSomeDenied({ pass: pass.id }, extras),
    ];
  });
}

/** Warns of rules that never decide: earlier rules hold all their flows during all their time. */
function warnShadowed(policy: Policy): readonly Diagnostic[] {
  const before = new RuleCover();
  return warnDecided(
    policy.rules.filter(isVerdict).map((rule) => ({ policy, rule })),
    before,
    (rule) => before.add(rule, flowsOf(rule).cubes),
  );
}

/** A rule with its policy. */
export interface RuleIn {
  readonly policy: Policy;
  readonly rule: PolicyRule;
}

/** Warns of rules that never decide, since those before them hold all of their flows. `then`: after each of them. */
export function warnDecided(
  rules: readonly RuleIn[],
  before: RuleCover,
  then?: (rule: PolicyRule) => void,
): readonly Diagnostic[] {
  const found = rules.flatMap(({ policy, rule }) => {
    const holding = before.holdingAll(rule.interval, flowsOf(rule).cubes);
    then?.(rule);
    return holding.length === 0 ? [] : [{ id: rule.id, span: rule.span, beside: policy.name, holding }];
  });
  return byHolders(found).map((group) => {
    const { holding } = group[0]!;
    const words = { earlier: list(holding.map(({ id }) => id)), hold: holding.length === 1 ? "holds" : "hold" };
    if (group.length === 1)
      return codes.neverDecides(
        { rules: "this rule never decides", it: "it", its: "its", ...words },
        { span: group[0]!.span, related: placesOfHeld(holding, "this decides before it") },
      );
    const names = list(group.map(({ id }) => id));
    return codes.neverDecides(
      { rules: `${names} never decide`, it: "them", its: "their", ...words },
      { span: holding[0]!.span, related: placesOfHeld(group.slice(0, 3), "this never decides"), help: OUT },
    );
  });
}

const OUT = "take them out, or move them before it";

/** Warns of overlapping limits: `ordered` orders only verdicts, and a packet passes both limits. */
function warnOverlappingLimits({ rules }: Policy): readonly Diagnostic[] {
  const index = new OverlapIndex<PolicyRule>();
  return rules.flatMap((rule) => {
    if (kindOf(rule) !== "limit") return [];
    const other = overlappingRules(index, rule).find((one) => overlap(one.interval, rule.interval));
    for (const { cube } of rule.cubes) index.insert(cube, rule);
    if (other === undefined) return [];
    const related = [{ span: other.span, message: "the other limit" }];
    return [codes.limitsBoth({ other: other.id }, { span: rule.span, related })];
  });
}
