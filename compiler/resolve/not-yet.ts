/** What the language can say and this version cannot compile: refused here and nowhere else, never ignored. */
import * as codes from "../diagnostics/codes/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Span } from "../source.ts";

/** Whoever builds one of these takes it out of this list, and the compiler shows the places. */
export type NotYet = "hint" | "assert";

/** The refusal of a statement. */
export const notYet = (what: NotYet, span: Span): Diagnostic => codes.notYet({ what: `\`${what}\`` }, { span });
