/** Questions about a list of diagnostics. */
import { undecided } from "../diagnostics/codes/admission.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";

/** Whether a diagnostic says that a question about sets was not decided within the budget. */
export const isUndecided = ({ code }: Diagnostic): boolean => code === undecided.code;
