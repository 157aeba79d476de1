/** An unknown name → the known one that was probably meant, as help and as a fix. */
import type { Fix } from "../diagnostics/diagnostic.ts";
import { suggest } from "../diagnostics/suggest.ts";
import type { Span } from "../source.ts";

/** Help and fix for a name at a span, to be spread into the extras of a diagnostic. */
export function didYouMean(name: string, known: Iterable<string>, span: Span): { help?: string; fix?: Fix } {
  const meant = suggest(name, known);
  if (meant === undefined) return {};
  const plain = /^[A-Za-z_][\w-]*$/.test(meant) && !/^["']/.test(span.source.text.slice(span.start, span.end));
  const text = plain ? meant : JSON.stringify(meant);
  return { help: `did you mean \`${meant}\`?`, fix: { title: `write \`${meant}\``, span, text } };
}

export { suggest as nearest };
