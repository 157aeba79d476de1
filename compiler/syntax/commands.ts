/** PANE: trees → commands. */
import type { AmountTree, CommandTree, HintTree, PlaceTree, QueryTree, RequestTree, SpanTree } from "#grammar/tree.ts";
import * as codes from "../diagnostics/codes/syntax.ts";
import { correction, suggest } from "../diagnostics/suggest.ts";
import type { Span } from "../source.ts";
import { duration, rate, time } from "./amounts.ts";
import type { CommandExpr, HintExpr, Name, QueryExpr, RateExpr, RequestExpr, RequestKind, TimeExpr } from "./ast.ts";
import { type Context, spanOf, spanOfTree, textOf } from "./context.ts";
import { flows } from "./flows.ts";
import { writtenPrivileges } from "./privileges.ts";
import { name } from "./values.ts";

/** The forms of a command, as the grammar has them. */
type Forms = Required<CommandTree["children"]>;

/** One entry for each form: a rule that joins `command` in `grammar/commands.ts` does not compile without its own. */
const COMMANDS: { readonly [Form in keyof Forms]: (context: Context, tree: Forms[Form][0]) => CommandExpr } = {
  request,
  hint,
  query: (context, tree) => ({ kind: "query", query: query(context, tree) }),
  newShare: (context, tree) => ({
    kind: "NewShare",
    share: name(context, tree.children.share[0]),
    flows: flows(context, tree.children.flows[0]),
    privileges: writtenPrivileges(context, tree),
    parent: name(context, tree.children.parent[0]),
  }),
  userCommand: (context, { children: { AddUser, Name: user } }) => ({
    kind: AddUser ? "AddUser" : "RemoveUser",
    user: name(context, user[0]),
  }),
  removeShare: (context, { children: { Name: share, Cascade } }) => ({
    kind: "RemoveShare",
    share: name(context, share[0]),
    cascade: Cascade !== undefined,
  }),
  grant: (context, { children: { share, user } }) => {
    const given = name(context, share![0]);
    return user
      ? { kind: "Grant", share: given, user: name(context, user[0]) }
      : { kind: "GrantDefault", share: given };
  },
  revoke: (context, { children: { share, user, With } }) => ({
    kind: "Revoke",
    share: name(context, share[0]),
    user: name(context, user[0]),
    withRequests: With !== undefined,
  }),
  referring: (context, { children: { Cancel, request: referred } }) => {
    const given = name(context, referred[0]);
    return Cancel ? { kind: "Cancel", request: given } : { kind: "query", query: { kind: "Explain", request: given } };
  },
  tick: (context, { children: { amount } }) => ({ kind: "Tick", seconds: duration(context, amount[0], true) }),
};

/** One command. */
export function commandOf(context: Context, { children }: CommandTree): CommandExpr {
  const [[form, trees]] = Object.entries(children) as [[keyof Forms, readonly [Forms[keyof Forms][0]]]];
  const read = COMMANDS[form] as (context: Context, tree: Forms[keyof Forms][0]) => CommandExpr;
  return read(context, trees[0]);
}

function request(context: Context, tree: RequestTree): RequestExpr {
  const { children } = tree;
  const given = children.rate && rate(context, children.rate[0], "rate", "is refused");
  const action = actionOf(tree);
  if (action === "limit" && given) refuseZero(context, given, "deny");
  return {
    kind: "request",
    action,
    flows: flows(context, children.flows![0]),
    ...(given && { rate: given }),
    ...(children.node && { nodes: children.node.map((token) => name(context, token)) }),
    bothWays: children.Both !== undefined,
    mode: children.Partial ? "partial" : "strict",
    ...place(context, children.place[0]),
  };
}

function actionOf({ children }: RequestTree): RequestKind {
  if (children.Allow) return "allow";
  if (children.Deny) return "deny";
  if (children.rated) return children.rated[0].children.Reserve ? "reserve" : "limit";
  return children.routed![0].children.Waypoint ? "waypoint" : "avoid";
}

/** A limit of zero is a denial that does not say so (SEMANTICS, "limit"). */
export function refuseZero(context: Context, given: RateExpr, instead: string): void {
  if (given.bits === 0 && !textOf(given.span).startsWith("-")) {
    context.diagnostics.push(codes.zeroLimit({}, { span: given.span, help: `write \`${instead}\` if that is meant` }));
  }
}

function place(context: Context, tree: PlaceTree): { share: Name; from?: TimeExpr; to?: TimeExpr } {
  return { share: name(context, tree.children.share[0]), ...during(context, tree.children.span[0]) };
}

