/** The circles of a graph whose nodes are numbers: the strongly connected components (Tarjan 1972) with a circle. */

/** The nodes of each strongly connected component in which a path leads from a node back to itself. */
export function circlesOf(
  nodes: Iterable<number>,
  next: (node: number) => readonly number[],
): readonly (readonly number[])[] {
  const found: number[][] = [];
  const index = new Map<number, number>();
  const low = new Map<number, number>();
  const open: number[] = [];
  const isOpen = new Set<number>();
  for (const root of nodes) {
    if (index.has(root)) continue;
    const calls: { readonly node: number; readonly onwards: readonly number[]; at: number }[] = [];
    const enter = (node: number): void => {
      index.set(node, index.size);
      low.set(node, index.get(node)!);
      open.push(node);
      isOpen.add(node);
      calls.push({ node, onwards: next(node), at: 0 });
    };
    enter(root);
    while (calls.length > 0) {
      const call = calls.at(-1)!;
      const { node, onwards } = call;
      const to = onwards[call.at++];
      if (to !== undefined) {
        if (!index.has(to)) enter(to);
        else if (isOpen.has(to)) low.set(node, Math.min(low.get(node)!, index.get(to)!));
        continue;
      }
      calls.pop();
      const caller = calls.at(-1)?.node;
      if (caller !== undefined) low.set(caller, Math.min(low.get(caller)!, low.get(node)!));
      if (low.get(node) !== index.get(node)) continue;
      const component = open.splice(open.lastIndexOf(node));
      for (const one of component) isOpen.delete(one);
      if (component.length > 1 || onwards.includes(node)) found.push(component);
    }
  }
  return found;
}
