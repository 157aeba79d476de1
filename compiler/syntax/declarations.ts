/** Everything that is neither a command nor a rule: trees → statements. */
import type { AssertionTree, DeclarationTree, ExternTree, PolicyHeadTree } from "#grammar/tree.ts";
import type { Span } from "../source.ts";
import { rate, time } from "./amounts.ts";
import type { Name, WrittenStatement } from "./ast.ts";
import { type Context, spanOf, spanOfTree } from "./context.ts";
import { flows } from "./flows.ts";
import { name } from "./values.ts";

/** A declaration, or the word that opens or closes a transaction. */
export type Declaration =
  | WrittenStatement
  | { readonly kind: "begin"; readonly span: Span }
  | { readonly kind: "commit"; readonly span: Span };

/** One declaration; `span` is that of the whole statement. */
export function declaration(context: Context, tree: DeclarationTree, span: Span): Declaration {
  const { children } = tree;
  if (children.Begin) return { kind: "begin", span };
  if (children.Commit) return { kind: "commit", span };
  if (children.Flowgroup) {
    return {
      kind: "flowgroup",
      name: name(context, children.Name![0]),
      flows: flows(context, children.flows![0]),
      span,
    };
  }
  if (children.Default) {
    const verdict = children.verdict![0].children.Allow ? "allow" : "deny";
    return { kind: "default", of: children.Fragments ? "fragments" : "verdict", verdict, span };
  }
  if (children.Include) return { kind: "include", path: name(context, children.path![0]), span };
  if (children.extern) return extern(context, children.extern[0], span);
  if (children.Cascade) return { kind: "cascade", policies: children.level!.map((one) => name(context, one)), span };
  return assertion(context, children.assertion![0], span);
}

function extern(context: Context, tree: ExternTree, span: Span): WrittenStatement {
  const { relation, sort, Csv, path, select, column, where, equals, Empty } = tree.children;
  const names = (tokens: typeof column): Name[] => (tokens ?? []).map((token) => name(context, token));
  return {
    kind: "extern",
    relation: name(context, relation[0]),
    sorts: names(sort),
    format: Csv ? "csv" : "json",
    path: name(context, path[0]),
    ...(select && { select: name(context, select[0]) }),
    columns: names(column),
    ...(where && { where: { column: name(context, where[0]), equals: name(context, equals![0]) } }),
    allowEmpty: Empty !== undefined,
    span,
  };
}

function assertion(context: Context, tree: AssertionTree, span: Span): WrittenStatement {
  const { verdict, flows: group, GreaterEqual, rate: bound, time: instant, Always } = tree.children;
  const held = flows(context, group![0]);
  return {
    kind: "assert",
    assertion: verdict
      ? { kind: "verdict", verdict: verdict[0].children.Allow ? "allow" : "deny", flows: held }
      : { kind: "reserved", flows: held, operator: GreaterEqual ? ">=" : "<=", rate: rate(context, bound![0]) },
    at: instant ? time(context, instant[0]) : Always && { kind: "always", span: spanOf(context, Always[0]) },
    span,
  };
}

/** A policy that is being read. */
export type PolicyOpening = Omit<Extract<WrittenStatement, { kind: "policy" }>, "rules">;

/** `policy campus on share net0 as root ordered {`; `as guard` makes it a guard, which root speaks. */
export function policyHead(context: Context, tree: PolicyHeadTree): PolicyOpening {
  const { name: own, share, speaker, Ordered } = tree.children;
  const as = speaker && name(context, speaker[0]);
  const guard = as?.text === "guard" && !as.quoted;
  return {
    kind: "policy",
    name: name(context, own[0]),
    ...(share && { share: name(context, share[0]) }),
    ...(as && !guard && { speaker: as }),
    guard,
    ordered: Ordered !== undefined,
    span: spanOfTree(context, tree),
  };
}
