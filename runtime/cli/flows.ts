/** Words on the command line → a flowgroup of the policy at hand: its hosts, users and named flowgroups are known. */
import type { Decided } from "#compiler/compile.ts";
import type { Diagnostic } from "#compiler/diagnostics/diagnostic.ts";
import type { Flowgroup } from "#compiler/flowgroup/index.ts";
import { Flows } from "#compiler/model/flows.ts";
import type { Model } from "#compiler/model/model.ts";
import type { FlowExpr, QueryExpr } from "#compiler/syntax/ast.ts";
import { parse } from "#compiler/syntax/parse.ts";
import type { Source } from "#compiler/source.ts";
import { exit, Failure, misuse, type Io } from "./io.ts";
import { reportDiagnostics } from "./report.ts";
import { meant } from "./words.ts";

/** What diagnostics call the words on the command line. */
const argument = "<argument>";

/** Reports faults of an argument and ends the command: the words were wrong, not the policy. */
function refuse(diagnostics: readonly Diagnostic[], what: string, io: Io): never {
  reportDiagnostics(diagnostics, io);
  throw new Failure(exit.usage, `${what} was not understood`);
}

const queries = ["ListShares", "ListSharesByFlowGroup", "ListRequests", "ListRequestsByFlowGroup", "ListUsers"];

const firstWord = (text: string): string => /\w+/.exec(text)?.[0] ?? "";

/** A query as written: `ListShares.`; the full stop may be missing. */
export function readQuery(text: string, io: Io): QueryExpr {
  const source: Source = { name: argument, text: text.trimEnd().endsWith(".") ? text : `${text.trimEnd()}.` };
  const { file, diagnostics } = parse(source);
  const [statement, ...more] = file.statements;
  if (diagnostics.length > 0) refuse(diagnostics, "the query", io);
  if (statement?.kind !== "command" || statement.command.kind !== "query" || more.length > 0)
    throw misuse("that is not one query", meant(firstWord(text), queries) ?? `the queries: ${queries.join(", ")}`);
  return statement.command.query;
}

/** A flow expression of the policy's language as a set. */
export function resolveFlows(expression: FlowExpr, model: Model, io: Io): Flowgroup {
  const diagnostics: Diagnostic[] = [];
  const { hosts, users, switches } = model.directory;
  const report = (diagnostic: Diagnostic): void => void diagnostics.push(diagnostic);
  const flows = new Flows({ hosts, users: new Set(users), switches, anyUser: false, report }, []);
  for (const [name, { flows: known }] of model.flowgroups) flows.resolved.set(name, known);
  const resolved = flows.resolve(expression);
  if (resolved === undefined) refuse(diagnostics, "the flowgroup", io);
  return resolved;
}

/** `(srcHost=10.0.0.3)`, with or without the parentheses. */
export function readFlowgroup(text: string, { model }: Decided, io: Io): Flowgroup {
  const words = text.trim();
  const query = readQuery(`Traffic ${words.startsWith("(") ? words : `(${words})`}.`, io);
  if (query.kind !== "Traffic") throw new Failure(exit.usage, "that is not a flowgroup");
  return resolveFlows(query.flows, model, io);
}
