/**
 * The obviously right twin of policy evaluation: a rule holds a flow iff some assignment of its variables, tried one by
 * one over a tiny universe, makes its body true. Relations are saturated naively. Nothing here is factored or symbolic.
 */
import type { Constant, Tuple } from "../../../datalog/types.ts";
import type { Flow } from "../../../flowgroup/cube.ts";
import { constantOf } from "../../../model/constants.ts";
import { TRANSPORTS } from "../../../model/protocols.ts";
import { printIp } from "../../../net/index.ts";
import type { BodyExpr, RuleExpr, TermExpr, ValueExpr } from "../../../syntax/ast.ts";
import { attributeOf } from "../../attributes.ts";
import { fieldOf } from "../../../syntax/flows.ts";

type Environment = ReadonlyMap<string, Constant>;

/** Everything that a variable may be. */
export interface Universe {
  readonly values: (variable: string) => readonly Constant[];
  /** Names of hosts by their only address. */
  readonly hosts: ReadonlyMap<string, string>;
}

export class Ground {
  readonly universe: Universe;
  readonly rules: ReadonlyMap<string, readonly RuleExpr[]>;
  readonly facts = new Map<string, Map<string, Tuple>>();

  constructor(
    universe: Universe,
    rules: readonly RuleExpr[],
    predicates: ReadonlySet<string>,
    strata: readonly string[],
  ) {
    this.universe = universe;
    this.rules = Map.groupBy(rules, (r) => (r.head.kind === "atom" ? r.head.relation.text : ""));
    for (const name of strata) if (!predicates.has(name)) this.saturate(name);
  }

  /** Adds what follows until nothing does. Relations come in an order in which negation is already complete. */
  saturate(name: string): void {
    for (let before = -1; before !== this.count();) {
      before = this.count();
      for (const rule of this.rules.get(name) ?? []) {
        if (rule.head.kind !== "atom") continue;
        for (const environment of this.assignments(variablesOf(rule), new Map())) {
          if (rule.body && !this.holds(rule.body, environment, {})) continue;
          const tuple = rule.head.terms.map((t) => valueOf(t, environment)!);
          const facts = this.facts.get(name) ?? new Map<string, Tuple>();
          facts.set(tuple.join(), tuple);
          this.facts.set(name, facts);
        }
      }
    }
  }

  count(): number {
    return [...this.facts.values()].reduce((sum, facts) => sum + facts.size, 0);
  }

  /** Does some rule's body hold for the flow? */
  matches(rule: RuleExpr, flow: Flow): boolean {
    for (const environment of this.assignments(variablesOf(rule), new Map())) {
      if (rule.body === undefined || this.holds(rule.body, environment, flow)) return true;
    }
    return false;
  }

  *assignments(variables: readonly string[], known: Environment): Generator<Environment> {
    const [first, ...rest] = variables;
    if (first === undefined) yield known;
    else
      for (const value of this.universe.values(first)) yield* this.assignments(rest, new Map(known).set(first, value));
  }

  holds(body: BodyExpr, known: Environment, flow: Flow): boolean {
    switch (body.kind) {
      case "true":
        return true;
      case "and":
        return body.parts.every((part) => this.holds(part, known, flow));
      case "or":
        return body.parts.some((part) => this.holds(part, known, flow));
      case "not":
        return !this.holds(body.body, known, flow);
      case "in":
        return this.member(body.field.text, body.value, known, flow);
      case "compare":
        return compare(body.operator, valueOf(body.left, known), valueOf(body.right, known));
      case "atom":
        return this.atom(body, known, flow);
    }
  }

  member(name: string, value: ValueExpr, known: Environment, flow: Flow): boolean {
    const field = fieldOf(name);
    const own = field === undefined ? known.get(name) : this.constant(flow, field);
    return own !== undefined && within(own, value);
  }

  /** The value of a field as a constant of rules: hosts by name, transports by number. */
  constant(flow: Flow, field: keyof Flow): Constant | undefined {
    const value = flow[field];
    if (typeof value !== "object") return value;
    const text = printIp(value);
    return this.universe.hosts.get(text) ?? text;
  }

  atom(atom: Extract<BodyExpr, { kind: "atom" }>, known: Environment, flow: Flow): boolean {
    const name = atom.relation.text;
    const terms = atom.terms.map((t) => valueOf(t, known));
    const field = attributeOf(atom.relation, atom.terms);
    if (field !== undefined) {
      const own = this.constant(flow, field);
      return own !== undefined && (terms[0] === undefined || same(own, terms[0]));
    }
    if (this.facts.has(name)) {
      return [...this.facts.get(name)!.values()].some((t) =>
        t.every((v, i) => terms[i] === undefined || same(v, terms[i])),
      );
    }
    // A flow predicate: its head's variables are the terms, the others are tried.
    return (this.rules.get(name) ?? []).some((rule) => {
      if (rule.head.kind !== "atom") return false;
      const formal = rule.head.terms;
      for (const environment of this.assignments(variablesOf(rule), new Map())) {
        const fits = formal.every((t, i) => terms[i] === undefined || valueOf(t, environment) === terms[i]);
        if (fits && (rule.body === undefined || this.holds(rule.body, environment, flow))) return true;
      }
      return false;
    });
  }
}

const same = (a: Constant, b: Constant): boolean => a === b || TRANSPORTS.get(String(b)) === a;

function within(own: Constant, value: ValueExpr): boolean {
  if (value.kind === "set") return value.values.some((one) => within(own, one));
  if (value.kind === "range") return own >= constantOf(value.low)! && own <= constantOf(value.high)!;
  return same(own, constantOf(value)!);
}

function compare(operator: string, a: Constant | undefined, b: Constant | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  if (operator === "=") return a === b;
  if (operator === "!=") return a !== b;
  if (typeof a !== typeof b) return false;
  return operator === "<" ? a < b : operator === "<=" ? a <= b : operator === ">" ? a > b : a >= b;
}

/** `undefined` stands for anything: `_`, and a variable that occurs once, under `not`. */
function valueOf(term: TermExpr, known: Environment): Constant | undefined {
  if (term.kind === "value") return constantOf(term.value);
  return term.kind === "variable" ? known.get(term.name) : undefined;
}

/** The variables that an assignment gives a value: all but those that begin with `_`. */
function variablesOf(rule: RuleExpr): string[] {
  const found = new Set<string>();
  const visit = (body: BodyExpr): void => {
    if (body.kind === "and" || body.kind === "or") for (const part of body.parts) visit(part);
    else if (body.kind === "not") visit(body.body);
    else if (body.kind === "atom") for (const t of body.terms) if (t.kind === "variable") found.add(t.name);
    if (body.kind === "compare") {
      for (const t of [body.left, body.right]) if (t.kind === "variable") found.add(t.name);
    }
    if (body.kind === "in" && fieldOf(body.field.text) === undefined) found.add(body.field.text);
  };
  if (rule.head.kind === "atom") for (const t of rule.head.terms) if (t.kind === "variable") found.add(t.name);
  if (rule.body) visit(rule.body);
  return [...found].filter((name) => !name.startsWith("_"));
}
