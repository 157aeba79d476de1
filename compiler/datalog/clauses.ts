/**
 * Rules become clauses: variables and constants are numbered registers, literals know what they name, `not p(X, _)`
 * asks a hidden projection of `p`, and a rule with an aggregate is split into hidden bindings and a fold over them.
 */
import { ExternalRelation } from "./external.ts";
import type { Interner } from "./intern.ts";
import { Relation } from "./relation.ts";
import type { AggregateFunction, Builtin, HeadTerm, Literal, ProgramOptions, Rule, Term } from "./types.ts";
import { standardBuiltins } from "./builtins.ts";

/** The register of `_`: none. */
export const ANONYMOUS = -1;

interface GoalBase {
  readonly negated: boolean;
  /** A register per term, or ANONYMOUS. */
  readonly slots: readonly number[];
  /** Index into the rule's body. */
  readonly literal: number;
  readonly name: string;
}

export type Goal =
  | (GoalBase & { readonly kind: "stored"; readonly relation: Relation })
  | (GoalBase & { readonly kind: "external"; readonly external: ExternalRelation })
  | (GoalBase & { readonly kind: "builtin"; readonly builtin: Builtin });

export interface Clause {
  /** Absent for hidden projections. */
  readonly rule: Rule | undefined;
  readonly head: Relation;
  readonly headSlots: readonly number[];
  readonly goals: readonly Goal[];
  /** Registers with the constants in place. */
  readonly registers: readonly number[];
  /** Register of each named variable. */
  readonly variables: ReadonlyMap<string, number>;
  readonly constantSlots: ReadonlySet<number>;
}

/** How a head term of an aggregate rule is made from the hidden bindings. */
export type Output =
  | { readonly kind: "column"; readonly column: number }
  | { readonly kind: "constant"; readonly id: number }
  | { readonly kind: "aggregate"; readonly function: AggregateFunction; readonly column: number };

export interface AggregateClause {
  readonly rule: Rule;
  /** One fact per binding of the body's variables. */
  readonly bindings: Clause;
  /** One fact per group; a clause without a rule copies it into the head's relation. */
  readonly result: Relation;
  readonly outputs: readonly Output[];
}

/** Everything that rules can name, and the clauses over it. */
export interface DatalogProgram {
  readonly relations: ReadonlyMap<string, Relation>;
  readonly externals: ReadonlyMap<string, ExternalRelation>;
  readonly builtins: ReadonlyMap<string, Builtin>;
  /** Hidden relations too. */
  readonly stored: readonly Relation[];
  readonly clauses: readonly Clause[];
  readonly aggregates: readonly AggregateClause[];
}

class Registers {
  readonly values: number[] = [];
  readonly variables = new Map<string, number>();
  readonly constantSlots = new Set<number>();
  readonly #constants = new Map<number, number>();
  readonly #interner: Interner;

  constructor(interner: Interner) {
    this.#interner = interner;
  }

  slot(term: Term): number {
    if (term.kind === "anonymous") return ANONYMOUS;
    if (term.kind === "variable") return this.variable(term.name);
    const id = this.#interner.intern(term.value);
    let slot = this.#constants.get(id);
    if (slot === undefined) {
      // The rule holds its constants for good.
      this.#interner.retain(id);
      slot = this.values.push(id) - 1;
      this.#constants.set(id, slot);
      this.constantSlots.add(slot);
    }
    return slot;
  }

  variable(name: string): number {
    let slot = this.variables.get(name);
    if (slot === undefined) {
      slot = this.values.push(-1) - 1;
      this.variables.set(name, slot);
    }
    return slot;
  }
}

function isAggregate(rule: Rule): boolean {
  return rule.head.terms.some((term) => term.kind === "aggregate");
}

/** `head(#0, #1, …) <= relation(slots…)`, a clause without a written rule. */
function hidden(head: Relation, relation: Relation, slots: readonly number[]): Clause {
  const columns = Array.from({ length: head.arity }, (_, column) => column);
  return {
    rule: undefined,
    head,
    headSlots: columns,
    goals: [{ kind: "stored", negated: false, slots, literal: 0, name: relation.name, relation }],
    registers: columns.map(() => -1),
    variables: new Map(),
    constantSlots: new Set(),
  };
}

