/** Rules whose source and destination are one variable → a note: they hold what a host sends to itself (LANGUAGE, "FML rules"). */
import * as codes from "../diagnostics/codes/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { attributeOf } from "../fml/attributes.ts";
import type { BodyExpr, TermExpr } from "../syntax/ast.ts";
import type { Sorted } from "./sort-statements.ts";

/** The notes for all rules that decide flows. */
export function* sameEnds({ rules, policies }: Pick<Sorted, "rules" | "policies">): Generator<Diagnostic> {
  for (const { body } of [...rules, ...policies.flatMap((one) => one.rules)]) if (body) yield* inBody(body);
}

function* inBody(body: BodyExpr): Generator<Diagnostic> {
  if (body.kind === "or") for (const part of body.parts) yield* inBody(part);
  if (body.kind !== "and") return;
  for (const part of body.parts) if (part.kind !== "atom") yield* inBody(part);
  const sources = endsOf(body.parts, "srcHost");
  for (const to of endsOf(body.parts, "dstHost")) {
    const from = sources.find(({ name }) => name === to.name);
    if (from === undefined) continue;
    const related = [{ span: from.span, message: "the source" }];
    yield codes.toItself({ host: to.name }, { span: to.span, related });
  }
}

type Variable = Extract<TermExpr, { readonly kind: "variable" }>;

const endsOf = (parts: readonly BodyExpr[], field: "srcHost" | "dstHost"): readonly Variable[] =>
  parts.flatMap((part) => {
    if (part.kind !== "atom" || attributeOf(part.relation, part.terms) !== field) return [];
    const [term] = part.terms;
    return term?.kind === "variable" ? [term] : [];
  });
