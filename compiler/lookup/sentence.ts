/**
 * Words → a query or a flow expression of the language, and its meaning in a policy at hand, whose hosts, users and
 * named flowgroups are known. Diagnostics speak of the words as they were given.
 */
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { Flows } from "../model/flows.ts";
import type { Model, Query } from "../model/model.ts";
import { question } from "../resolve/queries.ts";
import type { Source, Span } from "../source.ts";
import type { QueryExpr } from "../syntax/ast.ts";
import { parse } from "../syntax/parse.ts";
import { found, misuse, type Lookup } from "./found.ts";
import { spellingHelp } from "../diagnostics/suggest.ts";

/** What diagnostics call the words. */
export const ARGUMENT = "<argument>";

/** Words that stand inside a sentence of ours, and where in that sentence they begin. */
export interface QuotedSentence {
  readonly words: Source;
  readonly start: number;
}

/** A query, and the user who asks it, where the words name one. */
export interface AskedQuery {
  readonly query: QueryExpr;
  readonly speaker?: string;
}

const QUERIES = [
  "ListShares",
  "ListSharesByFlowGroup",
  "ListRequests",
  "ListRequestsByFlowGroup",
  "ListUsers",
  "GetSchedule",
  "Available",
];

const firstWord = (text: string): string => /\w+/.exec(text)?.[0] ?? "";

/** Reads one query; its full stop may be missing. `what` names the words in a fault: `the query`. */
export function readSentence(text: string, what: string, quoted?: QuotedSentence): Lookup<AskedQuery> {
  const source: Source = { name: ARGUMENT, text: text.trimEnd().endsWith(".") ? text : `${text.trimEnd()}.` };
  const { file, diagnostics } = parse(source);
  const [statement, ...more] = file.statements;
  if (diagnostics.length > 0) return notUnderstood(what, diagnostics, quoted);
  if (statement?.kind !== "command" || statement.command.kind !== "query" || more.length > 0)
    return misuse(
      "that is not one query",
      spellingHelp(firstWord(text), QUERIES) ?? `the queries: ${QUERIES.join(", ")}`,
    );
  const { speaker, label, expected } = statement;
  const beside = label !== undefined ? "a label" : expected !== undefined ? "an expected answer" : undefined;
  if (beside !== undefined) return misuse(`${beside} stands before a statement, and before no query`, "leave it out");
  return found({ query: statement.command.query, ...(speaker && { speaker: speaker.text }) });
}

/** A query with its flowgroups as sets. */
export function resolveSentence(query: QueryExpr, model: Model, what: string, quoted?: QuotedSentence): Lookup<Query> {
  const diagnostics: Diagnostic[] = [];
  const { hosts, users, switches } = model.directory;
  const report = (diagnostic: Diagnostic): void => void diagnostics.push(diagnostic);
  const names = { hosts, users: new Set(users), switches, anyUser: false, awaits: false, awaited: new Set<string>() };
  const known = new Map([...model.flowgroups].map(([name, { flows: named }]) => [name, named] as const));
  const flows = new Flows({ ...names, report }, [], known);
  const resolved = question(query, flows);
  return resolved === undefined ? notUnderstood(what, diagnostics, quoted) : found(resolved);
}

/** The fault of words that the parser or the resolver refuses. */
export const notUnderstood = (
  what: string,
  diagnostics: readonly Diagnostic[],
  quoted?: QuotedSentence,
): Lookup<never> =>
  misuse(
    `${what} was not understood`,
    undefined,
    quoted === undefined ? diagnostics : diagnostics.map((one) => requoted(one, quoted)),
  );

/** A diagnostic about our sentence as one about the words in it. */
function requoted(diagnostic: Diagnostic, { words, start }: QuotedSentence): Diagnostic {
  const within = (at: number): number => Math.max(0, Math.min(words.text.length, at - start));
  const moved = (span: Span): Span =>
    span.source.name === ARGUMENT ? { source: words, start: within(span.start), end: within(span.end) } : span;
  const { span, related, fix } = diagnostic;
  // What stands behind the words is ours, and its reader did not write it.
  const isBehind = span?.source.name === ARGUMENT && span.start >= start + words.text.length;
  return {
    ...diagnostic,
    ...(isBehind && { message: diagnostic.message.replace(/ before `[^`]*`$/, " at the end") }),
    ...(span && { span: moved(span) }),
    related: related.map((one) => ({ ...one, span: moved(one.span) })),
    ...(fix && { fix: { ...fix, span: moved(fix.span) } }),
  };
}
