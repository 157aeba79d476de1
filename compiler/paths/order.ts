/** Several lists of waypoints → one that keeps the order of each: of what may come next, the first that is named. */

/** The nodes of all lists, each once. Of lists that contradict each other the first ones are kept to. */
export function inOrder(lists: readonly (readonly string[])[]): readonly string[] {
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
export function disagree(one: readonly string[], other: readonly string[]): boolean {
  const common = one.filter((node) => other.includes(node));
  const places = common.map((node) => other.indexOf(node));
  return places.some((place, i) => i > 0 && place < places[i - 1]!);
}
