/** FML: trees → rules. Here names become variables, values and conditions on fields; safety is the model's to check. */
import type {
  ArgumentTree,
  BodyTree,
  ComparisonTree,
  HeadTree,
  LabelTree,
  LiteralTree,
  RuleTree,
  ValueTree,
} from "#grammar/tree.ts";
import type { AggregateFunction } from "../datalog/types.ts";
import { bareWord } from "../diagnostics/bare-words.ts";
import * as codes from "../diagnostics/codes/syntax.ts";
import { correction, suggest } from "../diagnostics/suggest.ts";
import { DOMAINS } from "../flowgroup/fields.ts";
import { join, type Span } from "../source.ts";
import { rate } from "./amounts.ts";
import type { BodyExpr, Label, Name, RuleExpr, RuleHead, Operator, TermExpr } from "./ast.ts";
import { during, refuseZero } from "./commands.ts";
import { type Context, spanOf, spanOfTree, textOf } from "./context.ts";
import { checkDomain, fieldHelp, fieldOf } from "./flows.ts";
import { isVariable, name, unquote, value } from "./values.ts";

/** A rule with its label, which the caller has read. */
export function rule(context: Context, tree: RuleTree, labelled?: LabelTree): RuleExpr {
  const { head: headTree, body: bodyTree, span: time } = tree.children;
  const own = spanOfTree(context, tree);
  return {
    ...(labelled && { label: label(context, labelled) }),
    head: head(context, headTree[0]),
    ...(bodyTree && { body: body(context, bodyTree[0]) }),
    ...during(context, time[0]),
    span: labelled ? join(spanOfTree(context, labelled), own) : own,
  };
}

/** `@call "weekly sync"` */
export function label(context: Context, tree: LabelTree): Label {
  const { name: word, note } = tree.children;
  return { name: name(context, word[0]), ...(note && { note: unquote(context, note[0]) }) };
}

/** The attributes of the eight positions that FML gives a verdict: Us, Hs, As, Ud, Hd, Ad, Prot, Req. */
export const POSITIONS = [
  "srcUser",
  "srcHost",
  "srcAP",
  "dstUser",
  "dstHost",
  "dstAP",
  "transport",
  "direction",
] as const;

function head(context: Context, tree: HeadTree): RuleHead {
  const span = spanOfTree(context, tree);
  const { verdict, arguments: given, rated, rate: amount, routed, node, relation } = tree.children;
  const terms = given?.[0].children.argument.map((one) => term(context, one, relation !== undefined));
  if (verdict) {
    const word = verdict[0].image as "allow" | "deny" | "pass";
    if (terms && terms.length !== POSITIONS.length) {
      context.diagnostics.push(
        codes.positionalArity(
          { verdict: word, count: terms.length },
          {
            span,
            help: `they are ${POSITIONS.slice(0, -1).join(", ")} and ${POSITIONS.at(-1)}; \`_\` is any`,
          },
        ),
      );
    }
    return { kind: "verdict", verdict: word, ...(terms && { positional: terms }), span };
  }
  if (rated) {
    const bits = rate(context, amount![0], "rate", "is refused");
    const kind = rated[0].children.Reserve ? "reserve" : "limit";
    if (kind === "limit") refuseZero(context, bits, "deny");
    return { kind, rate: bits, span };
  }
  if (routed) {
    const nodes = node!.map((token) => name(context, token));
    return { kind: routed[0].children.Waypoint ? "waypoint" : "avoid", nodes, span };
  }
  return { kind: "atom", relation: name(context, relation![0]), terms: terms ?? [], span };
}

// ---------------------------------------------------------------- terms

const aggregates = Object.keys({ min: true, max: true, sum: true, count: true } satisfies Record<
  AggregateFunction,
  true
>);

function term(context: Context, tree: ArgumentTree, inHead: boolean): TermExpr {
  const span = spanOfTree(context, tree);
  const { function: called, variable, value: given } = tree.children;
  if (given) return valueTerm(context, given[0]);
  const word = called![0].image;
  if (!inHead) {
    context.diagnostics.push(
      codes.strayAggregate({ name: word }, { span, help: "terms of a condition are variables and values" }),
    );
  } else if (!aggregates.includes(word)) {
    const meant = suggest(word, aggregates);
    const at = spanOf(context, called![0]);
    context.diagnostics.push(
      codes.unknownAggregate(
        { name: word },
        meant === undefined
          ? { span: at, help: `the aggregates are ${aggregates.slice(0, -1).join(", ")} and ${aggregates.at(-1)}` }
          : {
              span: at,
              ...correction(meant, at),
            },
      ),
    );
  }
  return { kind: "aggregate", function: word as AggregateFunction, variable: variable![0].image, span };
}

function valueTerm(context: Context, tree: ValueTree): TermExpr {
  const given = value(context, tree, "rule");
  if (given.kind === "name" && isVariable(given.name)) {
    const { text, span } = given.name;
    return text === "_" ? { kind: "anonymous", span } : { kind: "variable", name: text, span };
  }
  return { kind: "value", value: given, span: given.span };
}

// ---------------------------------------------------------------- conditions

