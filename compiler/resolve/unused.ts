/**
 * Flowgroups and relations that files define and no statement uses → notes. They change nothing, but mostly something was
 * to use them. Files that are included serve many policies, so what they define is not reported.
 */
import { unusedName } from "../diagnostics/codes/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { leaves } from "../fml/predicates.ts";
import { IMPLICIT } from "../fml/implicit-rules.ts";
import type { Program } from "../fml/program.ts";
import { DIRECTORY_SORTS } from "../fml/sorts.ts";
import type { Flows } from "../model/flows.ts";
import type { Source, Span } from "../source.ts";
import type { RuleExpr } from "../syntax/ast.ts";

/** One note for each such name; what admission answers (`vocabulary`) and asks, and what `reported` tells already, has none. */
export function unusedNames(
  { definitions, predicates, admission }: Program,
  { declared, used }: Flows,
  policyRules: readonly RuleExpr[],
  { given, vocabulary, reported }: Told,
): readonly Diagnostic[] {
  const asked = new Set<string>([...DIRECTORY_SORTS.keys(), ...IMPLICIT, ...vocabulary]);
  for (const { body } of [...[...definitions.values()].flat(), ...policyRules])
    for (const leaf of leaves(body)) if (leaf.kind === "atom") asked.add(leaf.relation.text);
  const told = new Set(reported.map(({ span }) => placeOf(span)));
  const found: Diagnostic[] = [];
  const note = (what: string, name: string, span: Span): void => {
    if (given.has(span.source) && !told.has(placeOf(span)))
      found.push(unusedName({ what, name }, { span, ...(what === "flowgroup" && { help: SAID }) }));
  };
  for (const [name, { name: written }] of declared) if (!used.has(name)) note("flowgroup", name, written.span);
  for (const [name, [first]] of definitions) {
    if (asked.has(name) || admission.has(name) || first?.head.kind !== "atom") continue;
    note(predicates.has(name) ? "predicate" : "relation", name, first.head.relation.span);
  }
  return found;
}

/** A sentence to a running network names flowgroups of its files; relations it cannot ask. */
const SAID = "only what is said to a running network could name it";

interface Told {
  /** The files that are no includes. */
  readonly given: ReadonlySet<Source>;
  readonly vocabulary: ReadonlySet<string>;
  readonly reported: readonly Diagnostic[];
}

const placeOf = (span: Span | undefined): string => `${span?.source.name}:${span?.start}`;
