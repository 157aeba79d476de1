/**
 * FML policies → plans: all rules are checked and planned, which gives auxiliary rules for the Datalog engine. Once the
 * engine holds the facts, `evaluate-policies.ts` turns every planned rule into cubes.
 */
import * as codes from "../../diagnostics/codes/model.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { actionElsewhere } from "../../diagnostics/elsewhere.ts";
import type { Rule } from "../../datalog/types.ts";
import { alternatives, excessOf, MOST_CONDITIONS, solveEqualities, WrittenOut } from "../clauses.ts";
import { excessive, oversized } from "../run-faults.ts";
import type { Group } from "./emptiness.ts";
import type { Effect } from "../../model/model.ts";
import { literalOf } from "../rules.ts";
import type { BodyExpr, Name, RuleExpr, RuleHead, WrittenStatement } from "../../syntax/ast.ts";
import { fieldOf } from "../../syntax/flows.ts";
import { choices, type OrPart } from "./dead-alternatives.ts";
import { readAlternative, type Alternative } from "./alternative.ts";
import { withPositions } from "../attributes.ts";
import { checkRule, occurringOnce, type Known } from "../check.ts";
import { factorPlan, type FactorPlan } from "./factor-plan.ts";
import { Inliner, type RulesByRelation } from "../predicates.ts";
import { joinedViews } from "../views.ts";
import { append } from "../../net/lists.ts";

export type PolicyStatement = WrittenStatement & { readonly kind: "policy" };

/** A rule, checked and planned. */
export interface PlannedRule {
  readonly rule: RuleExpr;
  readonly effect: Effect;
  readonly alternatives: readonly PlannedAlternative[];
}

export interface PlannedAlternative {
  /** None where two constants in it differ. */
  readonly plan: FactorPlan | undefined;
  /** What it asks relations for. */
  readonly asked: readonly Group[];
  readonly parts: readonly OrPart[];
}

export interface PlannedPolicy {
  readonly policy: PolicyStatement;
  readonly rules: readonly PlannedRule[];
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
  readonly definitions: RulesByRelation;
  readonly inlinable: ReadonlySet<string>;
  readonly written = new WrittenOut();

