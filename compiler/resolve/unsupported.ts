/** What the language can say and this version cannot compile: refused here and nowhere else, never ignored. */
import * as codes from "../diagnostics/codes/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Span } from "../source.ts";

/** Statements that are parsed and not compiled. Taking one out of this list shows, by type errors, where it is refused. */
export type Unsupported = "hint" | "assert";

/** The refusal of a statement. */
export const unsupported = (what: Unsupported, span: Span): Diagnostic =>
  codes.notYet({ what: `\`${what}\`` }, { span, help: "take it out: it would decide no packet" });
