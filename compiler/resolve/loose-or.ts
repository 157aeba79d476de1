/**
 * What an `or` makes of a statement that its author did not mean → a warning. `dstHost(web), dstPort = 80 or dstPort = 443`
 * is two alternatives, and the second holds for every host; `dstPort != 80 or dstPort != 443` holds for every port. Both
 * parse, and a deny denies more than it says, or an allow lets more through (LANGUAGE, "FML rules").
 */
import * as codes from "../diagnostics/codes/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { attributeOf } from "../fml/attributes.ts";
import { textOnOneLine } from "../model/flows.ts";
import { join, type Span } from "../source.ts";
import type { BodyExpr, FlowExpr, RequestExpr, RuleExpr, TermExpr, ValueExpr } from "../syntax/ast.ts";
import { fieldOf } from "../syntax/flows.ts";
import { printValue } from "../syntax/print-flows.ts";
import { printBody } from "../syntax/print-rule.ts";
import type { Sorted } from "./sort-statements.ts";

/** One condition of an alternative. */
interface Condition {
  readonly span: Span;
  /** What it is about: a field, the same for source and destination, or the variables of a relation. */
  readonly about: string | undefined;
  readonly isOfField: boolean;
  /** Its text as it decides whether two conditions are the same. */
  readonly text: string;
  /** Of a condition that leaves values out: of what, and which. */
  readonly leavesOut?: { readonly of: string; readonly values: readonly string[] };
}

interface Alternative {
  readonly conditions: readonly Condition[];
  readonly span: Span;
  /** It stands in parentheses of its own: its author knows where it ends. */
  readonly isClosed: boolean;
  readonly hasExcept: boolean;
}

/** Longer alternatives are not compared with others: nobody reads them as one condition. */
const MOST = 12;

/** The warnings for all statements. */
export function* looseOr({ commands, flowgroups, rules, policies }: Sorted): Generator<Diagnostic> {
  const requests: RequestExpr[] = [];
  for (const { statement } of commands) {
    const { command } = statement;
    if ("flows" in command) yield* inFlows(command.flows);
    if (command.kind === "request") requests.push(command);
  }
  for (const { flows } of flowgroups) yield* inFlows(flows);
  for (const { body } of [...rules, ...policies.flatMap((one) => one.rules)]) if (body) yield* inBody(body);
  yield* ofRequests(requests);
  for (const one of policies) yield* ofPolicy(one.rules);
}

// ---------------------------------------------------------------- alternatives

function* inBody(body: BodyExpr): Generator<Diagnostic> {
  if (body.kind === "not") yield* inBody(body.body);
  if (body.kind !== "and" && body.kind !== "or") return;
  for (const part of body.parts) yield* inBody(part);
  if (body.kind === "or") yield* judge(body.parts.map(alternativeOf), "rule");
}

function alternativeOf(part: BodyExpr): Alternative {
  const { span } = part;
  const parts = part.kind === "and" ? part.parts : [part];
  const [first, last] = [parts[0]!.span, parts.at(-1)!.span];
  const isClosed = part.kind !== "and" || (span.start < first.start && span.end > last.end);
  return { conditions: parts.map(conditionOf), span, isClosed: parts.length > 1 && isClosed, hasExcept: false };
}

function conditionOf(part: BodyExpr): Condition {
  let literal = part;
  let isNegated = false;
  for (; literal.kind === "not"; literal = literal.body) isNegated = !isNegated;
  const { span } = part;
  const base = { span, text: printBody(part), about: undefined, isOfField: false };
  const leaves = (of: string, value: ValueExpr | undefined): Pick<Condition, "leavesOut"> =>
    isNegated && value !== undefined ? leftOut(of, value) : {};
  switch (literal.kind) {
    case "in": {
      const field = fieldOf(literal.field.text) ?? literal.field.text;
      return { ...base, about: sideless(field), isOfField: true, ...leaves(field, literal.value) };
    }
    case "atom": {
      const field = attributeOf(literal.relation, literal.terms);
      const [term] = literal.terms;
      if (field !== undefined)
        return { ...base, about: sideless(field), isOfField: true, ...leaves(field, valueOf(term)) };
      const variables = literal.terms.flatMap((one) => (one.kind === "variable" ? [one.name] : []));
      return variables.length === 0 ? base : { ...base, about: `of ${variables.join(" ")}` };
    }
    case "compare": {
      const { left, right, operator } = literal;
      if (left.kind !== "variable") return base;
      const about = `of ${left.name}`;
      const value = valueOf(right);
      const isOut = (operator === "!=") !== isNegated && (operator === "!=" || operator === "=");
      return { ...base, about, ...(isOut && value !== undefined && leftOut(about, value)) };
    }
    case "and":
    case "or":
    case "true":
      return base;
  }
}

