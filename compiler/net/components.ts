/** The strongly connected components of a graph (Tarjan, 1972). Iterative: chains that users write may be long. */

/** Components in topological order, dependencies first. */
export function components<Node>(nodes: Iterable<Node>, dependencies: (node: Node) => Iterable<Node>): Node[][] {
  const found: Node[][] = [];
  const number = new Map<Node, number>();
  const low = new Map<Node, number>();
  const open: Node[] = [];
  const isOpen = new Set<Node>();
  const enter = (node: Node): { node: Node; rest: Iterator<Node> } => {
    number.set(node, number.size);
    low.set(node, number.get(node)!);
    open.push(node);
    isOpen.add(node);
    return { node, rest: dependencies(node)[Symbol.iterator]() };
  };
  for (const root of nodes) {
    if (number.has(root)) continue;
    const path = [enter(root)];
    while (path.length > 0) {
      const { node, rest } = path.at(-1)!;
      const next = rest.next();
      if (next.done !== true) {
        if (!number.has(next.value)) path.push(enter(next.value));
        else if (isOpen.has(next.value)) low.set(node, Math.min(low.get(node)!, number.get(next.value)!));
        continue;
      }
      path.pop();
      const parent = path.at(-1)?.node;
      if (parent !== undefined) low.set(parent, Math.min(low.get(parent)!, low.get(node)!));
      if (low.get(node) !== number.get(node)) continue;
      const component = open.splice(open.lastIndexOf(node));
      for (const member of component) isOpen.delete(member);
      found.push(component);
    }
  }
  return found;
}
