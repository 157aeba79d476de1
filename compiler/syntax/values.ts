/** Names, values, rates and times: trees → AST. The shapes come from the lexer, the meaning from `compiler/net`. */
import {
  Decimal,
  type IToken,
  Hex,
  Instant,
  Integer,
  Ip4,
  Ip6,
  Mac,
  Prefix4,
  Prefix6,
  Quantity,
  Quoted,
} from "#grammar/tokens.ts";
import type { ScalarTree, ValueTree } from "#grammar/tree.ts";
import * as codes from "../diagnostics/codes/syntax.ts";
import {
  compareIp,
  type Parsed,
  parseDuration,
  parseInstant,
  parseIp,
  parseMac,
  parsePrefix,
  parseRate,
} from "../net/index.ts";
import type { Span } from "../source.ts";
import type { Name, Scalar, ValueExpr } from "./ast.ts";
import { type Context, spanOf, spanOfTree, textOf } from "./context.ts";

/** A name as written, without its quotation marks. */
export function name(context: Context, token: IToken): Name {
  const span = spanOf(context, token);
  if (token.tokenType !== Quoted) return { text: token.image, quoted: false, span };
  return { text: unquote(context, token), quoted: true, span };
}

/** What stands behind a backslash in quoted text, and what it means. */
export const ESCAPES: Readonly<Record<string, string>> = { '"': '"', "\\": "\\", n: "\n", r: "\r", t: "\t" };

/** The text between quotation marks, its escapes read. */
export function unquote(context: Context, token: IToken): string {
  const inner = token.image.slice(1, -1);
  if (!inner.includes("\\")) return inner;
  return inner.replaceAll(/\\(.)/gsu, (escape: string, letter: string, at: number) => {
    const plain = ESCAPES[letter];
    if (plain !== undefined) return plain;
    const start = token.startOffset + 1 + at;
    const span = { source: context.source, start, end: start + escape.length };
    context.diagnostics.push(
      codes.badEscape({ escape }, { span, help: 'quoted text knows `\\"`, `\\\\`, `\\n`, `\\r` and `\\t`' }),
    );
    return "";
  });
}

/** Whether a name in a rule is a variable: unquoted, and upper case or `_` first. */
export function isVariable(name: { readonly text: string; readonly quoted: boolean }): boolean {
  return !name.quoted && /^[\p{Lu}\p{Lt}_]/u.test(name.text);
}

/** Reports what `compiler/net` says of a text, and passes its value on. */
export function take<T>(context: Context, parsed: Parsed<T>, kind: string, span: Span, fallback: T): T {
  if (parsed.ok) return parsed.value;
  const text = textOf(span);
  context.diagnostics.push(
    codes.badValue(
      { text, kind, fault: parsed.fault },
      { span, ...(parsed.fix !== undefined && { fix: { title: `write \`${parsed.fix}\``, span, text: parsed.fix } }) },
    ),
  );
  return fallback;
}

/** What is said of a MAC as other systems write it: `aabb.ccdd.eeff`, `aa-bb-cc-dd-ee-ff`, `aabbccddeeff`. */
export function undashed(text: string): (Parsed<never> & { readonly ok: false }) | undefined {
  if (!/^(?:[\da-f]{4}(?:\.[\da-f]{4}){2}|[\da-f]{2}(?:-[\da-f]{2}){5}|[\da-f]{12})$/i.test(text)) return undefined;
  const parsed = parseMac(text);
  return parsed.ok || parsed.fix === undefined ? undefined : parsed;
}

/** A whole number, decimal or hexadecimal. */
export function integer(context: Context, token: IToken): number {
  const span = spanOf(context, token);
  const mac = token.image.length === 12 ? undashed(token.image) : undefined;
  if (token.tokenType === Integer && token.image.startsWith("0") && mac !== undefined) {
    return take(context, mac, "number", span, 0);
  }
  const plain = token.image.replace(/^0+(?=\d)/, "");
  if (token.tokenType === Integer && plain !== token.image) {
    if (/^0[1-9]\d\d$/.test(token.image)) {
      const fault = `it begins with a zero; \`${plain}\` is the decimal number, \`0x${token.image}\` the hexadecimal one`;
      return take(context, { ok: false, fault }, "number", span, 0);
    }
    return take(context, { ok: false, fault: "it begins with a zero", fix: plain }, "number", span, 0);
  }
  const value = Number(token.image);
  if (Number.isSafeInteger(value)) return value;
  return take(context, { ok: false, fault: "it is too large to be exact" }, "number", span, 0);
}

/** Where a value stands: rules know variables, and numbers with units as bits or seconds. */
export type ValuePlace = "flowgroup" | "rule";