/** `from … to …`, as far as written. */
export function during(context: Context, tree: SpanTree): { from?: TimeExpr; to?: TimeExpr } {
  const { begin, end } = tree.children;
  return { ...(begin && { from: time(context, begin[0]) }), ...(end && { to: time(context, end[0]) }) };
}

const hintKinds = Object.keys({ duration: true, size: true, deadline: true, priority: true } satisfies Record<
  HintExpr["kind"],
  true
>);

function hint(context: Context, tree: HintTree): CommandExpr {
  const { children } = tree;
  const what = children.what[0];
  const given = hintValue(context, tree, what.image);
  return { kind: "hint", flows: flows(context, children.flows[0]), hint: given, ...place(context, children.place[0]) };
}

function hintValue(context: Context, tree: HintTree, what: string): HintExpr {
  const { time: instant, Quantity: quantity, value, what: word } = tree.children;
  const refuse = (wanted: string): HintExpr => {
    const span = (instant && spanOfTree(context, instant[0])) ?? spanOf(context, (quantity ?? value)![0]);
    context.diagnostics.push(codes.hintValue({ name: what, wanted }, { span }));
    return { kind: "priority", priority: "normal" };
  };
  switch (what) {
    case "duration": {
      const amount = instant?.[0].children.amount;
      if (quantity) {
        const text = { name: "amount", location: tree.location, children: { Quantity: quantity } } as const;
        return { kind: "duration", seconds: duration(context, text) };
      }
      if (!amount || instant[0].children.Minus) return refuse("a length of time, as in `20min`");
      return { kind: "duration", seconds: duration(context, amount[0]) };
    }
    case "size": {
      const bits = quantity && bytes(quantity[0].image);
      return bits === undefined ? refuse("an amount of data, as in `100MB`") : { kind: "size", bits };
    }
    case "deadline":
      return instant ? { kind: "deadline", time: time(context, instant[0]) } : refuse("a time, as in `+1h`");
    case "priority": {
      const priority = value?.[0].image;
      if (priority === "low" || priority === "normal" || priority === "high") return { kind: "priority", priority };
      return refuse("`low`, `normal` or `high`");
    }
    default: {
      const span: Span = spanOf(context, word[0]);
      const meant = suggest(what, hintKinds);
      context.diagnostics.push(
        codes.unknownHint(
          { name: what },
          meant === undefined
            ? { span, help: `the hints are ${hintKinds.join(", ")}` }
            : { span, ...correction(meant, span) },
        ),
      );
      return { kind: "priority", priority: "normal" };
    }
  }
}

/** `100MB` as bits: bytes with a decimal multiple; `b` stands for bits. */
function bytes(text: string): number | undefined {
  const written = /^(\d+)(?:\.(\d+))?([kMGT]?)([bB])$/.exec(text);
  if (!written) return undefined;
  const [, whole, fraction = "", multiple, unit] = written as unknown as [
    string,
    string,
    string | undefined,
    string,
    string,
  ];
  const power = "kMGT".indexOf(multiple) * 3 + 3;
  const digits = multiple === "" ? whole : whole + fraction.padEnd(power, "0");
  if (fraction.replace(/0+$/, "").length > (multiple === "" ? 0 : power)) return undefined;
  const bits = Number(digits) * (unit === "B" ? 8 : 1);
  return Number.isSafeInteger(bits) ? bits : undefined;
}

/** How long a reservation is asked for: not for no time. */
function lasting(context: Context, tree: AmountTree): number {
  const { length } = context.diagnostics;
  const seconds = duration(context, tree);
  if (seconds === 0 && context.diagnostics.length === length)
    context.diagnostics.push(codes.lastsNoTime({}, { span: spanOfTree(context, tree) }));
  return seconds;
}

function query(context: Context, tree: QueryTree): QueryExpr {
  const { children } = tree;
  const share = children.share && name(context, children.share[0]);
  if (children.GetSchedule) return { kind: "GetSchedule", share: share! };
  if (children.ListShares) return { kind: "ListShares" };
  if (children.ListUsers) return { kind: "ListUsers" };
  if (children.ListRequests) return { kind: "ListRequests", ...(share && { share }) };
  const group = flows(context, children.flows![0]);
  if (children.Available) {
    return {
      kind: "Available",
      rate: rate(context, children.rate![0], "rate", "is refused"),
      flows: group,
      share: share!,
      ...(children.amount && { seconds: lasting(context, children.amount[0]) }),
    };
  }
  const kind = children.Traffic
    ? "Traffic"
    : children.ListSharesByFlowGroup
      ? "ListSharesByFlowGroup"
      : "ListRequestsByFlowGroup";
  return { kind, flows: group };
}
