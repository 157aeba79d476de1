/**
 * AST → the sense of a statement: a text by which an unchanged statement is recognized in a later version of a file
 * (SEMANTICS, "Files"). It is the canonical text with terms, conditions and values of sets sorted, and without a start
 * of `now`, which is the default. The definitions of all names that the statement uses, directly or not, are part of
 * it: a flowgroup or relation that is defined anew changes the statements that use it. Facts are no part of it, since
 * they describe the network and not what a statement asks for.
 */
import { printRate } from "../net/index.ts";
import type { BodyExpr, FlowExpr, RequestExpr, RuleExpr, TimeExpr, ValueExpr } from "./ast.ts";
import { printName, printTime, printValue } from "./print-flows.ts";
import { printBody, printRule } from "./print-rule.ts";

/** Data that has a JSON text. */
type Sense = string | boolean | undefined | readonly Sense[];

/** A function from a request to its sense. `definition`: the name of a flowgroup → its definition. */
export function requestSenses(definition: (name: string) => FlowExpr | undefined): (request: RequestExpr) => string {
  const definitionsOf = closures((name, note) => {
    const defined = definition(name);
    return defined && flowSense(defined, note);
  });
  return ({ action, flows, rate, nodes, bothWays, mode, share, from, to }) => {
    const names = new Set<string>();
    const what = [action, rate && printRate(rate.bits), nodes?.map(printName), bothWays, mode, share.text];
    const sense = [...what, timeSense(from, to), flowSense(flows, (name) => void names.add(name))];
    return JSON.stringify([sense, definitionsOf(names)]);
  };
}

/** A function from a policy's rule to its sense. `definition`: the name of a relation → its rules; facts have none. */
export function ruleSenses(definition: (relation: string) => readonly RuleExpr[]): (rule: RuleExpr) => string {
  const definitionsOf = closures((name, note) => sorted(definition(name).map((one) => ruleSense(one, note))));
  return (rule) => {
    const names = new Set<string>();
    const sense = ruleSense(rule, (name) => void names.add(name));
    return JSON.stringify([sense, definitionsOf(names)]);
  };
}

/**
 * A function from names to the senses of their definitions and of all names that these use, directly or not, as one
 * text. `define` gives the sense of one name, and notes the names in its definition. Senses and texts are memoized,
 * since thousands of statements may use the same names.
 */
function closures(
  define: (name: string, note: (name: string) => void) => Sense,
): (names: ReadonlySet<string>) => string {
  const definitions = new Map<string, { readonly sense: Sense; readonly names: ReadonlySet<string> }>();
  const defineOnce = (name: string): { readonly sense: Sense; readonly names: ReadonlySet<string> } => {
    const names = new Set<string>();
    const sense = define(name, (one) => void names.add(one));
    definitions.set(name, { sense, names });
    return { sense, names };
  };
  const texts = new Map<string, string>();
  return (names) => {
    const key = JSON.stringify([...names].toSorted());
    const known = texts.get(key);
    if (known !== undefined) return known;
    // The loop also visits names that it adds to the set.
    const all = new Set(names);
    const senses: Sense[] = [];
    for (const name of all) {
      const { sense, names: more } = definitions.get(name) ?? defineOnce(name);
      senses.push([name, sense]);
      for (const one of more) all.add(one);
    }
    const text = JSON.stringify(sorted(senses));
    texts.set(key, text);
    return text;
  };
}

/** The order of terms joined by `and` or `or` is irrelevant, as is that of a set's values, so they are sorted. */
function flowSense(flows: FlowExpr, note: (name: string) => void): Sense {
  switch (flows.kind) {
    case "all":
      return "*";
    case "terms":
      return [
        "and",
        ...sorted(
          flows.terms.map((term): Sense => {
            if (term.kind === "field") return [term.field, term.negated, valueSense(term.value)];
            note(term.name.text);
            return [term.name.text];
          }),
        ),
      ];
    case "and":
    case "or":
      return [flows.kind, ...sorted([flowSense(flows.left, note), flowSense(flows.right, note)])];
    case "except":
      return [flows.kind, flowSense(flows.left, note), flowSense(flows.right, note)];
  }
}

const valueSense = (value: ValueExpr): Sense =>
  value.kind === "set" ? sorted(value.values.map(valueSense)) : printValue(value);

function ruleSense({ from, to, body, ...rule }: RuleExpr, note: (relation: string) => void): Sense {
  return [printRule(rule), timeSense(from, to), body && bodySense(body, note)];
}

function bodySense(body: BodyExpr, note: (relation: string) => void): Sense {
  switch (body.kind) {
    case "and":
    case "or":
      return [body.kind, ...sorted(body.parts.map((one) => bodySense(one, note)))];
    case "not":
      return [body.other ? "other" : body.kind, bodySense(body.body, note)];
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

/** The start and the end; a start of `now` counts as none, since it is the default. */
function timeSense(from: TimeExpr | undefined, to: TimeExpr | undefined): Sense {
  return [from === undefined || from.kind === "now" ? undefined : printTime(from), to && printTime(to)];
}

const sorted = (senses: readonly Sense[]): readonly Sense[] =>
  senses
    .map((one) => [JSON.stringify(one), one] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([, one]) => one);
