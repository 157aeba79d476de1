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
}

/** Longer units are hardly said twice. */
const MOST_TOKENS = 64;
/** So many plans are kept, and then others. */
const MOST_PLANS = 256;

export class Shapes {
  readonly #plans = new Map<string, Plan>();

  /** The tree of a unit under a rule, or what `parse` makes of it; that is kept where it is a tree. */
  tree(rule: string, unit: readonly IToken[], parse: () => CstNode | undefined): CstNode | undefined {
    if (unit.length > MOST_TOKENS) return parse();
    const shape = shapeOf(rule, unit);
    const known = this.#plans.get(shape);
    if (known !== undefined) return made(known, unit);
    const tree = parse();
    const plan = tree && planOf(tree, new Map(unit.map((token, at) => [token, at])));
    if (plan === undefined) return tree;
    if (this.#plans.size >= MOST_PLANS) this.#plans.clear();
    this.#plans.set(shape, plan);
    return tree;
  }
}

/** Joined at once, so that it is one plain text. */
function shapeOf(rule: string, unit: readonly IToken[]): string {
  const kinds: number[] = [];
  for (let at = 0; at < unit.length; at++) kinds.push(unit[at]!.tokenTypeIdx);
  return rule + String.fromCharCode(...kinds);
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
  return { name, first: last < 0 ? -1 : first, last, parts };
}

function made({ name, first, last, parts }: Plan, unit: readonly IToken[]): CstNode {
  const children: Record<string, CstElement[]> = {};
  for (let i = 0; i < parts.length; i++) {
    const [label, plans] = parts[i]!;
    children[label] = plans.map((one) => (typeof one === "number" ? unit[one]! : made(one, unit)));
  }
  // The parser says so of a node without tokens.
  const startOffset = last < 0 ? -1 : unit[first]!.startOffset;
  const endOffset = last < 0 ? -1 : unit[last]!.endOffset!;
  return { name, children, location: { startOffset, endOffset } };
}
