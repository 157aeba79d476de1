/**
 * FML policies → a program in two steps: `PolicyProgram` checks and plans all rules, which gives auxiliary rules for the
 * Datalog engine; once the engine holds the facts, `evaluate` turns every rule into cubes.
 */
import * as codes from "../../diagnostics/codes/model.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Engine } from "../../datalog/index.ts";
import type { Rule } from "../../datalog/types.ts";
import { isEmpty } from "../../flowgroup/index.ts";
import { alternatives, MOST_ALTERNATIVES, solveEqualities } from "../clauses.ts";
import type { Group } from "./emptiness.ts";
import type { DerivedCube, Effect, Policy, PolicyRule } from "../../model/model.ts";
import { literalOf } from "../rules.ts";
import { textOf } from "../../model/flows.ts";
import { nodes } from "../../model/nodes.ts";
import { interval, type KeptEnds } from "../../model/times.ts";
import type { Names } from "../../model/values.ts";
import { printRule } from "../../syntax/print.ts";
import type { BodyExpr, RuleExpr, RuleHead, Statement } from "../../syntax/ast.ts";
import { readAlternative, type Alternative } from "./alternative.ts";
import { withPositions } from "../attributes.ts";
import { checkRule, occurringOnce, type Known } from "../check.ts";
import { Constraints } from "./constraints.ts";
import { contradiction, evaluate, fixedFlows } from "./evaluate.ts";
import { mergeDerived } from "./merge.ts";
import { plan, type Plan } from "./plan.ts";
import { Inliner, type Definitions } from "../predicates.ts";
import { joinedViews } from "../views.ts";

export type PolicyStatement = Statement & { readonly kind: "policy" };

interface PlannedRule {
  readonly rule: RuleExpr;
  readonly effect: Effect;
  readonly plans: readonly Plan[];
  /** What the rule asks relations for. */
  readonly asked: readonly Group[];
}

interface PlannedPolicy {
  readonly policy: PolicyStatement;
  readonly rules: readonly PlannedRule[];
}

/** What policies are evaluated against. */
export interface Setting {
  readonly engine: Engine;
  readonly names: Names;
  readonly now: number;
  readonly kept?: KeptEnds | undefined;
  /** Takes what rules are for that have ended. */
  readonly past: Set<Effect["kind"]>;
  /** Says what the emptiness of a relation means for a rule with this effect (W803, E804). */
  readonly emptiness: (rule: RuleExpr, effect: Effect, asked: readonly Group[], holdsNothing: boolean) => void;
}

/** All policies of the files, checked and planned. */
export class PolicyProgram {
  readonly planned: PlannedPolicy[] = [];
  /** Auxiliary rules for the engine. */
  readonly rules: Rule[] = [];
  /** The policies' bodies as rules without attributes' meaning, for the engine's checks of arity and sort. */
  readonly shadows: Rule[] = [];
  readonly report: (diagnostic: Diagnostic) => void;
  readonly predicates: ReadonlySet<string>;
  readonly definitions: Definitions;
  readonly inlinable: ReadonlySet<string>;

  constructor(
    policies: readonly PolicyStatement[],
    definitions: Definitions,
    predicates: ReadonlySet<string>,
    inlinable: ReadonlySet<string>,
    known: Known,
    report: (diagnostic: Diagnostic) => void,
  ) {
    this.definitions = definitions;
    this.predicates = predicates;
    this.inlinable = inlinable;
    this.report = report;
    for (const policy of policies) {
      const rules: PlannedRule[] = [];
      for (const rule of policy.rules) {
        const planned = this.rule(policy, rule, known);
        if (planned) rules.push(planned);
      }
      this.planned.push({ policy, rules });
    }
  }

  rule(policy: PolicyStatement, rule: RuleExpr, known: Known): PlannedRule | undefined {
    const effect = this.effect(policy, rule.head);
    if (effect === undefined) return undefined;
    const positional = rule.head.kind === "verdict" ? rule.head.positional : undefined;
    const written = withPositions(positional, rule.body, rule.span);
    const faults = checkRule(rule, written, known);
    for (const fault of faults) this.report(fault);
    if (faults.length > 0) return undefined;
    const plans = this.plans(rule, written ?? { kind: "true", span: rule.span });
    return plans && { rule, effect, ...plans };
  }

  effect(policy: PolicyStatement, head: RuleHead): Effect | undefined {
    const { span } = head;
    if (head.kind === "atom") {
      this.report(codes.factInPolicy({ name: head.relation.text }, { span }));
      return undefined;
    }
    const effect = effectOf(head);
    if (policy.guard && effect.kind !== "deny") {
      const related = [{ span: policy.name.span, message: "the guard" }];
      this.report(codes.guardOnlyDenies({}, { span, related }));
      return undefined;
    }
    if (effect.kind === "reserve" && effect.rate === 0) {
      this.report(codes.zeroReservation({}, { span }));
      return undefined;
    }
    return effect;
  }

  plans(rule: RuleExpr, written: BodyExpr): Pick<PlannedRule, "plans" | "asked"> | undefined {
    const inliner = new Inliner(this.definitions);
    let body = inliner.expand(written, (atom) => this.predicates.has(atom.relation.text));
    for (;;) {
      const views = joinedViews(body, this.inlinable);
      if (views.size === 0) break;
      body = inliner.expand(body, (atom) => views.has(atom));
    }
    const split = alternatives(body);
    for (const fault of inliner.diagnostics) this.report(fault);
    if (split === undefined) {
      this.report(codes.tooManyAlternatives({ limit: MOST_ALTERNATIVES }, { span: rule.span }));
      return undefined;
    }
    if (inliner.diagnostics.length > 0) return undefined;
    const once = occurringOnce(rule, body);
    const plans: Plan[] = [];
    const asked: Group[] = [];
    let failed = false;
    for (const clauses of split) {
      const solved = solveEqualities(clauses).clauses;
      this.shadow(solved, rule);
      const read = readAlternative(solved, once, this.report);
      if (read === undefined) {
        failed = true;
        continue;
      }
      for (const one of read) {
        asked.push(...groups(one));
        const made = plan(one, `$${this.rules.length}`);
        this.rules.push(...made.rules);
        plans.push(made);
      }
    }
    return failed ? undefined : { plans, asked };
  }

