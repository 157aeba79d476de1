/**
 * Names in the rules that a network adds to admission: users, shares, nodes, kinds of request. One that does not exist
 * makes a rule that never fires, and no decision would show it.
 */
import { unknownShare } from "../diagnostics/codes/admission.ts";
import { unknownWord } from "../diagnostics/codes/model.ts";
import { nodeFault, userFault } from "../model/awaited.ts";
import type { Diagnostic, Fix } from "../diagnostics/diagnostic.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import type { Rule, Term } from "../datalog/types.ts";
import { nameKindOf } from "./vocabulary.ts";
import { WORD_KINDS, WORDS, type NameKind } from "./vocabulary-columns.ts";
import type { Span } from "../source.ts";
import type { Model } from "../model/model.ts";

type Named = Pick<Model, "rules" | "statements" | "directory">;

/** One finding for each name that does not exist. A trace makes its own network, so there only words are checked. */
export function checkNetworkRuleNames(
  { rules, statements, directory }: Named,
  trace: boolean,
  awaits: boolean,
): Diagnostic[] {
  const shares = new Set(["rootShare"]);
  for (const { demand } of rules.length > 0 ? statements : []) if (demand.kind === "NewShare") shares.add(demand.share);
  const listed = (kind: NameKind): Iterable<string> | undefined => {
    if (kind in WORDS) return WORDS[kind as keyof typeof WORDS];
    if (trace) return undefined;
    if (kind === "user") return directory.users;
    return kind === "share" ? shares : [...directory.hosts.keys(), ...directory.switches.keys()];
  };
  const sets = new Map<NameKind, ReadonlySet<string> | undefined>();
  const known = (kind: NameKind): ReadonlySet<string> | undefined => {
    if (!sets.has(kind)) {
      const names = listed(kind);
      sets.set(kind, names && new Set(names));
    }
    return sets.get(kind);
  };
  const found: Diagnostic[] = [];
  for (const { name, kind, span } of rules.flatMap((rule) => [...namesIn(rule)])) {
    const names = known(kind);
    if (names === undefined || names.has(name)) continue;
    if (kind === "user") found.push(userFault({ name, known: names, span, awaits, place: "rule" }));
    else if (kind === "node") found.push(nodeFault({ name, known: names, span, awaits, place: "rule" }));
    else found.push(unknown(name, kind, { span, ...didYouMean(name, names, span, "rule") }));
  }
  return found;
}

interface NameAt {
  readonly name: string;
  readonly kind: NameKind;
  readonly span: Span;
}

/** Names in columns of the admission relations, and those that variables of such columns are compared with. */
function* namesIn({ body }: Rule): Generator<NameAt> {
  const kinds = new Map<string, NameKind>();
  const nameAt = (term: Term, kind: NameKind | undefined): readonly NameAt[] =>
    kind !== undefined && term.kind === "constant" && typeof term.value === "string" && term.span !== undefined
      ? [{ name: term.value, kind, span: term.span }]
      : [];
  for (const { relation, terms } of body.map(({ atom }) => atom)) {
    for (const [at, term] of terms.entries()) {
      const kind = nameKindOf(relation, at);
      yield* nameAt(term, kind);
      if (term.kind === "variable" && kind !== undefined && !kinds.has(term.name)) kinds.set(term.name, kind);
    }
  }
  const kindOf = (term: Term): NameKind | undefined => (term.kind === "variable" ? kinds.get(term.name) : undefined);
  for (const { relation, terms } of body.map(({ atom }) => atom)) {
    const [left, right] = terms;
    if (!left || !right || (relation !== "=" && relation !== "!=")) continue;
    yield* nameAt(left, kindOf(right));
    yield* nameAt(right, kindOf(left));
  }
}

function unknown(
  name: string,
  kind: Exclude<NameKind, "user" | "node">,
  extras: { readonly span: Span; help?: string; fix?: Fix },
): Diagnostic {
  if (kind === "share") return unknownShare({ share: name }, extras);
  const help = extras.help ?? `there are ${WORDS[kind].map((word) => `\`${word}\``).join(", ")}`;
  return unknownWord({ name, what: WORD_KINDS[kind] }, { ...extras, help });
}
