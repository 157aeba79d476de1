/** Planned policies over the facts that the engine holds → the policies of the model, every rule as cubes. */
import * as codes from "../../diagnostics/codes/model.ts";
import type { Flowgroup } from "../../flowgroup/cube.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Engine } from "../../datalog/index.ts";
import { isEmpty } from "../../flowgroup/index.ts";
import { suggest } from "../../diagnostics/suggest.ts";
import { textOnOneLine } from "../../model/flows.ts";
import { isSlip } from "../../model/lone-hosts.ts";
import type { DerivedCube, Effect, Policy, PolicyRule } from "../../model/model.ts";
import { nodes } from "../../model/nodes.ts";
import { interval, type KeptTimes } from "../../model/times.ts";
import type { Names } from "../../model/values.ts";
import type { RuleExpr } from "../../syntax/ast.ts";
import { printRule } from "../../syntax/print.ts";
import type { FixedCondition } from "./condition.ts";
import { ConstraintBuilder } from "./constraints.ts";
import { deadParts, faultOfPart } from "./dead-alternatives.ts";
import type { Emptiness } from "./emptiness.ts";
import { evaluate, reasonsFor } from "./evaluate.ts";
import type { FactorPlan } from "./factor-plan.ts";
import { deadLists, excludingConditions, fixedFlows, vainExceptions } from "./fixed-flows.ts";
import { capped } from "./because.ts";
import { mergeDerived } from "./merge.ts";
import type { PlannedAlternative, PlannedPolicy, PlannedRule, PolicyStatement } from "./plan-policies.ts";
import { printInstant } from "../../net/index.ts";
import { append } from "../../net/lists.ts";
import { join } from "../../source.ts";

/** What policies are evaluated against. */
export interface EvaluationInput {
  readonly report: (diagnostic: Diagnostic) => void;
  readonly engine: Engine;
  readonly names: Names;
  readonly now: number;
  readonly kept?: KeptTimes | undefined;
  /** The sense of a rule (`compiler/syntax/sense.ts`). */
  readonly senseOf: (rule: RuleExpr) => string;
  /** Takes what rules are for that have ended. */
  readonly past: Set<Effect["kind"]>;
  /** Says what the emptiness of a relation means for a rule with this effect (W803, E804). */
  readonly emptiness: Emptiness["check"];
}

/** The policies with the cubes of their rules. */
export function evaluatePolicies(planned: readonly PlannedPolicy[], setting: EvaluationInput): Policy[] {
  return planned.map(({ policy, rules }) => ({
    name: policy.name.text,
    share: policy.share?.text ?? "rootShare",
    speaker: policy.speaker?.text ?? "root",
    guard: policy.guard,
    ordered: policy.ordered,
    rules: distinct(
      rules.flatMap((one) => evaluateRule(policy, one, setting) ?? []),
      setting.report,
    ),
    span: policy.span,
  }));
}

/** One rule as cubes; undefined where it has ended, or where nothing can match it. */
function evaluateRule(
  policy: PolicyStatement,
  { rule, effect, alternatives: planned }: PlannedRule,
  setting: EvaluationInput,
): PolicyRule | undefined {
  const { report } = setting;
  const label = rule.label?.name.text;
  const idOf = (text: string): string => `${policy.name.text}.${label ?? text}`;
  const clock = { now: setting.now, kept: setting.kept, asWritten: false };
  const time = interval(rule, clock, rule.span, report, () => keyOf(policy, rule, setting.senseOf));
  if (time.ended) {
    setting.past.add(effect.kind);
    return undefined;
  }
  const { start, end } = time.interval;
  if (end <= start) {
    const words = { start: printInstant(start), end: printInstant(end) };
    report(codes.lastsNowhere(words, { span: join(rule.from?.span ?? rule.span, rule.to?.span ?? rule.span) }));
    return undefined;
  }
  const { head } = rule;
  // Only now the directory is known, of which they must be.
  if ((head.kind === "waypoint" || head.kind === "avoid") && !nodes(head.kind, head.nodes, setting.names, true))
    return undefined;
  const constraints = new ConstraintBuilder(setting.names, rule.span);
  const cubes: DerivedCube[] = [];
  const alternatives: { readonly plan: FactorPlan; readonly fixed: Flowgroup }[] = [];
  const plans = planned.flatMap(({ plan }) => plan ?? []);
  const [live, empty, impossible]: PlannedAlternative[][] = [[], [], []];
  for (const one of planned) {
    const { plan } = one;
    const fixed = plan && fixedFlows(plan, setting.names);
    if (plan !== undefined && fixed === undefined) return undefined;
    if (plan === undefined || fixed === undefined || isEmpty(fixed)) {
      impossible!.push(one);
      continue;
    }
    alternatives.push({ plan, fixed });
    const held = evaluate(plan, fixed, setting.engine, constraints);
    (held.length > 0 ? live! : empty!).push(one);
    append(cubes, held);
  }
  if (alternatives.length === 0) {
    report(neverMatches(rule, plans, setting.names));
    return undefined;
  }
  for (const [part, { plan }] of deadParts(live!.concat(empty!), impossible!)) {
    const fault = faultOfPart(part, plan, setting.names, conditionText);
    if (fault !== undefined) report(fault);
  }
  for (const warning of deadLists(rule.span, alternatives, setting.names)) report(warning);
  for (const warning of vainExceptions(rule.span, plans, setting.names)) report(warning);
  // Hosts without an address say why it holds nothing, and that it is to stay; so does a value that the field cannot have.
  const asked = planned.flatMap((one) => one.asked);
  const vain =
    constraints.homeless.size > 0 || constraints.isFaulty
      ? []
      : cubes.length === 0
        ? [{ span: rule.span, asked, isWhole: true }]
        : [...deadParts(live!, empty!)].flatMap(([{ span, isOwn }, one]) =>
            isOwn ? [{ span, asked: one.asked, isWhole: false }] : [],
          );
  setting.emptiness(rule, effect, asked, vain);
  reportHomeless(rule, effect, constraints.homeless, "hold them", setting);
  reportHomeless(rule, effect, constraints.notLeftOut, "leave them out", setting);
  const text = printRule(rule);
  return {
    id: idOf(text),
    ...(label !== undefined && { label }),
    text,
    effect,
    cubes: mergeDerived(cubes),
    becauseOf(held) {
      const quiet = new ConstraintBuilder({ ...setting.names, report: () => undefined }, rule.span);
      return capped(alternatives.flatMap(({ plan, fixed }) => reasonsFor(plan, fixed, setting.engine, quiet, held)));
    },
    interval: time.interval,
    ...(time.counted && { counted: time.counted }),
    span: rule.span,
  };
}

