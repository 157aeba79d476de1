/** Lists of waypoints → one list that keeps the order of each; of the nodes that may come next, the first named. */

/** The nodes of all lists, each once. Where lists contradict each other, the first ones win. */
export function mergedOrder(lists: readonly (readonly string[])[]): readonly string[] {
  const left = new Set(lists.flat());
  const order: string[] = [];
  while (left.size > 0) {
    const rests = lists.map((list) => list.filter((node) => left.has(node)));
    const isFree = (node: string): boolean => rests.every((rest) => !rest.includes(node) || rest[0] === node);
    const next = [...left].find(isFree) ?? [...left][0]!;
    left.delete(next);
    order.push(next);
  }
  return order;
}

/** Whether two lists name two nodes in opposite orders. */
export function ordersDisagree(one: readonly string[], other: readonly string[]): boolean {
  const common = one.filter((node) => other.includes(node));
  const places = common.map((node) => other.indexOf(node));
  return places.some((place, i) => i > 0 && place < places[i - 1]!);
}