const valueOf = (term: TermExpr | undefined): ValueExpr | undefined =>
  term?.kind === "value" ? term.value : undefined;

/** Only values that stand alone or in a set: of ranges and blocks it would have to be seen whether they meet. */
function leftOut(of: string, value: ValueExpr): Pick<Condition, "leavesOut"> {
  const all = value.kind === "set" ? value.values : [value];
  const isPlain = all.every(({ kind }) => kind === all[0]!.kind && SINGLE.has(kind));
  const values = all.map((one) => (one.kind === "name" ? one.name.text : printValue(one)));
  return isPlain ? { leavesOut: { of: `${all[0]!.kind} ${of}`, values } } : {};
}
const SINGLE: ReadonlySet<ValueExpr["kind"]> = new Set(["number", "name", "ip", "mac"]);

const sideless = (field: string): string => field.replace(/^(?:src|dst)(?=[A-Z])/, "").toLowerCase();

// ---------------------------------------------------------------- flowgroups

function* inFlows(flows: FlowExpr): Generator<Diagnostic> {
  const operands: FlowExpr[] = [];
  const open: FlowExpr[] = [flows];
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    if (one.kind === "or") open.push(one.right, one.left);
    else {
      operands.push(one);
      if (one.kind === "and" || one.kind === "except") {
        yield* inFlows(one.left);
        yield* inFlows(one.right);
      }
    }
  }
  if (operands.length > 1) yield* judge(operands.map(alternativeOfFlows), "flows");
}

function alternativeOfFlows(flows: FlowExpr): Alternative {
  const { span } = flows;
  if (flows.kind === "terms") {
    const { terms } = flows;
    return { conditions: terms.map(termOf), span, isClosed: terms.length > 1, hasExcept: false };
  }
  const basics: FlowExpr[] = [];
  let hasExcept = false;
  let first: FlowExpr = flows;
  while (first.kind === "and" || first.kind === "except") {
    hasExcept ||= first.kind === "except";
    basics.push(first.right);
    const left: FlowExpr = first.left;
    // What stands in parentheses begins behind them.
    if (left.span.start > first.span.start && first !== flows) break;
    first = left;
  }
  basics.push(first);
  const isClosed = flows.kind === "all" || flows.kind === "or" || flows.left.span.start > span.start;
  const conditions = basics.toReversed().map(basicOf);
  return { conditions, span, isClosed: basics.length > 1 && isClosed, hasExcept };
}

/** One list in parentheses, of which none knows what it is about where it has several terms. */
function basicOf(flows: FlowExpr): Condition {
  if (flows.kind === "terms" && flows.terms.length === 1) return { ...termOf(flows.terms[0]!), span: flows.span };
  return { span: flows.span, text: textOnOneLine(flows.span), about: undefined, isOfField: false };
}

function termOf(term: Terms[number]): Condition {
  const base = { span: term.span, text: textOnOneLine(term.span), about: undefined, isOfField: false };
  if (term.kind !== "field") return base;
  const { field, negated, value } = term;
  return { ...base, about: sideless(field), isOfField: true, ...(negated && leftOut(field, value)) };
}

type Terms = Extract<FlowExpr, { kind: "terms" }>["terms"];

// ---------------------------------------------------------------- judgement

function* judge(alternatives: readonly Alternative[], where: "rule" | "flows"): Generator<Diagnostic> {
  for (let at = 1; at < alternatives.length; at++) {
    const [one, other] = [alternatives[at - 1]!, alternatives[at]!];
    if (isLoose(one, other)) yield looseWarning(one, other, where);
  }
  yield* wholes(alternatives, where);
}

/** What shows of some transports alone: `transport(icmp) or transport(tcp), dstPort = 80` can be meant in one way only. */
const OF_TRANSPORT: ReadonlySet<string> = new Set(["port", "icmptype", "icmpcode"]);

