/** Ground facts, each with its place in the text: a statement of a policy or a row of a data file. */
import type { Tuple } from "../datalog/types.ts";
import { by } from "../net/order.ts";
import type { Span } from "../source.ts";

export interface LocatedFact {
  readonly tuple: Tuple;
  readonly span: Span;
}

/** Facts by relation; each tuple once, at its first place. */
export class FactBase {
  readonly relations = new Map<string, Map<string, LocatedFact>>();

  add(relation: string, fact: LocatedFact): void {
    let facts = this.relations.get(relation);
    if (facts === undefined) this.relations.set(relation, (facts = new Map()));
    const key = fact.tuple.map((c) => (typeof c === "number" ? `#${c}` : c)).join("\u0000");
    if (!facts.has(key)) facts.set(key, fact);
  }

  /** Makes a relation known, even without facts. */
  declare(relation: string): void {
    if (!this.relations.has(relation)) this.relations.set(relation, new Map());
  }

  of(relation: string): Iterable<LocatedFact> {
    return this.relations.get(relation)?.values() ?? [];
  }

  /** Relation → its tuples, sorted, so that the order of files does not matter. */
  tuples(): Map<string, readonly Tuple[]> {
    const sorted = [...this.relations].toSorted(by((entry) => entry[0]));
    return new Map(
      sorted.map(([relation, facts]) => {
        const keyed = [...facts].toSorted(by((entry) => entry[0]));
        return [relation, keyed.map(([, fact]) => fact.tuple)];
      }),
    );
  }
}
