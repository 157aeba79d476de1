/** What a diagnostic is. Messages live in one typed table (`codes/`), rendering in `render.ts`. */
import type { Span } from "../source.ts";

export type Severity = "error" | "warning" | "note";

/** A second place that matters: the share's definition, the blocking request, the first of two duplicates. */
export interface Related {
  readonly span: Span;
  readonly message: string;
}

/** A change of text that mends the fault. Offered only where applying it was checked to help. */
export interface Fix {
  readonly title: string;
  readonly span: Span;
  readonly text: string;
}

/**
 * One finding about the user's policy. Sentences start in lower case and end without a period; the user's own words
 * stand in backticks; no line breaks and none of our type names.
 */
export interface Diagnostic {
  /** Stable: `E201`, `W803`, `N101`. The letter is the severity. */
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  /** Absent only where no text is at fault (a folder without policies, a switch that does not answer). */
  readonly span?: Span;
  readonly related: readonly Related[];
  /** A concrete flow, instant or cycle on which the fault shows, rendered. */
  readonly witness?: string;
  /** What to do, in words. */
  readonly help?: string;
  readonly fix?: Fix;
}

/** Whether an error is among them. */
export const hasErrors = (diagnostics: readonly Diagnostic[]): boolean =>
  diagnostics.some(({ severity }) => severity === "error");