/** Whether the conditions beside an `or` are of one kind, and the alternatives are not: then the `or` may be meant of these alone. */
function isLoose(one: Alternative, other: Alternative): boolean {
  const [last, first] = [one.conditions.at(-1)!, other.conditions[0]!];
  if (one.isClosed || other.isClosed || last.about === undefined || last.about !== first.about) return false;
  const counts = new Map<string, number>();
  for (const [{ conditions }, sign] of [[one, 1] as const, [other, -1] as const])
    for (const { about, isOfField, text } of conditions)
      if ((isOfField || about === undefined) && !(last.about === "transport" && OF_TRANSPORT.has(about ?? "")))
        counts.set(about ?? text, (counts.get(about ?? text) ?? 0) + sign);
  return one.hasExcept !== other.hasExcept || [...counts.values()].some((count) => count !== 0);
}

function looseWarning(one: Alternative, other: Alternative, where: "rule" | "flows"): Diagnostic {
  const last = one.conditions.at(-1)!.span;
  // A flowgroup of one term is shown with its parentheses.
  const first = where === "flows" && other.conditions.length === 1 ? other.span : other.conditions[0]!.span;
  const [a, b] = [last, first].map((span) => {
    const text = textOnOneLine(span);
    return where === "rule" || text.startsWith("(") ? text : `(${text})`;
  }) as [string, string];
  const words = { one: textOnOneLine(one.span), other: textOnOneLine(other.span) };
  const help = `if the \`or\` is between these two alone, write \`(${a} or ${b})\`; if not, parentheses around the longer alternative say so`;
  return codes.looseAlternative(words, { span: join(last, first), help });
}

/** Of alternatives that are alike but for what each leaves out, the values together are all that there are. */
function* wholes(alternatives: readonly Alternative[], where: "rule" | "flows" | "statements"): Generator<Diagnostic> {
  const known = new Map<string, Condition>();
  for (const { conditions } of alternatives) {
    if (conditions.length > MOST) continue;
    for (const one of conditions) {
      if (one.leavesOut === undefined) continue;
      const rest = conditions.flatMap((other) => (other === one ? [] : [other.text])).toSorted();
      const key = JSON.stringify([one.leavesOut.of, rest]);
      const before = known.get(key);
      if (before === undefined) known.set(key, one);
      else if (!one.leavesOut.values.some((value) => isAmong(value, before.leavesOut!.values))) {
        yield wholeWarning(before, one, where);
        return;
      }
    }
  }
}

/** `TCP` and `tcp` are one. */
const isAmong = (value: string, values: readonly string[]): boolean =>
  values.some((one) => one.toLowerCase() === value.toLowerCase());

function wholeWarning(before: Condition, one: Condition, where: "rule" | "flows" | "statements"): Diagnostic {
  const words = { one: textOnOneLine(before.span), other: textOnOneLine(one.span) };
  const related = [{ span: before.span, message: "this holds what the other leaves out" }];
  const all = [...before.leavesOut!.values, ...one.leavesOut!.values].join(", ");
  const help =
    where === "flows"
      ? `to leave both out, write one condition: \`!={${all}}\``
      : where === "statements"
        ? "to leave both out, write one statement that has both conditions"
        : `to leave both out, write a comma between them: \`${words.one}, ${words.other}\``;
  return codes.leavesNothingOut(words, { span: one.span, related, help });
}

/** Rules of one policy that decide alike are alternatives, too. */
function* ofPolicy(rules: readonly RuleExpr[]): Generator<Diagnostic> {
  const alike = new Map<string, Alternative[]>();
  for (const { head, body, from, to } of rules) {
    if (head.kind !== "verdict" || head.positional !== undefined || body === undefined || from || to) continue;
    if (body.kind === "or") continue;
    const found = alike.get(head.verdict);
    if (found) found.push(alternativeOf(body));
    else alike.set(head.verdict, [alternativeOf(body)]);
  }
  for (const one of alike.values()) yield* wholes(one, "statements");
}

/** And so are allows, or denies, on one share. */
function* ofRequests(requests: Iterable<RequestExpr>): Generator<Diagnostic> {
  const alike = new Map<string, Alternative[]>();
  for (const { action, flows, share, bothWays, from, to } of requests) {
    if ((action !== "allow" && action !== "deny") || flows.kind === "or" || bothWays || from || to) continue;
    const key = `${action} ${share.text}`;
    const found = alike.get(key);
    if (found) found.push(alternativeOfFlows(flows));
    else alike.set(key, [alternativeOfFlows(flows)]);
  }
  for (const one of alike.values()) yield* wholes(one, "statements");
}
