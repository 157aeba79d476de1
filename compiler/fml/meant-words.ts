/**
 * Variables that were hardly meant as such: `kind(H, Staff), kind(G, Staff)` where facts say `kind(h1, staff)`. A column
 * that holds a value which differs in capital letters alone, or not at all, says what was meant.
 */
import type { FactBase } from "../model/facts.ts";
import type { RuleExpr, TermExpr } from "../syntax/ast.ts";
import { leaves } from "./predicates.ts";

/** A relation and one of its columns, from zero. */
type Column = `${string} ${number}`;

/** Names of variables, in small letters, that stand in a column → the value there that is spelled so. */
type Spelled = Map<string, string | undefined>;

/** The values that facts and rules give to columns, as far as variables of some rule stand there and are spelled alike. */
export class MeantWords {
  private readonly columns = new Map<Column, Spelled>();

  constructor(facts: FactBase, rules: readonly RuleExpr[]) {
    const atoms = rules.flatMap((rule) => [...atomsOf(rule)]);
    const asked = new Set<string>();
    for (const [relation, terms] of atoms)
      for (const [at, term] of terms.entries()) {
        if (term.kind !== "variable" || !isWord(term.name)) continue;
        const key: Column = `${relation} ${at}`;
        const spelled: Spelled = this.columns.get(key) ?? new Map();
        this.columns.set(key, spelled.set(term.name.toLowerCase(), undefined));
        asked.add(relation);
      }
    for (const [relation, terms] of atoms)
      for (const [at, term] of terms.entries())
        if (term.kind === "value" && term.value.kind === "name") this.holds(relation, at, term.value.name.text);
    for (const relation of asked)
      for (const { tuple } of facts.of(relation))
        for (const [at, value] of tuple.entries()) if (typeof value === "string") this.holds(relation, at, value);
  }

  private holds(relation: string, at: number, value: string): void {
    const spelled = this.columns.get(`${relation} ${at}`);
    if (spelled === undefined) return;
    const small = value.toLowerCase();
    if (spelled.has(small)) spelled.set(small, value);
  }

  /** The value of a rule's relations that a variable of it is spelled like, and which relation holds it. */
  find(rule: RuleExpr, variable: string): { readonly relation: string; readonly value: string } | undefined {
    if (!isWord(variable)) return undefined;
    for (const [relation, terms] of atomsOf(rule))
      for (const [at, term] of terms.entries()) {
        if (term.kind !== "variable" || term.name !== variable) continue;
        const value = this.columns.get(`${relation} ${at}`)?.get(variable.toLowerCase());
        if (value !== undefined) return { relation, value };
      }
    return undefined;
  }
}

/** A letter, or a letter and a number, is what variables are called, and `_` says that anything is meant. */
const isWord = (variable: string): boolean => !/^(?:_|.\d*$)/u.test(variable);

/** The relations of a rule with their terms, its head among them. */
function* atomsOf({ head, body }: RuleExpr): Generator<readonly [relation: string, terms: readonly TermExpr[]]> {
  if (head.kind === "atom") yield [head.relation.text, head.terms];
  for (const leaf of leaves(body)) if (leaf.kind === "atom") yield [leaf.relation.text, leaf.terms];
}
