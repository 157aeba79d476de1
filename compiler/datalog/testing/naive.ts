/**
 * The obviously right evaluator, for tests only: strata one after the other, each rule over all substitutions, until
 * nothing is new. Externals are plain lists of tuples here.
 */
import {
  compareConstants,
  standardBuiltins,
  type Builtin,
  type Constant,
  type Rule,
  type Term,
  type Tuple,
} from "../index.ts";

export type Binding = ReadonlyMap<string, Constant>;

/** Relations as sets of tuples under their JSON text. */
export type Facts = Map<string, Map<string, Tuple>>;

export interface World {
  readonly rules: readonly Rule[];
  readonly base: Iterable<readonly [relation: string, tuple: Tuple]>;
  readonly builtins?: Readonly<Record<string, Builtin>>;
  readonly externals?: Readonly<Record<string, readonly Tuple[]>>;
}

function value(term: Term, binding: Binding): Constant | undefined {
  if (term.kind === "constant") return term.value;
  return term.kind === "variable" ? binding.get(term.name) : undefined;
}

/** The binding extended so that the terms equal the tuple. */
export function match(terms: readonly Term[], tuple: Tuple, binding: Binding): Binding | undefined {
  const extended = new Map(binding);
  for (const [column, term] of terms.entries()) {
    if (term.kind === "anonymous") continue;
    const known = value(term, extended);
    if (known === undefined) extended.set((term as { name: string }).name, tuple[column]!);
    else if (known !== tuple[column]) return undefined;
  }
  return extended;
}

/** The binding extended by a built-in; none where it does not hold, undefined where an input is not bound. */
function applyBuiltin(builtin: Builtin, terms: readonly Term[], binding: Binding): Binding[] | undefined {
  const values = terms.map((term) => value(term, binding));
  const extend = (tuple: Tuple): Binding[] => [match(terms, tuple, binding)].filter((found) => found !== undefined);
  if (builtin.kind === "equality") {
    const known = values[0] ?? values[1];
    return known === undefined ? undefined : extend([known, known]);
  }
  const inputs = builtin.kind === "function" ? values.slice(0, -1) : values;
  if (inputs.includes(undefined)) return undefined;
  if (builtin.kind === "test") return builtin.test(...(inputs as Constant[])) ? [binding] : [];
  const result = builtin.apply(...(inputs as Constant[]));
  return result === undefined ? [] : extend([...(inputs as Constant[]), result]);
}

/** All bindings under which the body holds. */
export function solutions({ body }: Rule, world: World, facts: Facts): Binding[] {
  const tuplesOf = (name: string): Iterable<Tuple> => world.externals?.[name] ?? facts.get(name)?.values() ?? [];
  const builtinOf = (name: string): Builtin | undefined => world.builtins?.[name] ?? standardBuiltins[name];
  let bindings: Binding[] = [new Map()];
  for (const { negated, atom } of body) {
    if (negated || builtinOf(atom.relation) !== undefined) continue;
    bindings = bindings.flatMap((binding) =>
      [...tuplesOf(atom.relation)].flatMap((tuple) => match(atom.terms, tuple, binding) ?? []),
    );
  }
  let waiting = body.filter(({ negated, atom }) => !negated && builtinOf(atom.relation) !== undefined);
  while (waiting.length > 0 && bindings.length > 0) {
    const ready = waiting.find(
      ({ atom }) => applyBuiltin(builtinOf(atom.relation)!, atom.terms, bindings[0]!) !== undefined,
    );
    if (ready === undefined) throw new Error("unsafe rule");
    const { terms, relation } = ready.atom;
    bindings = bindings.flatMap((binding) => applyBuiltin(builtinOf(relation)!, terms, binding)!);
    waiting = waiting.filter((literal) => literal !== ready);
  }
  return bindings.filter((binding) =>
    body.every(({ negated, atom }) => {
      if (!negated) return true;
      const builtin = builtinOf(atom.relation);
      if (builtin !== undefined) return applyBuiltin(builtin, atom.terms, binding)!.length === 0;
      return ![...tuplesOf(atom.relation)].some((tuple) => match(atom.terms, tuple, binding) !== undefined);
    }),
  );
}

/** The head's tuples; groups of an aggregate are made of distinct bindings. */
function derive(rule: Rule, world: World, facts: Facts): Tuple[] {
  const { terms } = rule.head;
  const found = solutions(rule, world, facts);
  const plain = (binding: Binding): (Constant | undefined)[] =>
    terms.map((term) => (term.kind === "aggregate" ? undefined : value(term, binding)));
  if (!terms.some(({ kind }) => kind === "aggregate")) return found.map((binding) => plain(binding) as Tuple);
  const distinct = new Map(
    found.map((binding) => [JSON.stringify([...binding].map((entry) => JSON.stringify(entry)).toSorted()), binding]),
  );
  const groups = Map.groupBy(distinct.values(), (binding) => JSON.stringify(plain(binding)));
  return [...groups.values()].map((group) =>
    terms.map((term) =>
      term.kind === "aggregate"
        ? fold(
            term.function,
            group.map((each) => each.get(term.variable)!),
          )
        : value(term, group[0]!)!,
    ),
  );
}

export function fold(name: "min" | "max" | "sum" | "count", values: readonly Constant[]): Constant {
  if (name === "count") return values.length;
  if (name === "sum") return values.reduce<number>((total, each) => total + Number(each), 0);
  const sorted = values.toSorted(compareConstants);
  return name === "min" ? sorted[0]! : sorted.at(-1)!;
}

/** A level per relation: above what it negates or folds, not below what it uses. */
function levels(rules: readonly Rule[]): Map<string, number> {
  const level = new Map<string, number>();
  for (let changed = true; changed;) {
    changed = false;
    for (const { head, body } of rules) {
      const folds = head.terms.some(({ kind }) => kind === "aggregate");
      for (const { negated, atom } of body) {
        const needed = (level.get(atom.relation) ?? 0) + (negated || folds ? 1 : 0);
        if ((level.get(head.relation) ?? 0) >= needed) continue;
        if (needed > rules.length) throw new Error("not stratified");
        level.set(head.relation, needed);
        changed = true;
      }
    }
  }
  return level;
}

/** Everything that holds. */
export function evaluate(world: World): Facts {
  const facts: Facts = new Map();
  const add = (relation: string, tuple: Tuple): boolean => {
    let tuples = facts.get(relation);
    if (tuples === undefined) facts.set(relation, (tuples = new Map()));
    const key = JSON.stringify(tuple);
    if (tuples.has(key)) return false;
    tuples.set(key, tuple);
    return true;
  };
  for (const [relation, tuple] of world.base) add(relation, tuple);
  const level = levels(world.rules);
  const of = (rule: Rule): number => level.get(rule.head.relation) ?? 0;
  for (const stratum of new Set(world.rules.map(of).toSorted((left, right) => left - right))) {
    const rules = world.rules.filter((rule) => of(rule) === stratum);
    for (let changed = true; changed;) {
      changed = false;
      for (const rule of rules) {
        for (const tuple of derive(rule, world, facts)) if (add(rule.head.relation, tuple)) changed = true;
      }
    }
  }
  return facts;
}
