/**
 * The rules of one policy → warnings about rules that do less than a reader expects (SEMANTICS, "Policies"): a `deny`
 * beside a `pass` of the same flows, a rule of an `ordered` policy whose flows earlier rules all decide, and limits
 * that look like alternatives.
 */
import * as codes from "../../diagnostics/codes/admission.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { OverlapIndex } from "../../flowgroup/overlap-index.ts";
import { cubeSubset } from "../../flowgroup/cubes.ts";
import { subset } from "../../flowgroup/subset.ts";
import { shareFlow } from "../../flowgroup/universe.ts";
import type { Policy, PolicyRule } from "../../model/model.ts";
import { list } from "../../certificates/text.ts";
import { contains, overlap } from "../../net/interval.ts";

/** The most other rules that are compared with one rule together. */
const MOST_RULES = 32;
/** The comparisons by which other rules are looked for, for each rule and question. */
const COMPARISONS = 128;
/** The steps of one containment check. */
const SUBSET_STEPS = 500;

/** The warnings for one policy. `isLast`: no level of a cascade follows, so `pass` hands its flows to none. */
export function silentRules(policy: Policy, isLast: boolean): readonly Diagnostic[] {
  return policy.ordered ? [...warnShadowed(policy), ...warnOverlappingLimits(policy)] : warnPassed(policy, isLast);
}

const kindOf = ({ effect }: PolicyRule): string => effect.kind;
const isVerdict = (rule: PolicyRule): boolean => ["allow", "deny", "pass"].includes(kindOf(rule));
const flowsOf = ({ cubes }: PolicyRule): { readonly cubes: readonly PolicyRule["cubes"][number]["cube"][] } => ({
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

/** The same, if they are few and soon found. */
function fewOverlapping(index: OverlapIndex<PolicyRule>, rule: PolicyRule): readonly PolicyRule[] | undefined {
  const found = new Set<PolicyRule>();
  const each = Math.ceil(COMPARISONS / rule.cubes.length);
  for (const { cube } of rule.cubes) {
    const some = index.overlappingWithin(each, cube, shareFlow);
    if (some === undefined || some.length > MOST_RULES) return undefined;
    for (const one of some) found.add(one);
  }
  return found.size > MOST_RULES ? undefined : [...found];
}

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
function warnShadowed({ rules }: Policy): readonly Diagnostic[] {
  const index = new OverlapIndex<PolicyRule>();
  const found: Diagnostic[] = [];
  for (const rule of rules) {
    if (!isVerdict(rule)) continue;
    const holding = holdingAll(rule, index);
    if (holding.length > 0) {
      const earlier = list(holding.map(({ id }) => id));
      const related = holding.slice(0, 8).map(({ span }) => ({ span, message: "this decides before it" }));
      const hold = holding.length === 1 ? "holds" : "hold";
      found.push(codes.neverDecides({ earlier, hold }, { span: rule.span, related }));
    }
    for (const { cube } of rule.cubes) index.insert(cube, rule);
  }
  return found;
}

/** Earlier rules that together hold all flows of a rule: one, or a few. Empty if there are none, or the budget ends. */
function holdingAll(rule: PolicyRule, index: OverlapIndex<PolicyRule>): readonly PolicyRule[] {
  const [first, ...others] = rule.cubes;
  if (first === undefined) return [];
  const lasts = (one: PolicyRule): boolean => contains(one.interval, rule.interval);
  const isIn = (one: PolicyRule, of: PolicyRule["cubes"][number]): boolean =>
    one.cubes.some(({ cube }) => cubeSubset(of.cube, cube));
  const single = index
    .someContaining(COMPARISONS, first.cube)
    .find((one) => lasts(one) && others.every((other) => isIn(one, other)));
  if (single !== undefined) return [single];
  const before = fewOverlapping(index, rule);
  if (before === undefined) return [];
  const lasting = before.filter(lasts);
  const together = { cubes: lasting.flatMap((one) => flowsOf(one).cubes) };
  return lasting.length > 0 && subset(flowsOf(rule), together, SUBSET_STEPS) === true ? lasting : [];
}

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
