/** Flow attributes in rules: `srcUser(U)` is the field `user`. The positional form of FML is read as the same attributes. */
import type { Field } from "../flowgroup/fields.ts";
import type { Span } from "../source.ts";
import type { BodyExpr, Name, TermExpr } from "../syntax/ast.ts";
import { fieldOf } from "../syntax/flows.ts";
import { POSITIONS } from "../syntax/rules.ts";

/** An atom looks at the flow iff it has one term and the name of a field: `switch(s1, 1)` is a fact. */
export const attributeOf = (relation: Name, terms: readonly unknown[]): Field | undefined =>
  terms.length === 1 ? fieldOf(relation.text) : undefined;

/** `allow(U, _, _, _, H, _, tcp, _) <= body` → the body with `user(U), dstHost(H), transport(tcp)` before it. */
export function withPositions(
  positional: readonly TermExpr[] | undefined,
  body: BodyExpr | undefined,
  span: Span,
): BodyExpr | undefined {
  if (positional === undefined) return body;
  const attributes = positional.flatMap((term, at): BodyExpr[] => {
    const position = POSITIONS[at];
    if (position === undefined || term.kind === "anonymous") return [];
    const relation: Name = { text: fieldOf(position)!, quoted: false, span: term.span };
    return [{ kind: "atom", relation, terms: [term], span: term.span }];
  });
  const parts = body === undefined ? attributes : [...attributes, body];
  // `allow(_, _, _, _, _, _, _, _).` holds for every flow, as `allow.` does.
  return parts.length === 0 ? undefined : { kind: "and", parts, span };
}
