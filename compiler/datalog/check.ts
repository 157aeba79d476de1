/** Whether rules can be evaluated at all: arities, safety, negation without cycles, sorts. */
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { ProgramOptions } from "./types.ts";

/** Findings in the order of the text. */
export function checkProgram(_options: ProgramOptions): Diagnostic[] {
  return [];
}
