/** Whether rules can be evaluated at all: names and arities, safety, negation without cycles, sorts. */
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Source } from "../source.ts";
import { checkNames } from "./arity.ts";
import { checkCycles } from "./cycles.ts";
import { Definitions } from "./definitions.ts";
import { checkSafety } from "./safety.ts";
import { checkSorts } from "./sorts.ts";
import type { ProgramOptions, Rule } from "./types.ts";

/** Findings in the order of the text. Safety and sorts are looked at only where names and arities are in order. */
export function checkProgram(options: ProgramOptions): Diagnostic[] {
  const definitions = new Definitions(options);
  const names = checkNames(definitions);
  const found = names.length > 0 ? names : [...checkSafety(definitions), ...checkSorts(definitions)];
  return inTextOrder([...found, ...checkCycles(definitions)], options.rules);
}

function inTextOrder(found: readonly Diagnostic[], rules: readonly Rule[]): Diagnostic[] {
  const sources = new Map<Source, number>();
  for (const { span } of rules)
    if (span !== undefined && !sources.has(span.source)) sources.set(span.source, sources.size);
  const place = ({ span }: Diagnostic): readonly [number, number] =>
    span === undefined ? [sources.size + 1, 0] : [sources.get(span.source) ?? sources.size, span.start];
  return found.toSorted((left, right) => {
    const [source, start] = place(left);
    const [otherSource, otherStart] = place(right);
    return source - otherSource || start - otherStart;
  });
}