  constructor(
    policies: readonly PolicyStatement[],
    definitions: RulesByRelation,
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
        const planned = this.planRule(policy, rule, known);
        if (planned) rules.push(planned);
      }
      this.planned.push({ policy, rules });
    }
  }

  /** One rule; undefined where it is at fault, which is reported. */
  planRule(policy: PolicyStatement, rule: RuleExpr, known: Known): PlannedRule | undefined {
    if (rule.label?.name.text === "") {
      this.report(codes.emptyName({ what: "a label" }, { span: rule.label.name.span }));
      return undefined;
    }
    const excess = oversized(rule);
    if (excess !== undefined) {
      this.report(excess);
      return undefined;
    }
    const effect = this.checkedEffect(policy, rule.head);
    if (effect === undefined) return undefined;
    const positional = rule.head.kind === "verdict" ? rule.head.positional : undefined;
    const written = withPositions(positional, rule.body, rule.span);
    const faults = checkRule(rule, written, known);
    for (const fault of faults) this.report(fault);
    if (faults.some(({ severity }) => severity === "error")) return undefined;
    const planned = this.plansOf(rule, written ?? { kind: "true", span: rule.span });
    return planned && { rule, effect, alternatives: planned };
  }

  /** What the rule does to flows, if its policy may hold such a rule. */
  checkedEffect(policy: PolicyStatement, head: RuleHead): Effect | undefined {
    const { span } = head;
    if (head.kind === "atom") {
      this.report(notOfPolicy(head.relation));
      return undefined;
    }
    const effect = effectOf(head);
    if (policy.guard && effect.kind !== "deny") {
      const related = [{ span: policy.name.span, message: "the guard" }];
      this.report(codes.guardOnlyDenies({}, { span, related }));
      return undefined;
    }
    if (effect.kind === "reserve" && effect.rate === 0) {
      this.report(codes.zeroReservation({}, { span, help: "the least rate is `1b`" }));
      return undefined;
    }
    return effect;
  }

  /** A plan for each alternative of the body, predicates and joined views written out. */
  plansOf(rule: RuleExpr, written: BodyExpr): readonly PlannedAlternative[] | undefined {
    // Said already.
    if (this.written.isSpent) return undefined;
    const inliner = new Inliner(this.definitions, MOST_CONDITIONS);
    let body = inliner.expand(written, (atom) => this.predicates.has(atom.relation.text));
    for (;;) {
      const views = joinedViews(body, this.inlinable);
      if (views.size === 0 || inliner.left < 0) break;
      body = inliner.expand(body, (atom) => views.has(atom));
    }
    const excess =
      inliner.left < 0
        ? { of: "conditions" as const, limit: MOST_CONDITIONS }
        : (excessOf(body) ?? this.written.take(body) ?? this.written.takeInlined(MOST_CONDITIONS - inliner.left));
    if (excess?.of === "conditions") {
      this.report(excessive(excess, rule));
      return undefined;
    }
    for (const fault of inliner.diagnostics) this.report(fault);
    if (excess !== undefined) {
      this.report(excessive(excess, rule));
      return undefined;
    }
    if (inliner.diagnostics.length > 0) return undefined;
    const once = occurringOnce(rule, body);
    const planned: PlannedAlternative[] = [];
    const own = new Set(partsIn(written));
    const known = new Map<BodyExpr, OrPart>();
    const partOf = (made: BodyExpr): OrPart => {
      const from = inliner.origins.get(made) ?? made;
      const part = known.get(made) ?? { span: from.span, isOwn: own.has(from) };
      known.set(made, part);
      return part;
    };
    const chosen = choices(body);
    let failed = false;
    for (const [at, clauses] of alternatives(body).entries()) {
      const solved = solveEqualities(clauses).clauses;
      this.addShadow(solved, rule);
      const read = readAlternative(solved, once, this.report);
      if (read === undefined) {
        failed = true;
        continue;
      }
      const parts = chosen[at]!.map(partOf);
      if (read === "never") {
        planned.push({ plan: undefined, asked: [], parts });
        continue;
      }
      const plan = factorPlan(read, `$${this.rules.length}`);
      append(this.rules, plan.rules);
      planned.push({ plan, asked: groups(read), parts });
    }
    return failed ? undefined : planned;
  }

  /** Arity and sorts are the engine's to check; attributes stand there as relations of one column. */
  addShadow(clauses: ReturnType<typeof solveEqualities>["clauses"], rule: RuleExpr): void {
    const atoms = clauses.filter((c) => c.kind === "atom");
    const body = atoms.map((c) => ({ ...literalOf(c, () => undefined), negated: false }));
    const relation = "$rule"; // one name for all: nothing depends on it
    this.shadows.push({ head: { relation, terms: [{ kind: "constant", value: 1 }] }, body, span: rule.span });
  }
}

/** The parts of each `or` of a body. */
function* partsIn(body: BodyExpr): Generator<BodyExpr> {
  if (body.kind === "not") yield* partsIn(body.body);
  if (body.kind !== "and" && body.kind !== "or") return;
  for (const part of body.parts) {
    if (body.kind === "or") yield part;
    yield* partsIn(part);
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

/** What stands in a policy and is no verdict: a word of another language for one, a condition cut off, or a relation. */
function notOfPolicy({ text, span }: Name): Diagnostic {
  const action = actionElsewhere(text);
  if (action !== undefined) {
    const fix = { title: `write \`${action}\``, span, text: action };
    return codes.factInPolicy(
      { name: text },
      { span, help: `what \`${text}\` says elsewhere is \`${action}\` here`, fix },
    );
  }
  const help =
    fieldOf(text) === undefined
      ? "write the rules of a relation outside the policy"
      : `\`${text}\` is a field, which a rule asks for behind \`<=\``;
  return codes.factInPolicy({ name: text }, { span, help });
}
