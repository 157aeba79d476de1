/** Names: every relation is known, has one arity, and only stored relations have rules. */
import { notDefinable } from "../diagnostics/codes/datalog.ts";
import { unknownRelation, wrongArity } from "../diagnostics/codes/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import type { Span } from "../source.ts";
import type { Definitions } from "./definitions.ts";
import type { Atom, HeadTerm } from "./types.ts";

interface Use {
  readonly relation: string;
  readonly terms: readonly HeadTerm[];
  readonly span?: Span;
}

function terms(count: number): string {
  return count === 1 ? "1 term" : `${count} terms`;
}

export function checkNames(definitions: Definitions): Diagnostic[] {
  const found: Diagnostic[] = [];
  const first = new Map<string, Use>();
  let names: readonly string[] | undefined;
  const check = (use: Use): void => {
    const { relation, span } = use;
    const given = use.terms.length;
    const declared = definitions.arity(relation);
    const earlier = first.get(relation);
    const expected = declared ?? earlier?.terms.length;
    if (expected === undefined) first.set(relation, use);
    else if (given !== expected) {
      const related =
        declared === undefined && earlier?.span !== undefined
          ? [{ span: earlier.span, message: `\`${relation}\` has ${terms(expected)} here` }]
          : [];
      const words = { name: relation, expected: terms(expected), given: `${given} ${given === 1 ? "is" : "are"}` };
      found.push(wrongArity(words, { span, related }));
    }
  };
  for (const { head, body } of definitions.rules) {
    if (!definitions.isStored(head.relation)) {
      const what = definitions.builtin(head.relation) === undefined ? "given from outside" : "built in";
      found.push(notDefinable({ relation: head.relation, what }, { span: head.span }));
    } else check(head);
    for (const { atom } of body) {
      if (definitions.isKnown(atom.relation)) check(atom);
      else found.push(unknown(atom, (names ??= [...written(definitions)])));
    }
  }
  return found;
}

/** The diagnostic of an unknown relation, at the name alone if the atom begins with it. */
function unknown({ relation: name, span }: Atom, names: readonly string[]): Diagnostic {
  if (span === undefined || !span.source.text.startsWith(name, span.start)) return unknownRelation({ name }, { span });
  const place = { ...span, end: span.start + name.length };
  return unknownRelation({ name }, { span: place, ...didYouMean(name, names, place) });
}

/** The relations that a user can write. */
function* written(definitions: Definitions): Generator<string> {
  for (const name of definitions.names()) if (/^\w/.test(name)) yield name;
}
