/**
 * Trees that are made again. Which tree a unit has depends on the kinds of its tokens alone: no rule of the grammar, and no gate
 * in it, looks at what a token says. So the tree of the first unit of a shape is kept as a plan, and the units behind it get theirs
 * without being parsed. Whoever is asked the same a thousand times a second, with other numbers, parses it once.
 */
import type { CstElement, CstNode, IToken } from "chevrotain";

/** Of a node: where its first and last token stand in the unit, or below 0 where it has none; its parts by name. */
interface Plan {
  readonly name: string;
  readonly first: number;
  readonly last: number;
  readonly parts: readonly (readonly [name: string, parts: readonly (Plan | number)[]])[];
  /** The names without their parts: a copy of it is made at once, where names that come one by one cost as much as parsing does. */
  readonly blank: Readonly<Record<string, CstElement[]>>;
}

/** What has come so far of a unit: its plan, if it may end here, and what may come next. */
interface Prefix {
  plan?: Plan;
  readonly next: Map<number, Prefix>;
}

/** Longer units are hardly said twice. */
const MOST_TOKENS = 64;
/** So many prefixes are kept, and then others. */
const MOST_PREFIXES = 8_192;

export class Shapes {
  readonly #rules = new Map<string, Prefix>();
  #prefixes = 0;

  /** The tree of a unit under a rule, or what `parse` makes of it; how that is made is kept where it is a tree. */
  tree(rule: string, unit: readonly IToken[], parse: () => CstNode | undefined): CstNode | undefined {
    if (unit.length > MOST_TOKENS) return parse();
    let known = this.#rules.get(rule);
    for (let at = 0; at < unit.length && known !== undefined; at++) known = known.next.get(unit[at]!.tokenTypeIdx);
    if (known?.plan !== undefined) return made(known.plan, unit);
    const tree = parse();
    const plan = tree && planOf(tree, new Map(unit.map((token, at) => [token, at])));
    if (plan !== undefined) this.#keep(rule, unit, plan);
    return tree;
  }

  #keep(rule: string, unit: readonly IToken[], plan: Plan): void {
    if (this.#prefixes >= MOST_PREFIXES) {
      this.#rules.clear();
      this.#prefixes = 0;
    }
    const after = <K>(all: Map<K, Prefix>, key: K): Prefix => {
      let found = all.get(key);
      if (found === undefined) {
        all.set(key, (found = { next: new Map() }));
        this.#prefixes++;
      }
      return found;
    };
    let prefix = after(this.#rules, rule);
    for (const { tokenTypeIdx } of unit) prefix = after(prefix.next, tokenTypeIdx);
    prefix.plan = plan;
  }
}

/** Undefined for a tree that is not of these tokens alone. */
function planOf({ name, children }: CstNode, places: ReadonlyMap<IToken, number>): Plan | undefined {
  let [first, last] = [Infinity, -1];
  const parts: (readonly [string, (Plan | number)[]])[] = [];
  for (const [label, all] of Object.entries(children)) {
    const own: (Plan | number)[] = [];
    for (const one of all) {
      const part = "children" in one ? planOf(one, places) : places.get(one);
      if (part === undefined) return undefined;
      own.push(part);
      const [from, to] = typeof part === "number" ? [part, part] : [part.first, part.last];
      if (to < 0) continue;
      first = Math.min(first, from);
      last = Math.max(last, to);
    }
    parts.push([label, own]);
  }
  const blank = Object.fromEntries(parts.map(([label]) => [label, []]));
  return { name, first: last < 0 ? -1 : first, last, parts, blank };
}

const partOf = (one: Plan | number, unit: readonly IToken[]): CstElement =>
  typeof one === "number" ? unit[one]! : made(one, unit);

function made({ name, first, last, parts, blank }: Plan, unit: readonly IToken[]): CstNode {
  const children: Record<string, CstElement[]> = { ...blank };
  for (let i = 0; i < parts.length; i++) {
    const [label, plans] = parts[i]!;
    // Most have one part.
    children[label] = plans.length === 1 ? [partOf(plans[0]!, unit)] : plans.map((one) => partOf(one, unit));
  }
  // The parser says so of a node without tokens.
  const startOffset = last < 0 ? -1 : unit[first]!.startOffset;
  const endOffset = last < 0 ? -1 : unit[last]!.endOffset!;
  return { name, children, location: { startOffset, endOffset } };
}
