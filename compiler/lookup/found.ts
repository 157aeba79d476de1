/**
 * The result of looking words up in a policy: what they mean, or why they mean nothing. The words come from outside the
 * policy files: an argument on the command line, a field of a request over HTTP, a line in an editor.
 */
import type { Diagnostic } from "../diagnostics/diagnostic.ts";

export type Lookup<T> = { readonly ok: true; readonly value: T } | Fault;

export interface Fault {
  readonly ok: false;
  /**
   * Whether the words are wrong (`misuse`), are understood and cannot be answered (`refusal`), or ask for more than the
   * budget for sets allows (`undecided`).
   */
  readonly kind: "misuse" | "refusal" | "undecided";
  /** One clause; it starts in lower case and ends without a period. */
  readonly fault: string;
  /** What to write instead, or where to look. */
  readonly help?: string;
  /** What the parser or the resolver says of the words, in the source `<argument>`. */
  readonly diagnostics: readonly Diagnostic[];
}

/** The meaning of words. */
export const found = <T>(value: T): Lookup<T> => ({ ok: true, value });

/** Words that are wrong. */
export const misuse = (fault: string, help?: string, diagnostics: readonly Diagnostic[] = []): Fault => ({
  ok: false,
  kind: "misuse",
  fault,
  ...(help !== undefined && { help }),
  diagnostics,
});

/** Words that are understood, of something that cannot be answered. */
export const refusal = (fault: string): Fault => ({ ok: false, kind: "refusal", fault, diagnostics: [] });

/** Words that are understood, of something whose answer costs more than the budget for sets. */
export const undecidedFault = (fault: string, help: string): Fault => ({
  ok: false,
  kind: "undecided",
  fault,
  help,
  diagnostics: [],
});
