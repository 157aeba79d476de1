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

/** The sense of a request. `definition`: name of a flowgroup → its definition. */
export function senseOfRequest(
  { action, flows, rate, nodes, bothWays, mode, share, from, to }: RequestExpr,
  definition: (name: string) => FlowExpr | undefined,
): string {
  const what = [action, rate && printRate(rate.bits), nodes?.map(printName), bothWays, mode, share.text];
  const names = new Map<string, Sense>();
  const note = (name: string): void => {
    if (names.has(name)) return;
    names.set(name, "");
    const meant = definition(name);
    if (meant !== undefined) names.set(name, flowSense(meant, note));
  };
  return JSON.stringify([...what, during(from, to), flowSense(flows, note), sorted(names)]);
}

/** The sense of a policy's rule. `definition`: name of a relation → its rules, none for facts alone. */
export function senseOfRule(rule: RuleExpr, definition: (relation: string) => readonly RuleExpr[]): string {
  const names = new Map<string, Sense>();
  const note = (name: string): void => {
    if (names.has(name)) return;
    names.set(name, "");
    names.set(name, inOrder(definition(name).map((one) => ruleSense(one, note))));
  };
  return JSON.stringify([ruleSense(rule, note), sorted(names)]);
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

const sorted = (names: ReadonlyMap<string, Sense>): Sense => inOrder([...names].map(([name, sense]) => [name, sense]));
