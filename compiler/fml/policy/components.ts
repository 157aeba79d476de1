/** The graph of a rule's finite literals, whose nodes are variables, and the join variables that take it apart. */
import { byText } from "../../net/order.ts";
import type { FiniteLiteral } from "./alternative.ts";
import { append } from "../../net/lists.ts";

/** Literals that hang together, and the variables by which they do. */
export interface LiteralComponent {
  readonly variables: readonly string[];
  readonly literals: readonly FiniteLiteral[];
}

/**
 * Grows `join` until no part has two selectors. First the variables that link literals without selecting anything (the
 * tenant of a host), then selectors themselves (a list of pairs of hosts must be walked).
 */
export function separate(literals: readonly FiniteLiteral[], selectors: readonly string[], join: Set<string>): void {
  const before = new Set(join);
  const crowded = (): LiteralComponent[] =>
    componentsOf(literals, join).filter((c) => selectors.filter((s) => c.variables.includes(s)).length > 1);
  for (const component of crowded()) {
    for (const variable of component.variables) {
      const uses = component.literals.filter((l) => l.variables.includes(variable)).length;
      if (uses > 1 && !selectors.includes(variable)) join.add(variable);
    }
  }
  let moved = false;
  for (let rest = crowded(); rest.length > 0; rest = crowded()) {
    const [component] = rest;
    const uses = (v: string): number => component!.literals.filter((l) => l.variables.includes(v)).length;
    const most = selectors
      .filter((s) => component!.variables.includes(s))
      .toSorted((a, b) => uses(b) - uses(a) || byText(a, b));
    join.add(most[0]!);
    moved = true;
  }
  // A selector in the join may have made the linking variables needless.
  if (!moved) return;
  for (const variable of [...join].toSorted()) {
    if (before.has(variable) || selectors.includes(variable)) continue;
    join.delete(variable);
    if (crowded().length > 0) join.add(variable);
  }
}

/** The literals that hang together by variables outside `join`; literals with none of these are left out. */
export function componentsOf(literals: readonly FiniteLiteral[], join: ReadonlySet<string>): LiteralComponent[] {
  const owner = new Map<string, number>();
  const groups: { variables: Set<string>; literals: FiniteLiteral[] }[] = [];
  for (const literal of literals) {
    const free = literal.variables.filter((v) => !join.has(v));
    if (free.length === 0) continue;
    const touched = [...new Set(free.flatMap((v) => owner.get(v) ?? []))].toSorted((a, b) => a - b);
    const [home = groups.length, ...others] = touched;
    const group = (groups[home] ??= { variables: new Set(), literals: [] });
    for (const other of others) {
      for (const v of groups[other]!.variables) group.variables.add(v);
      append(group.literals, groups[other]!.literals);
      groups[other] = { variables: new Set(), literals: [] };
    }
    group.literals.push(literal);
    for (const v of free) group.variables.add(v);
    for (const v of group.variables) owner.set(v, home);
  }
  return groups
    .filter((g) => g.literals.length > 0)
    .map((g) => ({
      variables: [...g.variables],
      literals: g.literals.toSorted((a, b) => literals.indexOf(a) - literals.indexOf(b)),
    }));
}
