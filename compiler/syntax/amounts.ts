/** Rates, amounts, durations and points in time: trees → AST. */
import { type IToken, Integer, Quantity } from "#grammar/tokens.ts";
import type { AmountTree, RateTree, TimeTree } from "#grammar/tree.ts";
import * as codes from "../diagnostics/codes/syntax.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { parseDuration, parseInstant, parseRate, readSeconds, readUnix } from "../net/index.ts";
import type { Span } from "../source.ts";
import type { RateExpr, TimeExpr } from "./ast.ts";
import { type Context, spanOf, spanOfTree } from "./context.ts";
import { integer, take } from "./values.ts";

const MEGABIT = 1_000_000;

/**
 * A rate or an amount of bits. The prototype's bare integers are megabits. Where a rate of zero is refused in any unit
 * (`zero`), one without a unit is zero too: a unit as advice would lead to that refusal.
 */
export function rate(
  context: Context,
  tree: RateTree,
  kind: "rate" | "amount" = "rate",
  zero?: "is refused",
): RateExpr {
  const span = spanOfTree(context, tree);
  const token = amountToken(tree.children.amount[0]);
  if (tree.children.Minus) {
    context.diagnostics.push(codes.negative({ kind }, { span }));
    return { bits: 0, span };
  }
  const text = token.image;
  if (token.tokenType === Quantity) {
    const bytes = /^(\d+(?:\.\d+)?)([kKMGT]?)B(?:ps|\/s)?$/.exec(text);
    const parsed = parseRate(text);
    if (!parsed.ok && bytes) {
      const fix = `${Number(bytes[1]) * 8}${bytes[2]}b`;
      return { bits: take(context, { ok: false, fault: parsed.fault, fix }, kind, span, 1), span };
    }
    return { bits: take(context, parsed, kind, span, 1), span };
  }
  if (context.dialect === "prototype" && token.tokenType === Integer) {
    return { bits: take(context, parseRate(`${text}Mb`), kind, span, 0), span };
  }
  if (zero !== undefined && Number(text) === 0) return { bits: 0, span };
  context.diagnostics.push(withoutUnit(kind, text, span));
  return { bits: MEGABIT, span };
}

/** A number of bits whose unit is not said. Which one is meant only the author knows, so none is offered as the fix. */
export function withoutUnit(kind: string, text: string, span: Span): Diagnostic {
  if (Number(text) === 0) return codes.unitless({ kind, text }, { span, help: "write `0b`" });
  const help = `write \`${text}b\`, \`${text}kb\`, \`${text}Mb\` or \`${text}Gb\``;
  return codes.unitless({ kind, text }, { span, help });
}

function amountToken(tree: AmountTree): IToken {
  const { Quantity: quantity, Integer: whole, Decimal: decimal } = tree.children;
  return (quantity ?? whole ?? decimal)![0];
}

/** A length of time in seconds; a bare number is one only in the prototype's traces and behind `Tick`. */
export function duration(context: Context, tree: AmountTree, bare: boolean = context.dialect === "prototype"): number {
  const token = amountToken(tree);
  const span = spanOf(context, token);
  if (token.tokenType === Quantity) return take(context, parseDuration(token.image), "duration", span, 0);
  if (token.tokenType === Integer && bare)
    return take(context, readSeconds(integer(context, token)), "duration", span, 0);
  context.diagnostics.push(
    codes.unitless(
      { kind: "duration", text: token.image },
      {
        span,
        help: `write \`${token.image}s\`, \`${token.image}min\` or \`${token.image}h\``,
      },
    ),
  );
  return 0;
}

/** A point in time. */
export function time(context: Context, tree: TimeTree): TimeExpr {
  const span = spanOfTree(context, tree);
  const { children } = tree;
  if (children.Now) return { kind: "now", span };
  if (children.Forever) return { kind: "forever", span };
  if (children.amount) {
    const seconds = duration(context, children.amount[0]);
    if (!children.Minus) return { kind: "relative", seconds, span };
    if (context.dialect !== "prototype") {
      context.diagnostics.push(codes.negative({ kind: "delay" }, { span, help: "a request cannot begin in the past" }));
    }
    return { kind: "relative", seconds: -seconds || 0, span };
  }
  if (children.Instant) {
    return { kind: "absolute", seconds: take(context, parseInstant(children.Instant[0].image), "time", span, 0), span };
  }
  const token = children.Integer![0];
  const seconds = take(context, readUnix(integer(context, token)), "time", span, 0);
  if (!children.AtSign && context.dialect !== "prototype") {
    const text = token.image;
    context.diagnostics.push(
      codes.bareTime({ text }, { span, help: `write \`@${text}\` for Unix seconds, \`+${text}s\` for a delay` }),
    );
  }
  return { kind: "absolute", seconds, span };
}