function copyOf(relation: Relation, head: Relation): Clause {
  return hidden(
    head,
    relation,
    Array.from({ length: relation.arity }, (_, column) => column),
  );
}

/** Compiles checked rules (see `check.ts`); it relies on their safety and arities. */
export function compileProgram(options: ProgramOptions, interner: Interner): DatalogProgram {
  const builtins = new Map(Object.entries({ ...standardBuiltins, ...options.builtins }));
  const externals = new Map(
    Object.entries(options.externals ?? {}).map(([name, external]) => [name, new ExternalRelation(name, external)]),
  );
  const relations = new Map<string, Relation>();
  const stored: Relation[] = [];
  const clauses: Clause[] = [];
  const aggregates: AggregateClause[] = [];
  const projections = new Map<string, Relation>();

  const keep = (relation: Relation): Relation => {
    stored.push(relation);
    return relation;
  };
  const relationOf = (name: string, arity: number): Relation => {
    let relation = relations.get(name);
    if (relation === undefined) {
      relation = keep(new Relation(name, arity, interner));
      relations.set(name, relation);
    }
    return relation;
  };

  /** The hidden relation of those columns of `relation` that `not` looks at. */
  const projectionOf = (relation: Relation, columns: readonly number[]): Relation => {
    const key = JSON.stringify([relation.name, columns]);
    let projection = projections.get(key);
    if (projection === undefined) {
      projection = keep(new Relation(relation.name, columns.length, interner, true));
      projections.set(key, projection);
      const slots = Array.from({ length: relation.arity }, (_, column) => columns.indexOf(column));
      clauses.push(hidden(projection, relation, slots));
    }
    return projection;
  };

  const goalOf = ({ atom, negated }: Literal, literal: number, registers: Registers): Goal => {
    const slots = atom.terms.map((term) => registers.slot(term));
    const base = { negated, slots, literal, name: atom.relation };
    const builtin = builtins.get(atom.relation);
    if (builtin !== undefined) return { ...base, kind: "builtin", builtin };
    const external = externals.get(atom.relation);
    if (external !== undefined) return { ...base, kind: "external", external };
    const relation = relationOf(atom.relation, atom.terms.length);
    if (!negated || !slots.includes(ANONYMOUS)) return { ...base, kind: "stored", relation };
    const columns = slots.flatMap((slot, column) => (slot === ANONYMOUS ? [] : [column]));
    const known = columns.map((column) => slots[column]!);
    return { ...base, kind: "stored", slots: known, relation: projectionOf(relation, columns) };
  };

  for (const [name, arity] of Object.entries(options.base ?? {})) relationOf(name, arity);
  for (const rule of options.rules) {
    const registers = new Registers(interner);
    const head = relationOf(rule.head.relation, rule.head.terms.length);
    const goals = rule.body.map((literal, at) => goalOf(literal, at, registers));
    const finish = (relation: Relation, headSlots: readonly number[]): Clause => ({
      rule,
      head: relation,
      headSlots,
      goals,
      registers: registers.values,
      variables: registers.variables,
      constantSlots: registers.constantSlots,
    });
    if (!isAggregate(rule)) {
      clauses.push(
        finish(
          head,
          rule.head.terms.map((term) => registers.slot(term as Term)),
        ),
      );
      continue;
    }
    const variables = [...registers.variables.keys()];
    const outputs = rule.head.terms.map((term: HeadTerm): Output => {
      if (term.kind === "aggregate") {
        return { kind: "aggregate", function: term.function, column: variables.indexOf(term.variable) };
      }
      if (term.kind === "variable") return { kind: "column", column: variables.indexOf(term.name) };
      return { kind: "constant", id: registers.values[registers.slot(term)]! };
    });
    const bindings = keep(new Relation(rule.head.relation, variables.length, interner, true));
    const clause = finish(
      bindings,
      variables.map((name) => registers.variable(name)),
    );
    const result = keep(new Relation(rule.head.relation, head.arity, interner, true));
    clauses.push(clause, copyOf(result, head));
    aggregates.push({ rule, bindings: clause, result, outputs });
  }
  return { relations, externals, builtins, stored, clauses, aggregates };
}
