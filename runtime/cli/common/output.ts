/** The output and end of a command: diagnostics on standard error, one JSON document on standard output, exit codes. */
import type { Diagnostic } from "#compiler/diagnostics/diagnostic.ts";
import { renderLine, renderPretty, toJson } from "#compiler/diagnostics/render.ts";
import type { Fault, Lookup } from "#compiler/lookup/found.ts";
import { isOverBudget } from "#compiler/report/diagnostics.ts";
import { count, printable, visibleJson } from "#compiler/diagnostics/text.ts";
import { exit, Failure, type Exit, type Io } from "./io.ts";
import { coloured } from "./terminal.ts";

/** The most diagnostics that the command line shows; it counts the rest, and `--json` has them all. */
const MOST = 100;

/** Prints diagnostics, errors and all others in their order. Where they are too many, no warning takes the place of an error. */
export function reportDiagnostics(diagnostics: readonly Diagnostic[], io: Io): void {
  const colour = coloured(io, "err");
  const errors = diagnostics.filter(({ severity }) => severity === "error").slice(0, MOST);
  const others = diagnostics.filter(({ severity }) => severity !== "error").slice(0, MOST - errors.length);
  const shown = new Set([...errors, ...others]);
  for (const diagnostic of diagnostics.filter((one) => shown.has(one)))
    io.raw.err(`${renderPretty(diagnostic, { colour }).trimEnd()}\n\n`);
  const rest = diagnostics.length - MOST;
  if (rest > 0) io.err(`and ${count(rest, "more diagnostic")}: \`--json\` lists all\n\n`);
}

/** As `reportDiagnostics`, without notes: for commands whose answer is not about the decisions. */
export function reportFaults(diagnostics: readonly Diagnostic[], io: Io): void {
  reportDiagnostics(
    diagnostics.filter(({ severity }) => severity !== "note"),
    io,
  );
}

/** A diagnostic on a line, and its help on another. */
export function lineOf(one: Diagnostic): string {
  return `${renderLine(one)}\n${one.help === undefined ? "" : `  help: ${printable(one.help)}\n`}`;
}

/** The value of a lookup. For a fault it shows its diagnostics and throws a `Failure`. */
export function valueOf<T>(lookup: Lookup<T>, io: Io): T {
  if (lookup.ok) return lookup.value;
  reportDiagnostics(lookup.diagnostics, io);
  throw failureOf(lookup);
}

const failureOf = ({ kind, fault, help }: Fault): Failure =>
  new Failure(kind === "misuse" ? exit.usage : kind === "undecided" ? exit.undecided : exit.fault, fault, help);

/** The exit code of a command whose policy has faults; another one if only the budget was too small. */
export const exitOf = (diagnostics: readonly Diagnostic[]): Exit =>
  diagnostics.every((one) => one.severity !== "error" || isOverBudget(one)) ? exit.undecided : exit.fault;

/**
 * Ends a command whose policy has faults. With `--json` it prints a document with the diagnostics, and before them what
 * `more` adds.
 */
export function endAtFault(diagnostics: readonly Diagnostic[], isJson: boolean, io: Io, more: object = {}): Exit {
  if (isJson) printJson(io, { ok: false, ...more, diagnostics: diagnostics.map(toJson) });
  return exitOf(diagnostics);
}

/** The one document of `--json`. Large integers are written as text: JSON's readers would round them. */
export function printJson(io: Io, document: object): void {
  const plain = (_: string, value: unknown): unknown => (typeof value === "bigint" ? value.toString() : value);
  io.raw.out(`${visibleJson(JSON.stringify(document, plain, 2))}\n`);
}
