/** The formatter with diagnostics: what `glazier fmt` and editors call. */
import { format } from "#grammar/printer.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Source } from "../source.ts";
import { faultDiagnostic } from "./faults.ts";

/** A source in canonical layout, or what keeps it from being read. */
export function formatSource(source: Source): { readonly text: string } | { readonly diagnostics: Diagnostic[] } {
  const formatted = format(source.text);
  return "text" in formatted
    ? formatted
    : { diagnostics: formatted.faults.map((fault) => faultDiagnostic(source, fault)) };
}