/** What is the same for two rules iff one is the other, unchanged. */
function keyOf(
  { name, share, speaker, guard, ordered }: PolicyStatement,
  rule: RuleExpr,
  senseOf: EvaluationInput["senseOf"],
): string {
  const policy = [name.text, share?.text ?? "rootShare", speaker?.text ?? "root", guard, ordered];
  return JSON.stringify(["rule", policy, rule.label?.name.text, senseOf(rule)]);
}

/** Why a rule can never match: two conditions that exclude each other, if it is they. */
function neverMatches(rule: RuleExpr, plans: readonly FactorPlan[], names: Names): Diagnostic {
  const [first] = plans;
  const pair = first && excludingConditions(first, names);
  if (pair === undefined) return codes.neverMatches({ what: "this rule" }, { span: rule.span });
  const [one, other] = pair;
  const code = one.field === other.field ? codes.disjoint : codes.missingPrerequisite;
  const related = [{ span: one.span, message: "the other condition" }];
  return code({ one: conditionText(one), other: conditionText(other) }, { span: other.span, related });
}

/** A condition as written. Its place is that of the positive condition; a `not` may stand far before it. */
const conditionText = ({ span, negation }: FixedCondition): string =>
  `${negation === "complement" ? "not " : ""}${textOnOneLine(span)}`;

/** More hosts are counted. */
const MOST_NAMED = 3;

/** Reports hosts that a rule selects, or leaves out, and that have no address: no packet can be theirs. */
function reportHomeless(
  rule: RuleExpr,
  effect: Effect,
  homeless: ReadonlySet<string>,
  verb: string,
  setting: EvaluationInput,
): void {
  if (homeless.size === 0) return;
  const sorted = [...homeless].toSorted();
  const names =
    sorted
      .slice(0, MOST_NAMED)
      .map((n) => `\`${n}\``)
      .join(", ") + (sorted.length > MOST_NAMED ? ", …" : "");
  const hosts = sorted.length === 1 ? "1 host that it names has" : `${sorted.length} hosts that it names have`;
  const users = sorted.filter((name) => namesUser(name, setting.names));
  const help =
    users.length === sorted.length
      ? "as users they stand in `srcUser` and `dstUser`, not in `srcHost` and `dstHost`"
      : (nearHosts(sorted, setting.names) ?? "state `host_ip` or `host_mac` for them");
  setting.report(codes.nobodyThere({ hosts, effect: effect.kind, verb, names }, { span: rule.span, help }));
}

/** Beside more hosts nothing is guessed: every rule may name some without an address. */
const MOST_COMPARED = 200;

/** What a few of them may be slips for: hosts that have an address. */
function nearHosts(names: readonly string[], { hosts }: Names): string | undefined {
  if (hosts.size > MOST_COMPARED) return undefined;
  const known = [...hosts.values()].filter(({ addresses, macs }) => addresses.length + macs.length > 0);
  const near = (name: string): string | undefined =>
    suggest(
      name,
      known.map((host) => host.name).filter((other) => isSlip(name, other)),
    );
  const meant = [...new Set(names.slice(0, MOST_NAMED).flatMap((name) => near(name) ?? []))];
  return meant.length === 0 ? undefined : `did you mean ${meant.map((name) => `\`${name}\``).join(", ")}?`;
}

/** Whether a name is that of a user, and of no host that facts say anything of. */
const namesUser = (name: string, { users, hosts }: Names): boolean => users.has(name) && !hosts.has(name);

/** Every rule with an identity of its own: a label stands once, and a repeated text gets a number behind it. */
function distinct(rules: readonly PolicyRule[], report: (diagnostic: Diagnostic) => void): PolicyRule[] {
  const first = new Map<string, PolicyRule>();
  return rules.map((rule) => {
    const earlier = first.get(rule.id);
    if (earlier === undefined) {
      first.set(rule.id, rule);
      return rule;
    }
    const related = [{ span: earlier.span, message: "used first here" }];
    if (rule.label !== undefined) report(codes.duplicateLabel({ name: rule.label }, { span: rule.span, related }));
    let id = rule.id;
    for (let n = 2; first.has(id); n++) id = `${rule.id} #${n}`;
    first.set(id, rule);
    return { ...rule, id };
  });
}
