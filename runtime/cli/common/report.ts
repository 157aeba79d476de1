/** Diagnostics → standard error: where, what, why, and what to do, with a bound on how many. */
import type { Diagnostic } from "#compiler/diagnostics/diagnostic.ts";
import { renderPretty } from "#compiler/diagnostics/render.ts";
import { undecided } from "#compiler/diagnostics/codes/admission.ts";
import { exit, type Exit, type Io } from "./io.ts";
import { coloured } from "./terminal.ts";
import { count } from "../../../compiler/report/text.ts";

/** More than this and nobody reads: the rest is counted. `--json` has them all. */
const shown = 100;

/** Prints diagnostics, errors and all others in their order. */
export function reportDiagnostics(diagnostics: readonly Diagnostic[], io: Io): void {
  const colour = coloured(io, "err");
  for (const diagnostic of diagnostics.slice(0, shown)) io.err(`${renderPretty(diagnostic, { colour }).trimEnd()}\n\n`);
  const rest = diagnostics.length - shown;
  if (rest > 0) io.err(`and ${count(rest, "more diagnostic")}: \`--json\` lists all\n\n`);
}

/** As `reportDiagnostics`, without notes: for commands that are not asked how the decisions went. */
export function reportFaults(diagnostics: readonly Diagnostic[], io: Io): void {
  reportDiagnostics(
    diagnostics.filter(({ severity }) => severity !== "note"),
    io,
  );
}

/** Whether an error is among them. */
export const hasErrors = (diagnostics: readonly Diagnostic[]): boolean =>
  diagnostics.some(({ severity }) => severity === "error");

/** Whether a diagnostic says that a question about sets was not decided within the budget. */
export const isUndecided = ({ code }: Diagnostic): boolean => code === undecided.code;

/** How a command ends whose policy is at fault: with a code of its own where nothing but a budget was lacking. */
export const exitOf = (diagnostics: readonly Diagnostic[]): Exit =>
  diagnostics.every((one) => one.severity !== "error" || isUndecided(one)) ? exit.undecided : exit.fault;

/** The one document of `--json`. Large integers are written as text: JSON's readers would round them. */
export function printJson(io: Io, document: object): void {
  const plain = (_: string, value: unknown): unknown => (typeof value === "bigint" ? value.toString() : value);
  io.out(`${JSON.stringify(document, plain, 2)}\n`);
}
