/**
 * The rules of one policy → warnings about those that say less than a reader thinks: a deny beside a `pass` of the same
 * flows, a rule of an `ordered` policy of which earlier rules hold everything, limits that look like alternatives
 * (SEMANTICS, "Policies").
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

/** At most this many earlier rules are looked at together. */
const MOST = 32;
/** The steps of one question. */
const BUDGET = 500;

/** `isLast`: no level of a cascade follows, to which `pass` would hand flows. */
export function silentRules(policy: Policy, isLast: boolean): readonly Diagnostic[] {
  return policy.ordered ? [...shadowed(policy), ...limitsInOrder(policy)] : passedDenies(policy, isLast);
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

/** Rules that meet one, each once. */
const meeting = (index: OverlapIndex<PolicyRule>, rule: PolicyRule): readonly PolicyRule[] => [
  ...new Set(rule.cubes.flatMap(({ cube }) => index.overlapping(cube, shareFlow))),
];

/** In a policy without an order `pass` takes its flows out of every rule, also of those that deny. */
function passedDenies({ rules }: Policy, isLast: boolean): readonly Diagnostic[] {
  const passes = rules.filter((rule) => kindOf(rule) === "pass");
  if (passes.length === 0) return [];
  const index = indexOf(passes);
  return rules.flatMap((rule) => {
    if (kindOf(rule) !== "deny") return [];
    const [pass, ...more] = meeting(index, rule).filter((one) => overlap(one.interval, rule.interval));
    if (pass === undefined) return [];
    const all = [pass, ...more].filter((one) => contains(one.interval, rule.interval)).slice(0, MOST);
    const isWhole = subset(flowsOf(rule), { cubes: all.flatMap((one) => flowsOf(one).cubes) }, BUDGET) === true;
    if (!isWhole && !isLast) return [];
    const code = isWhole ? codes.passesDenied : codes.passesSomeDenied;
    const related = [{ span: pass.span, message: "this passes them on" }];
    const help = "in an `ordered` policy the rule that is written first decides";
    return [code({ pass: pass.id }, { span: rule.span, related, help })];
  });
}

/** Rules of which earlier ones hold all flows, for all their time. */
function shadowed({ rules }: Policy): readonly Diagnostic[] {
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

/** Rules that hold all of one: a single one, or a few together; none where that is not so, or takes too long to say. */
function holdingAll(rule: PolicyRule, index: OverlapIndex<PolicyRule>): readonly PolicyRule[] {
  const [first, ...others] = rule.cubes;
  if (first === undefined) return [];
  const lasts = (one: PolicyRule): boolean => contains(one.interval, rule.interval);
  const isIn = (one: PolicyRule, of: PolicyRule["cubes"][number]): boolean =>
    one.cubes.some(({ cube }) => cubeSubset(of.cube, cube));
  const single = index
    .containing(first.cube)
    .slice(0, MOST)
    .find((one) => lasts(one) && others.every((other) => isIn(one, other)));
  if (single !== undefined) return [single];
  const before = meeting(index, rule);
  if (before.length > MOST) return [];
  const lasting = before.filter(lasts);
  const together = { cubes: lasting.flatMap((one) => flowsOf(one).cubes) };
  return lasting.length > 0 && subset(flowsOf(rule), together, BUDGET) === true ? lasting : [];
}

/** An `ordered` policy orders verdicts; of two limits a packet passes both. */
function limitsInOrder({ rules }: Policy): readonly Diagnostic[] {
  const index = new OverlapIndex<PolicyRule>();
  return rules.flatMap((rule) => {
    if (kindOf(rule) !== "limit") return [];
    const other = meeting(index, rule).find((one) => overlap(one.interval, rule.interval));
    for (const { cube } of rule.cubes) index.insert(cube, rule);
    if (other === undefined) return [];
    const related = [{ span: other.span, message: "the other limit" }];
    return [codes.limitsBoth({ other: other.id }, { span: rule.span, related })];
  });
}
