/** Lists of waypoints → orders of all their nodes that keep the order of each list. */

/**
 * One order of all nodes, each once. Of the nodes that may come next it takes the one that is named first. If lists
 * contradict each other, the first ones win.
 */
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

/** The most orders that are tried: all orders of five nodes. */
const MOST_ORDERS = 120;

/** The orders that keep the order of each list, with `mergedOrder`'s first; none if lists contradict each other. */
export function ordersOf(lists: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const found: (readonly string[])[] = [];
  const extend = (order: readonly string[], left: readonly string[]): void => {
    if (found.length === MOST_ORDERS) return;
    if (left.length === 0) found.push(order);
    const rests = lists.map((list) => list.filter((node) => left.includes(node)));
    for (const node of left) {
      if (!rests.every((rest) => !rest.includes(node) || rest[0] === node)) continue;
      extend(
        [...order, node],
        left.filter((other) => other !== node),
      );
    }
  };
  extend([], [...new Set(lists.flat())]);
  return found;
}

/** Whether two lists name two nodes in opposite orders. */
export function ordersDisagree(one: readonly string[], other: readonly string[]): boolean {
  const common = one.filter((node) => other.includes(node));
  const places = common.map((node) => other.indexOf(node));
  return places.some((place, i) => i > 0 && place < places[i - 1]!);
}
