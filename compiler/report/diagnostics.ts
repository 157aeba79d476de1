/** Questions about a list of diagnostics. */
import { undecided } from "../diagnostics/codes/admission.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";

/** Whether an error is among them. */
export const hasErrors = (diagnostics: readonly Diagnostic[]): boolean =>
  diagnostics.some(({ severity }) => severity === "error");

/** Whether a diagnostic says that a question about sets was not decided within the budget. */
export const isUndecided = ({ code }: Diagnostic): boolean => code === undecided.code;
