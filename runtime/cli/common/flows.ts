/** Words on the command line → a flowgroup of the policy at hand: its hosts, users and named flowgroups are known. */
import type { Decided } from "#compiler/admission/decided.ts";
import type { Diagnostic } from "#compiler/diagnostics/diagnostic.ts";
import type { Flowgroup } from "#compiler/flowgroup/index.ts";
import { Flows } from "#compiler/model/flows.ts";
import type { Model, Query } from "#compiler/model/model.ts";
import { question } from "#compiler/resolve/queries.ts";
import type { FlowExpr, QueryExpr } from "#compiler/syntax/ast.ts";
import { parse } from "#compiler/syntax/parse.ts";
import type { Source, Span } from "#compiler/source.ts";
import { exit, Failure, misuse, type Io } from "./io.ts";
import { reportDiagnostics } from "./report.ts";
import { meant } from "../../../compiler/report/text.ts";

/** What diagnostics call the words on the command line. */
const argument = "<argument>";

/** Words that stand inside a sentence of ours: diagnostics speak of them as they were given. */
interface Quoted {
  readonly words: Source;
  /** Where in our sentence they begin. */
  readonly start: number;
}

/** Reports faults of an argument and ends the command: the words were wrong, not the policy. */
export function refuse(diagnostics: readonly Diagnostic[], what: string, io: Io, quoted?: Quoted): never {
  reportDiagnostics(quoted === undefined ? diagnostics : diagnostics.map((one) => requoted(one, quoted)), io);
  throw new Failure(exit.usage, `${what} was not understood`);
}

/** A diagnostic about our sentence as one about the words in it. */
function requoted(diagnostic: Diagnostic, { words, start }: Quoted): Diagnostic {
  const within = (at: number): number => Math.max(0, Math.min(words.text.length, at - start));
  const moved = (span: Span): Span =>
    span.source.name === argument ? { source: words, start: within(span.start), end: within(span.end) } : span;
  const { span, related, fix } = diagnostic;
  return {
    ...diagnostic,
    ...(span && { span: moved(span) }),
    related: related.map((one) => ({ ...one, span: moved(one.span) })),
    ...(fix && { fix: { ...fix, span: moved(fix.span) } }),
  };
}

const queries = [
  "ListShares",
  "ListSharesByFlowGroup",
  "ListRequests",
  "ListRequestsByFlowGroup",
  "ListUsers",
  "GetSchedule",
  "Available",
];

const firstWord = (text: string): string => /\w+/.exec(text)?.[0] ?? "";

/** A query, and who asks it. */
interface Asked {
  readonly query: QueryExpr;
  readonly speaker?: string;
}

/** A query as written: `ListShares.`; the full stop may be missing. */
export function readQuery(text: string, io: Io): Asked {
  return readSentence(text, "the query", io);
}

function readSentence(text: string, what: string, io: Io, quoted?: Quoted): Asked {
  const source: Source = { name: argument, text: text.trimEnd().endsWith(".") ? text : `${text.trimEnd()}.` };
  const { file, diagnostics } = parse(source);
  const [statement, ...more] = file.statements;
  if (diagnostics.length > 0) refuse(diagnostics, what, io, quoted);
  if (statement?.kind !== "command" || statement.command.kind !== "query" || more.length > 0)
    throw misuse("that is not one query", meant(firstWord(text), queries) ?? `the queries: ${queries.join(", ")}`);
  const { speaker } = statement;
  return { query: statement.command.query, ...(speaker && { speaker: speaker.text }) };
}

/** A query of the policy's language with its flowgroups as sets. */
export function resolveQuery(query: QueryExpr, model: Model, io: Io, quoted?: Quoted): Query {
  const diagnostics: Diagnostic[] = [];
  const { hosts, users, switches } = model.directory;
  const report = (diagnostic: Diagnostic): void => void diagnostics.push(diagnostic);
  const flows = new Flows({ hosts, users: new Set(users), switches, anyUser: false, report }, []);
  for (const [name, { flows: known }] of model.flowgroups) flows.resolved.set(name, known);
  const resolved = question(query, flows);
  if (resolved === undefined) refuse(diagnostics, quoted ? "the flowgroup" : "the query", io, quoted);
  return resolved;
}

/** A flow expression of the policy's language as a set. */
export function resolveFlows(expression: FlowExpr, model: Model, io: Io, quoted?: Quoted): Flowgroup {
  const query = resolveQuery({ kind: "Traffic", flows: expression }, model, io, quoted);
  if (query.kind !== "Traffic") throw new Failure(exit.usage, "that is not a flowgroup");
  return query.flows;
}

/** `(srcHost=10.0.0.3)`, with or without the parentheses. */
export function readFlowgroup(text: string, { model }: Decided, io: Io): Flowgroup {
  const words = text.trim();
  const head = words.startsWith("(") ? "Traffic " : "Traffic (";
  const quoted = { words: { name: argument, text: words }, start: head.length };
  const { query } = readSentence(`${head}${words}${words.startsWith("(") ? "" : ")"}.`, "the flowgroup", io, quoted);
  if (query.kind !== "Traffic") throw new Failure(exit.usage, "that is not a flowgroup");
  return resolveFlows(query.flows, model, io, quoted);
}
