/** A cube of a policy's rule → some of the facts that made it, as text in a fixed order, at most `MOST_FACTS`. */
import type { Engine } from "../../datalog/index.ts";
import type { Constant, Proof, Term, Tuple } from "../../datalog/types.ts";
import type { FiniteLiteral } from "./alternative.ts";

/** More facts than this are left out. */
export const MOST_FACTS = 8;

/** How a value is written in a rule: bare where that reads back as the same name. */
export function renderConstant(value: Constant): string {
  if (typeof value === "number") return String(value);
  return /^[a-z][\w-]*$/.test(value) || /^[\d.]+(?:\/\d+)?$/.test(value) || /^[0-9a-f]*:[0-9a-f:]*$/.test(value)
    ? value
    : JSON.stringify(value);
}

/** `in_group(alice, staff)`. */
export const renderFact = (relation: string, tuple: Tuple): string =>
  `${relation}(${tuple.map(renderConstant).join(", ")})`;

/** The literals whose variables are all known, as facts. */
export function instantiate(literals: readonly FiniteLiteral[], known: ReadonlyMap<string, Constant>): string[] {
  return literals.flatMap(({ literal }) => {
    const { relation, terms } = literal.atom;
    if (!/^\w/.test(relation)) return [];
    const values = terms.map((t) => valueOf(t, known));
    return [`${literal.negated ? "not " : ""}${relation}(${values.join(", ")})`];
  });
}

const valueOf = (term: Term, known: ReadonlyMap<string, Constant>): string => {
  const value = term.kind === "constant" ? term.value : term.kind === "variable" ? known.get(term.name) : undefined;
  return value === undefined ? "_" : renderConstant(value);
};

/** What a tuple of an auxiliary relation was derived from, one step deep. */
export function premises(engine: Engine, relation: string, tuple: Tuple): string[] {
  const proof = engine.explain(relation, tuple);
  return proof?.kind === "derived" ? proof.premises.flatMap(render) : [];
}

function render(proof: Proof): string[] {
  switch (proof.kind) {
    case "fact":
    case "derived":
      return /^\w/.test(proof.relation) ? [renderFact(proof.relation, proof.tuple)] : [];
    case "absent":
      return [
        `not ${proof.relation}(${proof.terms.map((t) => (t === undefined ? "_" : renderConstant(t))).join(", ")})`,
      ];
    case "builtin":
    case "external":
      return [];
  }
}

/** Without repetitions, in order, capped. */
export function capped(facts: readonly string[]): readonly string[] {
  const distinct = [...new Set(facts)];
  return distinct.length <= MOST_FACTS ? distinct : [...distinct.slice(0, MOST_FACTS), "…"];
}
