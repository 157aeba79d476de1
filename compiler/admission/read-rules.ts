/** A text of admission rules (`policies/pane.fml`, or rules that a network adds) → rules of the Datalog engine. */
import type { Rule } from "../datalog/types.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { toDatalog } from "../fml/rules.ts";
import type { Source } from "../source.ts";
import { parse } from "../syntax/parse.ts";

/** The rules of a text, and the faults in it. Statements that are no rules are ignored here; `resolve` reports them. */
export function readRules(source: Source): {
  readonly rules: readonly Rule[];
  readonly diagnostics: readonly Diagnostic[];
} {
  const { file, diagnostics } = parse(source);
  const translated = file.statements.flatMap((one) => (one.kind === "rule" ? [toDatalog(one.rule)] : []));
  return {
    rules: translated.flatMap(({ rules }) => rules),
    diagnostics: [...diagnostics, ...translated.flatMap((one) => one.diagnostics)],
  };
}
