/**
 * AST → the sense of a statement: a text that stays the same while the statement is unchanged (SEMANTICS, "Files"). It
 * is the canonical text with terms, conditions and values of sets in one order, and without a start that is the default
 * anyway; and with it the definitions of all names that it uses, however indirectly. So a flowgroup or a relation that
 * is defined anew makes another statement of each that names it. Facts are no part: they say how the world is.
 */
import { printRate } from "../net/index.ts";
import type { BodyExpr, FlowExpr, RequestExpr, RuleExpr, TimeExpr, ValueExpr } from "./ast.ts";
import { printName, printTime, printValue } from "./print-flows.ts";
import { printBody, printRule } from "./print-rule.ts";

/** Plain data that is written as JSON. */
type Sense = string | boolean | undefined | readonly Sense[];

/** Request → its sense. `definition`: name of a flowgroup → its definition. */
export function requestSenses(definition: (name: string) => FlowExpr | undefined): (request: RequestExpr) => string {
  const definitionsOf = closures((name, note) => {
    const meant = definition(name);
    return meant && flowSense(meant, note);
  });
  return ({ action, flows, rate, nodes, bothWays, mode, share, from, to }) => {
    const names = new Set<string>();
    const what = [action, rate && printRate(rate.bits), nodes?.map(printName), bothWays, mode, share.text];
    const sense = [...what, during(from, to), flowSense(flows, (name) => void names.add(name))];
    return JSON.stringify([sense, definitionsOf(names)]);
  };
}

/** A policy's rule → its sense. `definition`: name of a relation → its rules, none for facts alone. */
export function ruleSenses(definition: (relation: string) => readonly RuleExpr[]): (rule: RuleExpr) => string {
  const definitionsOf = closures((name, note) => inOrder(definition(name).map((one) => ruleSense(one, note))));
  return (rule) => {
    const names = new Set<string>();
    const sense = ruleSense(rule, (name) => void names.add(name));
    return JSON.stringify([sense, definitionsOf(names)]);
  };
}

/**
 * Names → the senses of all that they stand for, however indirectly, as text. `define` gives the sense of one name and
 * notes the names in it. Each is made once, since thousands of statements may use the same names.
 */
function closures(
  define: (name: string, note: (name: string) => void) => Sense,
): (names: ReadonlySet<string>) => string {
  const defined = new Map<string, { readonly sense: Sense; readonly names: ReadonlySet<string> }>();
  const defineOnce = (name: string): { readonly sense: Sense; readonly names: ReadonlySet<string> } => {
    const names = new Set<string>();
    const sense = define(name, (one) => void names.add(one));
    defined.set(name, { sense, names });
    return { sense, names };
  };
  const texts = new Map<string, string>();
  return (names) => {
    const key = JSON.stringify([...names].toSorted());
    const known = texts.get(key);
    if (known !== undefined) return known;
    // A set hands out what is added to it while it is walked.
    const all = new Set(names);
    const senses: Sense[] = [];
    for (const name of all) {
      const { sense, names: more } = defined.get(name) ?? defineOnce(name);
      senses.push([name, sense]);
      for (const one of more) all.add(one);
    }
    const text = JSON.stringify(inOrder(senses));
    texts.set(key, text);
    return text;
  };
}

/** Terms joined by `and` and by `or` have no order, and so have the values of a set. */
function flowSense(flows: FlowExpr, note: (name: string) => void): Sense {
  switch (flows.kind) {
    case "all":
      return "*";
    case "terms":
      return [
        "and",
        ...inOrder(
          flows.terms.map((term): Sense => {
            if (term.kind === "field") return [term.field, term.negated, valueSense(term.value)];
            note(term.name.text);
            return [term.name.text];
          }),
        ),
      ];
    case "and":
    case "or":
      return [flows.kind, ...inOrder([flowSense(flows.left, note), flowSense(flows.right, note)])];
    case "except":
      return [flows.kind, flowSense(flows.left, note), flowSense(flows.right, note)];
  }
}

const valueSense = (value: ValueExpr): Sense =>
  value.kind === "set" ? inOrder(value.values.map(valueSense)) : printValue(value);

function ruleSense({ from, to, body, ...rule }: RuleExpr, note: (relation: string) => void): Sense {
  return [printRule(rule), during(from, to), body && bodySense(body, note)];
}

function bodySense(body: BodyExpr, note: (relation: string) => void): Sense {
  switch (body.kind) {
    case "and":
    case "or":
      return [body.kind, ...inOrder(body.parts.map((one) => bodySense(one, note)))];
    case "not":
      return [body.kind, bodySense(body.body, note)];
    case "in":
      return [body.kind, body.field.text, valueSense(body.value)];
    case "atom":
      note(body.relation.text);
      return printBody(body);
    case "compare":
    case "true":
      return printBody(body);
  }
}

/** What begins now begins by default. */
function during(from: TimeExpr | undefined, to: TimeExpr | undefined): Sense {
  return [from === undefined || from.kind === "now" ? undefined : printTime(from), to && printTime(to)];
}

const inOrder = (senses: readonly Sense[]): readonly Sense[] =>
  senses
    .map((one) => [JSON.stringify(one), one] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([, one]) => one);
