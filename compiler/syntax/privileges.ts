/** What stands between the brackets of `NewShare`: words, operators and values → privileges. */
import { type IToken, Integer } from "#grammar/tokens.ts";
import type { NewShareTree, PrivilegeTree } from "#grammar/tree.ts";
import * as codes from "../diagnostics/codes/syntax.ts";
import { correction, suggest } from "../diagnostics/suggest.ts";
import type { Span } from "../source.ts";
import { rate } from "./amounts.ts";
import type { PrivilegeExpr } from "./ast.ts";
import { type Context, spanOf, spanOfTree } from "./context.ts";
import { integer, name } from "./values.ts";

/** How each privilege is written: its operators and the kind of its value. */
export const PRIVILEGES: Readonly<
  Record<string, { operators: readonly string[]; takes: "flag" | "rate" | "amount" | "nodes" | "count" }>
> = {
  allow: { operators: ["="], takes: "flag" },
  deny: { operators: ["="], takes: "flag" },
  hint: { operators: ["="], takes: "flag" },
  query: { operators: ["="], takes: "flag" },
  reserve: { operators: ["<=", ">="], takes: "rate" },
  limit: { operators: ["<=", ">="], takes: "rate" },
  ratelimit: { operators: ["<=", ">="], takes: "rate" },
  reserveTBFill: { operators: ["="], takes: "rate" },
  reserveTBCapacity: { operators: ["="], takes: "amount" },
  waypoint: { operators: ["="], takes: "nodes" },
  avoid: { operators: ["="], takes: "nodes" },
  requests: { operators: ["<="], takes: "count" },
  entries: { operators: ["<="], takes: "count" },
};

const wanted = {
  flag: "`True` or `False`",
  rate: "a rate, as in `10Mb`",
  amount: "an amount of bits, as in `600Mb`",
  nodes: "nodes, as in `{fw1, fw2}`",
  count: "a whole number",
} as const;

/** The privileges that a share states; in the prototype's dialect also those that it grants unstated. */
export function writtenPrivileges(context: Context, tree: NewShareTree): PrivilegeExpr[] {
  const stated: PrivilegeExpr[] = [];
  const seen = new Map<string, Span>();
  for (const one of tree.children.privilege ?? []) {
    const span = spanOfTree(context, one);
    const lowered = privilege(context, one, span);
    if (lowered === undefined) continue;
    const key = "bound" in lowered ? `${lowered.kind} ${lowered.bound}` : lowered.kind;
    const first = seen.get(key);
    if (first !== undefined) {
      const related = [{ span: first, message: "first here" }];
      context.diagnostics.push(codes.privilegeTwice({ name: one.children.name[0].image }, { span, related }));
    }
    seen.set(key, span);
    stated.push(lowered);
  }
  if (context.dialect === "prototype") {
    const span = spanOf(context, tree.children.LeftBracket[0]);
    for (const kind of ["allow", "deny"] as const) if (!seen.has(kind)) stated.push({ kind, value: true, span });
  }
  return stated;
}

function privilege(context: Context, tree: PrivilegeTree, span: Span): PrivilegeExpr | undefined {
  const word = tree.children.name[0];
  const shape = Object.hasOwn(PRIVILEGES, word.image) ? PRIVILEGES[word.image] : undefined;
  if (shape === undefined) {
    const meant = suggest(word.image, Object.keys(PRIVILEGES));
    const at = spanOf(context, word);
    context.diagnostics.push(
      codes.unknownPrivilege(
        { name: word.image },
        meant === undefined
          ? { span: at, help: `the privileges are ${Object.keys(PRIVILEGES).join(", ")}` }
          : {
              span: at,
              ...correction(meant, at),
            },
      ),
    );
    return undefined;
  }
  const { Equal, LessEqual, GreaterEqual } = tree.children;
  const sign = (Equal ?? LessEqual ?? GreaterEqual)![0];
  if (!shape.operators.includes(sign.image)) {
    const operators = shape.operators.map((one) => `\`${one}\``).join(" or ");
    const at = spanOf(context, sign);
    // Another sign alone helps where the value suits the privilege.
    const suits = withValue({ ...context, diagnostics: [] }, tree, word, "<=", shape.takes, span) !== undefined;
    const only = shape.operators.length === 1 ? shape.operators[0]! : undefined;
    context.diagnostics.push(
      codes.privilegeOperator(
        { name: word.image, operators },
        only === undefined
          ? { span: at, help: "`<=` states the most, `>=` the least" }
          : suits
            ? { span: at, fix: { title: `write \`${only}\``, span: at, text: only } }
            : { span: at, help: `\`${word.image} ${only}\`, and behind it ${wanted[shape.takes]}` },
      ),
    );
    return undefined;
  }
  return withValue(context, tree, word, sign.image as "<=" | ">=", shape.takes, span);
}

function withValue(
  context: Context,
  tree: PrivilegeTree,
  word: IToken,
  bound: "<=" | ">=",
  takes: keyof typeof wanted,
  span: Span,
): PrivilegeExpr | undefined {
  const { rate: number, nodes, value } = tree.children;
  switch (takes) {
    case "flag":
      if (value?.[0].image !== "True" && value?.[0].image !== "False") break;
      return { kind: word.image as "allow", value: value[0].image === "True", span };
    case "rate":
      if (!number) break;
      if (word.image === "reserveTBFill") return { kind: "fill", rate: rate(context, number[0]), span };
      return bounded(context, word, bound, rate(context, number[0]), span);
    case "amount":
      if (!number) break;
      return { kind: "capacity", rate: rate(context, number[0], "amount"), span };
    case "nodes":
      if ((!nodes && !value) || /^(?:True|False)$/.test(value?.[0].image ?? "")) break;
      return {
        kind: word.image as "waypoint",
        nodes: (nodes?.[0].children.Name ?? value!).map((token) => name(context, token)),
        span,
      };
    case "count": {
      const token = number?.[0].children.amount[0].children.Integer?.[0];
      if (token?.tokenType !== Integer || number![0].children.Minus) break;
      return { kind: word.image as "requests", count: integer(context, token), span };
    }
  }
  const flag = takes === "flag" && /^(true|false)$/i.exec(value?.[0].image ?? "")?.[0];
  const at = flag ? spanOf(context, value![0]) : span;
  const text = flag && flag.toLowerCase() === "true" ? "True" : "False";
  const help =
    takes === "nodes" && value !== undefined
      ? `name the nodes that requests may name, or leave \`${word.image}\` out`
      : undefined;
  context.diagnostics.push(
    codes.privilegeValue(
      { name: word.image, wanted: wanted[takes] },
      { span, help, ...(flag && { fix: { title: `write \`${text}\``, span: at, text } }) },
    ),
  );
  return undefined;
}

/**
 * A bound on reservations or limits. The prototype's `ratelimit >= n` is a floor that a request must exceed; rates are
 * whole bits, so that is the floor n + 1 bit.
 */
function bounded(
  context: Context,
  word: IToken,
  bound: "<=" | ">=",
  given: { readonly bits: number; readonly span: Span },
  span: Span,
): PrivilegeExpr {
  const exceeded = context.dialect === "prototype" && word.image === "ratelimit" && bound === ">=";
  const floor = exceeded ? { ...given, bits: given.bits + 1 } : given;
  return { kind: word.image === "reserve" ? "reserve" : "limit", bound, rate: floor, span };
}