function body(context: Context, tree: BodyTree): BodyExpr {
  const parts = tree.children.conjunction.map((conjunction) => {
    const literals = conjunction.children.literal.map((one) => literal(context, one));
    return combine("and", literals, spanOfTree(context, conjunction));
  });
  return combine("or", parts, spanOfTree(context, tree));
}

/** One part stays itself; parts of the same kind are one list, so that `a, (b, c)` is `a, b, c`. */
function combine(kind: "and" | "or", parts: readonly BodyExpr[], span: Span): BodyExpr {
  const flat = parts.flatMap((one) => (one.kind === kind ? one.parts : [one]));
  return flat.length === 1 ? flat[0]! : { kind, parts: flat, span };
}

function literal(context: Context, tree: LiteralTree): BodyExpr {
  const span = spanOfTree(context, tree);
  const { not, literal: negated, body: inner, relation, arguments: given, comparison: compared } = tree.children;
  if (not) return { kind: "not", body: literal(context, negated![0]), span };
  if (inner) return body(context, inner[0]);
  if (relation) {
    const terms = given![0].children.argument.map((one) => term(context, one, false));
    return { kind: "atom", relation: name(context, relation[0]), terms, span };
  }
  return comparison(context, compared![0], span);
}

function comparison(context: Context, tree: ComparisonTree, span: Span): BodyExpr {
  const left = valueTerm(context, tree.children.left[0]);
  const named = left.kind === "value" && left.value.kind === "name" ? left.value.name : undefined;
  if (!tree.children.operator) return bare(context, left, named, span);
  const operator = tree.children.operator[0].image as "in" | Operator;
  const right = tree.children.right![0];
  const field = named && !named.quoted ? fieldOf(named.text) : undefined;
  if (field === undefined) {
    if (operator === "in") {
      const written = named ?? { text: textOf(left.span), quoted: true, span: left.span };
      context.diagnostics.push(
        codes.notAField({ name: written.text }, { span: left.span, ...(named && fieldHelp(named)) }),
      );
      return { kind: "true", span };
    }
    return compare(context, left, operator, valueTerm(context, right), span);
  }
  if (operator !== "in" && operator !== "=" && operator !== "!=")
    return ordered(context, named!, operator, right, span);
  const given = value(context, right, "rule");
  if (given.kind === "name" && isVariable(given.name)) {
    if (operator === "in") {
      const { text, span: at } = given.name;
      context.diagnostics.push(
        codes.variableInSet({ name: text }, { span: at, help: `write \`${named!.text}(${text})\`` }),
      );
    }
    // `dstPort = P` says the same as `dstPort(P)`.
    const variable = valueTerm(context, right);
    const atom: BodyExpr = { kind: "atom", relation: named!, terms: [variable], span };
    return operator === "!=" ? { kind: "not", other: true, body: atom, span } : atom;
  }
  checkDomain(context, field, given);
  const held: BodyExpr = { kind: "in", field: named!, value: given, span };
  return operator === "!=" ? { kind: "not", other: true, body: held, span } : held;
}

/** A condition without operator: `true`, or a relation without terms. */
function bare(context: Context, left: TermExpr, named: Name | undefined, span: Span): BodyExpr {
  if (named === undefined) {
    const word = left.kind === "variable" ? bareWord(left.name, span, "rule") : undefined;
    const help = left.kind === "variable" ? "a variable stands for a value; say of which relation" : undefined;
    context.diagnostics.push(codes.noCondition({ text: textOf(span) }, { span, ...(word ?? { help }) }));
    return { kind: "true", span };
  }
  if (named.text === "true" && !named.quoted) return { kind: "true", span };
  return { kind: "atom", relation: named, terms: [], span };
}

function compare(context: Context, left: TermExpr, operator: Operator, right: TermExpr, span: Span): BodyExpr {
  const composite = [left, right].find(
    (one) => one.kind === "value" && (one.value.kind === "set" || one.value.kind === "range"),
  );
  if (composite !== undefined || (left.kind === "value" && right.kind === "value")) {
    const word = left.kind === "value" && left.value.kind === "name" ? left.value.name : undefined;
    context.diagnostics.push(
      codes.noCondition({ text: textOf(span) }, { span, ...(word && !word.quoted && fieldHelp(word)) }),
    );
  }
  return { kind: "compare", operator, left, right, span };
}

/** `dstPort >= 1024` is refused with the range that says it. */
function ordered(context: Context, field: Name, operator: string, right: ValueTree, span: Span): BodyExpr {
  const domain = DOMAINS[fieldOf(field.text)!];
  const bound = value(context, right, "rule");
  let text: string | undefined;
  if (domain.kind === "number" && bound.kind === "number") {
    const low = operator === ">=" ? bound.value : operator === ">" ? bound.value + 1 : 0;
    const high = operator === "<=" ? bound.value : operator === "<" ? bound.value - 1 : domain.max;
    if (low <= high && high <= domain.max && low >= 0) text = `${field.text} in ${low}-${high}`;
  }
  context.diagnostics.push(
    codes.fieldOrder(
      { operator },
      {
        span,
        ...(text !== undefined && { help: `write \`${text}\``, fix: { title: `write \`${text}\``, span, text } }),
      },
    ),
  );
  return { kind: "true", span };
}