/** A value with its sets and ranges. */
export function value(context: Context, tree: ValueTree, place: ValuePlace): ValueExpr {
  const { children } = tree;
  const span = spanOfTree(context, tree);
  if (children.value) return { kind: "set", values: children.value.map((one) => member(context, one, place)), span };
  const [first, second] = children.scalar!;
  if (second === undefined) return scalar(context, first, place);
  const low = scalar(context, first, place);
  const high = scalar(context, second, place);
  for (const end of [low, high]) refuseVariable(context, end, place);
  if (children.DotDot) {
    const text = `${textOf(low.span)}-${textOf(high.span)}`;
    return take(context, { ok: false, fault: "a range is written with `-`", fix: text }, "range", span, {
      kind: "set",
      values: [],
      span,
    } as ValueExpr);
  }
  return range(context, low, high, span);
}

function member(context: Context, tree: ValueTree, place: ValuePlace): ValueExpr {
  const one = value(context, tree, place);
  refuseVariable(context, one, place);
  return one;
}

function refuseVariable(context: Context, one: ValueExpr, place: ValuePlace): void {
  if (place !== "rule" || one.kind !== "name" || !isVariable(one.name)) return;
  const { text, span } = one.name;
  context.diagnostics.push(
    codes.variableInSet(
      { name: text },
      { span, help: `quote it if it is a name, \`"${text}"\`; else join it with a relation that lists its values` },
    ),
  );
}

function range(context: Context, low: ValueExpr, high: ValueExpr, span: Span): ValueExpr {
  const order =
    low.kind === "number" && high.kind === "number"
      ? low.value - high.value
      : low.kind === "mac" && high.kind === "mac"
        ? low.address - high.address
        : low.kind === "ip" && high.kind === "ip" && low.address.family === high.address.family
          ? compareIp(low.address, high.address)
          : undefined;
  if (order === undefined) {
    context.diagnostics.push(codes.mixedRange({}, { span }));
  } else if (order > 0) {
    const [a, b] = [textOf(low.span), textOf(high.span)];
    const text = `${b}-${a}`;
    context.diagnostics.push(
      codes.reversedRange({ low: a, high: b }, { span, fix: { title: `write \`${text}\``, span, text } }),
    );
  }
  return { kind: "range", low: low as Scalar, high: high as Scalar, span };
}

function scalar(context: Context, tree: ScalarTree, place: ValuePlace): ValueExpr {
  const span = spanOfTree(context, tree);
  const { Name: names, port, literal, Minus: minus } = tree.children;
  if (names) {
    const first = name(context, names[0]);
    if (!port) return { kind: "name", name: first, span };
    return {
      kind: "ap",
      switch: first,
      port: port[0].tokenType === Integer ? integer(context, port[0]) : name(context, port[0]),
      span,
    };
  }
  const token = literal![0];
  const text = token.image;
  switch (token.tokenType) {
    case Ip4:
    case Ip6:
      return {
        kind: "ip",
        address: take(context, undashed(text) ?? parseIp(text), "address", span, { family: 4, value: 0 }),
        span,
      };
    case Prefix4:
    case Prefix6:
      return {
        kind: "prefix",
        prefix: take(context, parsePrefix(text), "prefix", span, { address: { family: 4, value: 0 }, length: 0 }),
        span,
      };
    case Mac:
      return { kind: "mac", address: take(context, parseMac(text), "MAC address", span, 0), span };
    case Integer:
    case Hex: {
      const number = integer(context, token);
      if (minus && place === "flowgroup") context.diagnostics.push(codes.negative({ kind: "value" }, { span }));
      return { kind: "number", value: minus && number !== 0 ? -number : number, span };
    }
    case Instant:
      if (place === "rule") return { kind: "number", value: take(context, parseInstant(text), "time", span, 0), span };
      break;
    case Quantity:
      if (place === "rule") {
        // Bits where the unit has a `b` or is a multiple of what was not said (`1G`), seconds otherwise.
        return /[bB]|bps|bit|[kKMGT]$/.test(text)
          ? { kind: "number", value: take(context, parseRate(text), "rate", span, 0), unit: "rate", span }
          : { kind: "number", value: take(context, parseDuration(text), "duration", span, 0), unit: "duration", span };
      }
      break;
    case Decimal:
      take(context, { ok: false, fault: "addresses have four parts, numbers are whole" }, "value", span, 0);
      return { kind: "number", value: 0, span };
  }
  const mac = undashed(text);
  if (mac !== undefined) take(context, mac, "number", span, 0);
  else context.diagnostics.push(codes.unexpectedUnit({ text }, { span }));
  return { kind: "number", value: 0, span };
}
