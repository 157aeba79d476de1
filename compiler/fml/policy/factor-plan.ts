/**
 * One alternative of a policy rule → a plan that factors instead of multiplying (LANGUAGE, "Factor, do not multiply").
 *
 * The finite literals form a graph whose nodes are variables. A small set of *join variables* is chosen such that, once
 * their values are fixed, the rest falls into *parts* with at most one flow attribute each. Each part becomes an auxiliary
 * Datalog relation `part(join…, value)`, the join variables themselves become one more, and the rule's flows are the
 * union, over the join's tuples, of products of sets: n + m values for two groups, never n · m pairs.
 */
import type { Literal, Rule, Term } from "../../datalog/types.ts";
import type { Field } from "../../flowgroup/fields.ts";
import type { Operator } from "../../syntax/ast.ts";
import type { Alternative, AttributeLiteral, FiniteLiteral } from "./alternative.ts";
import { componentsOf, separate } from "./components.ts";
import type { FixedCondition } from "./condition.ts";
import { append } from "../../net/lists.ts";

/** A finite variable that one attribute selects by: the flow's field is one of the part's values. */
export interface FactorPart {
  readonly relation: string;
  /** Join variables that the part depends on, the leading terms of its relation. */
  readonly given: readonly string[];
  /** The attribute whose values the last term lists; absent: the part is only a condition. */
  readonly field?: Field;
  /** The last term lists what the field must *not* be: a variable that only an attribute binds, under `not`. */
  readonly excluded: boolean;
  readonly literals: readonly FiniteLiteral[];
  readonly variable?: string;
}

/** A join variable that is the value of a field itself, or that a field is compared with. */
export interface Tied {
  readonly variable: string;
  readonly field: Field;
  readonly operator: Operator;
  /** Under `not`, a packet without the field is meant too. */
  readonly orAbsent: boolean;
}

/** How an alternative is evaluated. */
export interface FactorPlan {
  readonly fixed: readonly FixedCondition[];
  readonly present: readonly Field[];
  readonly absent: readonly Field[];
  /** The relation of the join variables; absent when there is nothing to join and nothing to test. */
  readonly join?: { readonly relation: string; readonly variables: readonly string[] };
  readonly guard: readonly FiniteLiteral[];
  readonly parts: readonly FactorPart[];
  readonly tied: readonly Tied[];
  /** The auxiliary rules, for the engine. */
  readonly rules: readonly Rule[];
}

/** Plans a checked alternative. `name` makes the auxiliary relations unique. */
export function factorPlan(alternative: Alternative, name: string): FactorPlan {
  const { literals, attributes, comparisons, fixed, present, absent } = alternative;
  const selectors = new Map<string, AttributeLiteral[]>();
  for (const attribute of attributes) {
    if (attribute.open) continue;
    selectors.set(attribute.variable, [...(selectors.get(attribute.variable) ?? []), attribute]);
  }
  const single = (variable: string): boolean => {
    const of = selectors.get(variable);
    return of?.length === 1 && !of[0]!.negated;
  };
  const openVariables = new Set(attributes.filter((a) => a.open).map((a) => a.variable));
  const finite = literals.filter((l) => !l.variables.some((v) => openVariables.has(v)));
  const underNot = literals.filter((l) => l.variables.some((v) => openVariables.has(v)));

  // Variables whose value must be known one at a time.
  const join = new Set<string>();
  for (const variable of selectors.keys()) if (!single(variable)) join.add(variable);
  for (const literal of underNot) for (const v of literal.variables) if (!openVariables.has(v)) join.add(v);
  for (const { variable } of comparisons) join.add(variable);
  separate(finite, [...selectors.keys()].filter(single), join);

  const joined = [...join].toSorted();
  const rules: Rule[] = [];
  const parts: FactorPart[] = [];
  const guard = finite.filter((l) => l.variables.every((v) => join.has(v)));
  for (const component of componentsOf(finite, join)) {
    const selector = component.variables.find((v) => selectors.has(v));
    const given = joined.filter((v) => component.literals.some((l) => l.variables.includes(v)));
    const relation = `${name}.${parts.length}`;
    const terms = [...given, ...(selector === undefined ? [] : [selector])];
    rules.push(
      auxiliary(relation, terms, [
        ...component.literals.map((l) => l.literal),
        ...binders(given, component.literals, finite),
      ]),
    );
    parts.push({
      relation,
      given,
      excluded: false,
      literals: component.literals,
      ...(selector !== undefined && { field: selectors.get(selector)![0]!.field, variable: selector }),
    });
  }
  for (const literal of underNot) {
    const variable = literal.variables.find((v) => openVariables.has(v))!;
    const given = joined.filter((v) => literal.variables.includes(v));
    const relation = `${name}.${parts.length}`;
    const { field } = attributes.find((a) => a.open && a.variable === variable)!;
    rules.push(auxiliary(relation, [...given, variable], [{ ...literal.literal, negated: false }]));
    parts.push({ relation, given, field, excluded: true, literals: [literal], variable });
  }

  const tied: Tied[] = [];
  for (const [variable, of] of selectors) {
    if (!join.has(variable)) continue;
    for (const a of of) {
      tied.push({ variable, field: a.field, operator: a.negated ? "!=" : "=", orAbsent: a.negated });
    }
  }
  append(
    tied,
    comparisons.map((c) => ({ ...c, orAbsent: false })),
  );

  const conditions = parts.filter((p) => !p.excluded);
  const needed = joined.length > 0 || guard.length > 0 || conditions.some((p) => p.field === undefined);
  const relation = `${name}.join`;
  if (needed) {
    const exist = conditions.map((p) => exists(p.relation, p.given, p.field !== undefined));
    rules.push(auxiliary(relation, joined, [...guard.map((l) => l.literal), ...exist]));
  }
  return {
    fixed,
    present,
    absent,
    ...(needed && { join: { relation, variables: joined } }),
    guard,
    parts,
    tied,
    rules,
  };
}

// ---------------------------------------------------------------- auxiliary rules

const variable = (name: string): Term => ({ kind: "variable", name });

/** A rule without variables in its head gets a constant, so that the relation has a column. */
const auxiliary = (relation: string, terms: readonly string[], body: readonly Literal[]): Rule => ({
  head: { relation, terms: terms.length > 0 ? terms.map(variable) : [{ kind: "constant", value: 1 }] },
  body,
});

const exists = (relation: string, given: readonly string[], selects: boolean): Literal => {
  const terms: Term[] = [...given.map(variable), ...(selects ? [{ kind: "anonymous" } as const] : [])];
  if (terms.length === 0) terms.push({ kind: "constant", value: 1 });
  return { negated: false, atom: { relation, terms } };
};

/** Join variables that a part only tests (`T != S`) need a literal that lists them: any positive one, projected. */
function binders(given: readonly string[], own: readonly FiniteLiteral[], all: readonly FiniteLiteral[]): Literal[] {
  const found: Literal[] = [];
  for (const name of given) {
    if (own.some((l) => l.binds && l.variables.includes(name))) continue;
    const { literal } = all.find((l) => l.binds && l.variables.includes(name))!;
    const terms = literal.atom.terms.map((t): Term =>
      t.kind === "variable" && t.name !== name ? { kind: "anonymous" } : t,
    );
    found.push({ negated: false, atom: { ...literal.atom, terms } });
  }
  return found;
}