  /** Arity and sorts are the engine's to check; attributes stand there as relations of one column. */
  shadow(clauses: ReturnType<typeof solveEqualities>["clauses"], rule: RuleExpr): void {
    const atoms = clauses.filter((c) => c.kind === "atom");
    const body = atoms.map((c) => ({ ...literalOf(c, () => undefined), negated: false }));
    const relation = "$rule"; // one name for all: nothing depends on it
    this.shadows.push({ head: { relation, terms: [{ kind: "constant", value: 1 }] }, body, span: rule.span });
  }

  /** The policies with the cubes of their rules. */
  evaluate(setting: Setting): Policy[] {
    return this.planned.map(({ policy, rules }) => ({
      name: policy.name.text,
      share: policy.share?.text ?? "rootShare",
      speaker: policy.speaker?.text ?? "root",
      guard: policy.guard,
      ordered: policy.ordered,
      rules: distinct(
        rules.flatMap((planned) => evaluateRule(policy, planned, setting, this.report) ?? []),
        this.report,
      ),
      span: policy.span,
    }));
  }
}

/** The literals of an alternative as selections. */
function groups({ literals }: Alternative): Group[] {
  const atoms = literals.map(({ literal }) => ({ ...literal.atom, negated: literal.negated }));
  return atoms
    .filter(({ relation }) => !isOperator(relation))
    .map(({ relation, terms, negated }) => ({
      relation,
      pattern: terms.map((t) => (t.kind === "constant" ? t.value : undefined)),
      selects: terms.some((t) => t.kind === "variable"),
      negated,
    }));
}

const isOperator = (relation: string): boolean => /^\W/.test(relation);

function effectOf(head: Exclude<RuleHead, { kind: "atom" }>): Effect {
  switch (head.kind) {
    case "verdict":
      return { kind: head.verdict };
    case "limit":
    case "reserve":
      return { kind: head.kind, rate: head.rate.bits };
    case "waypoint":
    case "avoid":
      return { kind: head.kind, nodes: head.nodes.map(({ text }) => text) };
  }
}

/** Why a rule can never match: two conditions that exclude each other, if it is they. */
function neverMatches(rule: RuleExpr, plans: readonly Plan[], names: Names): Diagnostic {
  const [first] = plans;
  const pair = first && contradiction(first, names);
  if (pair === undefined) return codes.neverMatches({}, { span: rule.span });
  const [one, other] = pair;
  const code = one.field === other.field ? codes.disjoint : codes.missingPrerequisite;
  const related = [{ span: one.span, message: "the other condition" }];
  return code({ one: textOf(one.span), other: textOf(other.span) }, { span: other.span, related });
}

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

function evaluateRule(
  policy: PolicyStatement,
  { rule, effect, plans, asked }: PlannedRule,
  setting: Setting,
  report: (diagnostic: Diagnostic) => void,
): PolicyRule | undefined {
  const label = rule.label?.name.text;
  const idOf = (text: string): string => `${policy.name.text}.${label ?? text}`;
  const kept = (): number | undefined => setting.kept?.get(idOf(printRule(rule)));
  const time = interval(rule, setting.now, false, rule.span, report, kept);
  if (time.ended) {
    setting.past.add(effect.kind);
    return undefined;
  }
  const { head } = rule;
  // Only now the directory is known, of which they must be.
  if ((head.kind === "waypoint" || head.kind === "avoid") && !nodes(head.kind, head.nodes, setting.names))
    return undefined;
  const constraints = new Constraints(setting.names, rule.span);
  const cubes: DerivedCube[] = [];
  let impossible = true;
  for (const one of plans) {
    const fixed = fixedFlows(one, setting.names);
    if (fixed === undefined) return undefined;
    if (isEmpty(fixed)) continue;
    impossible = false;
    cubes.push(...evaluate(one, fixed, setting.engine, constraints));
  }
  if (impossible) {
    report(neverMatches(rule, plans, setting.names));
    return undefined;
  }
  setting.emptiness(rule, effect, asked, cubes.length === 0);
  reportHomeless(rule, effect, constraints, report);
  const text = printRule(rule);
  return {
    id: idOf(text),
    ...(label !== undefined && { label }),
    text,
    effect,
    cubes: mergeDerived(cubes),
    interval: time.interval,
    ...(time.counted && { counted: time.counted }),
    span: rule.span,
  };
}

function reportHomeless(
  rule: RuleExpr,
  effect: Effect,
  { homeless }: Constraints,
  report: Setting["names"]["report"],
): void {
  if (homeless.size === 0) return;
  const sorted = [...homeless].toSorted();
  const names =
    sorted
      .slice(0, 3)
      .map((n) => `\`${n}\``)
      .join(", ") + (sorted.length > 3 ? ", …" : "");
  const hosts = sorted.length === 1 ? "1 host that it names has" : `${sorted.length} hosts that it names have`;
  const help = "state `host_ip` or `host_mac` for them";
  report(codes.nobodyThere({ hosts, effect: effect.kind, names }, { span: rule.span, help }));
}
