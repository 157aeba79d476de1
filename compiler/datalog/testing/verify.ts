/** Checks a proof without trusting the engine: every step is an instance of its rule, every leaf is true, none is circular. */
import { standardBuiltins, type Builtin, type Constant, type Proof, type Term } from "../index.ts";
import { fold, match, type Binding, type Facts, type World } from "./naive.ts";

type Derived = Proof & { kind: "derived" };

/** The first fault of the proof, or undefined. `base` are the base facts, `facts` all that hold. */
export function faultOf(proof: Proof, world: World, base: Facts, facts: Facts): string | undefined {
  const checked = new Set<Proof>();
  const open = new Set<Proof>();
  const visit = (node: Proof): string | undefined => {
    if (checked.has(node)) return undefined;
    if (open.has(node)) return "circular";
    open.add(node);
    const fault = step(node);
    open.delete(node);
    checked.add(node);
    return fault;
  };
  const step = (node: Proof): string | undefined => {
    switch (node.kind) {
      case "fact":
        return base.get(node.relation)?.has(JSON.stringify(node.tuple)) ? undefined : `no fact ${JSON.stringify(node)}`;
      case "external":
        return world.externals?.[node.relation]?.some((each) => JSON.stringify(each) === JSON.stringify(node.tuple))
          ? undefined
          : `not in external: ${JSON.stringify(node)}`;
      case "builtin":
        return isTrue(world.builtins?.[node.relation] ?? standardBuiltins[node.relation]!, node.tuple)
          ? undefined
          : `builtin fails: ${JSON.stringify(node)}`;
      case "absent":
        return isAbsent(node, world, facts) ? undefined : `present: ${JSON.stringify(node)}`;
      case "derived": {
        for (const premise of node.premises) {
          const fault = visit(premise);
          if (fault !== undefined) return fault;
        }
        return instanceFault(node, world);
      }
    }
  };
  return visit(proof);
}

function isTrue(builtin: Builtin, tuple: readonly Constant[]): boolean {
  if (builtin.kind === "equality") return tuple[0] === tuple[1];
  if (builtin.kind === "test") return builtin.test(...tuple);
  const result = builtin.apply(...tuple.slice(0, builtin.arity - 1));
  return result !== undefined && (tuple.at(-1) === undefined || tuple.at(-1) === result);
}

function isAbsent({ relation, terms }: Proof & { kind: "absent" }, world: World, facts: Facts): boolean {
  const builtin = world.builtins?.[relation] ?? standardBuiltins[relation];
  if (builtin !== undefined) return !isTrue(builtin, terms as Constant[]);
  const tuples = world.externals?.[relation] ?? [...(facts.get(relation)?.values() ?? [])];
  return !tuples.some((tuple) => terms.every((term, column) => term === undefined || term === tuple[column]));
}

/** The substitution of one pass through the body, read off its premises. */
function bindingOf(node: Derived, premises: readonly Proof[], start: Binding): Binding | string {
  let binding = start;
  for (const [at, { negated, atom }] of node.rule.body.entries()) {
    const premise = premises[at];
    if (premise === undefined || premise.relation !== atom.relation) return `premise ${at} is another relation`;
    if (negated !== (premise.kind === "absent")) return `premise ${at} has the wrong sign`;
    const values = premise.kind === "absent" ? premise.terms : premise.tuple;
    const visible = atom.terms.filter((_, column) => values[column] !== undefined);
    const shown = values.filter((each): each is Constant => each !== undefined);
    const found = match(visible, shown, binding);
    if (found === undefined) return `premise ${at} does not fit`;
    binding = found;
  }
  return binding;
}

function instanceFault(node: Derived, world: World): string | undefined {
  const { rule, tuple } = node;
  if (rule.head.relation !== node.relation || !world.rules.includes(rule)) return "another rule";
  const plain = rule.head.terms.map((term): Term => (term.kind === "aggregate" ? { kind: "anonymous" } : term));
  const start = match(plain, tuple, new Map());
  if (start === undefined) return "the head does not fit";
  const folds = rule.head.terms.some(({ kind }) => kind === "aggregate");
  const size = Math.max(1, rule.body.length);
  if (!folds) {
    if (node.premises.length !== rule.body.length) return "wrong number of premises";
    const binding = bindingOf(node, node.premises, start);
    return typeof binding === "string" ? binding : undefined;
  }
  const bindings: Binding[] = [];
  for (let at = 0; at < node.premises.length; at += size) {
    const binding = bindingOf(node, node.premises.slice(at, at + size), start);
    if (typeof binding === "string") return binding;
    bindings.push(binding);
  }
  for (const [column, term] of rule.head.terms.entries()) {
    if (term.kind !== "aggregate") continue;
    const values = bindings.map((each) => each.get(term.variable)!);
    if (fold(term.function, values) !== tuple[column]) return `${term.function} is not ${tuple[column]}`;
  }
  return undefined;
}
