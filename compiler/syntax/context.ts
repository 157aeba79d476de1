/** What every part of the lowering needs: the source, the dialect, where faults are reported, and how spans are made. */
import type { Tree } from "#grammar/tree.ts";
import type { IToken } from "#grammar/tokens.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Source, Span } from "../source.ts";

/** How a text is read: as `grammar/README.md` says, or as the 2012 prototype read its traces. */
export type Dialect = "glazier" | "prototype";

/** One file being lowered. A statement during which a fault was reported is dropped, so placeholders never escape. */
export interface Context {
  readonly source: Source;
  readonly dialect: Dialect;
  readonly diagnostics: Diagnostic[];
}

/** Where a token stands. */
export function spanOf(context: Context, token: IToken): Span {
  return { source: context.source, start: token.startOffset, end: token.endOffset! + 1 };
}

/** Where a tree stands. */
export function spanOfTree(context: Context, tree: Tree<string, unknown>): Span {
  return { source: context.source, start: tree.location.startOffset, end: tree.location.endOffset! + 1 };
}

/** What a tree looked like. */
export function textOf(span: Span): string {
  return span.source.text.slice(span.start, span.end);
}
