/** Flow attributes in rules: `srcUser(U)` is the field `user`. The positional form of FML is read as the same attributes. */
import { FIELDS, type Field } from "../flowgroup/fields.ts";
import type { Span } from "../source.ts";
import type { BodyExpr, Name, TermExpr } from "../syntax/ast.ts";

const fields = new Map<string, Field>([...FIELDS.map((f) => [f, f] as const), ["srcUser", "user"]]);

/** The field that a name in a rule stands for. */
export const fieldNamed = (name: string): Field | undefined => fields.get(name);

/** All names of fields, for proposals. */
export const fieldNames = (): Iterable<string> => fields.keys();

/** An atom looks at the flow iff it has one term and the name of a field: `switch(s1, 1)` is a fact. */
export const attributeOf = (relation: Name, terms: readonly unknown[]): Field | undefined =>
  terms.length === 1 ? fieldNamed(relation.text) : undefined;

/** The attributes of FML's eight positions: Us, Hs, As, Ud, Hd, Ad, Prot, Req. */
const POSITIONS = ["user", "srcHost", "srcAP", "dstUser", "dstHost", "dstAP", "transport", "direction"] as const;

/** `allow(U, _, _, _, H, _, tcp, _) <= body` → the body with `user(U), dstHost(H), transport(tcp)` before it. */
export function withPositions(
  positional: readonly TermExpr[] | undefined,
  body: BodyExpr | undefined,
  span: Span,
): BodyExpr | undefined {
  if (positional === undefined) return body;
  const attributes = positional.flatMap((term, at): BodyExpr[] => {
    const field = POSITIONS[at];
    if (field === undefined || term.kind === "anonymous") return [];
    const relation: Name = { text: field, quoted: false, span: term.span };
    return [{ kind: "atom", relation, terms: [term], span: term.span }];
  });
  return { kind: "and", parts: body === undefined ? attributes : [...attributes, body], span };
}
