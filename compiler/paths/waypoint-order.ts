/** Lists of waypoints → orders of all their nodes that keep the order of each list. */

type Lists = readonly (readonly string[])[];

/** How statements with these waypoints and avoids lead together. The nodes stand in the order in which they are named. */
export const nodesTogether = (lists: Lists, avoids: Lists) => ({
  waypoints: [...new Set(lists.flat())],
  lists,
  avoid: [...new Set(avoids.flat())],
});

/** The most orders that are tried: all orders of five nodes. */
const MOST_ORDERS = 120;

const known = new WeakMap<Lists, Lists>();

/**
 * The orders that keep the order of each list, the first one as the nodes are named; none if lists contradict each other, be it in a
 * circle (`a, b`, `b, c` and `c, a`). Memoized, as every pair of ends asks with the same lists.
 */
export function ordersOf(lists: Lists): Lists {
  let found = known.get(lists);
  if (found === undefined) known.set(lists, (found = firstOrders(directlyBefore(lists))));
  return found;
}

type Before = ReadonlyMap<string, ReadonlySet<string>>;

/** Each node, in the order in which they are named → the nodes that stand directly before it in some list. */
function directlyBefore(lists: Lists): Before {
  const before = new Map<string, Set<string>>(lists.flat().map((node) => [node, new Set()]));
  for (const list of lists) {
    const nodes = [...new Set(list)];
    for (const [i, node] of nodes.entries()) if (i > 0) before.get(node)!.add(nodes[i - 1]!);
  }
  return before;
}

function firstOrders(before: Before): Lists {
  // Where an order exists, each beginning can be completed. Else all beginnings would be tried, in vain.
  if (hasCircle(before)) return [];
  const found: (readonly string[])[] = [];
  const placed = new Set<string>();
  const extend = (left: readonly string[]): void => {
    if (left.length === 0) found.push([...placed]);
    for (const node of left) {
      if (![...before.get(node)!].every((one) => placed.has(one))) continue;
      placed.add(node);
      extend(left.filter((other) => other !== node));
      placed.delete(node);
      if (found.length === MOST_ORDERS) return;
    }
  };
  extend([...before.keys()]);
  return found;
}

/** Whether some nodes all stand before themselves. */
function hasCircle(before: Before): boolean {
  const missing = new Map([...before].map(([node, those]) => [node, those.size]));
  const behind = new Map<string, string[]>([...before.keys()].map((node) => [node, []]));
  for (const [node, those] of before) for (const one of those) behind.get(one)!.push(node);
  const free = [...before.keys()].filter((node) => missing.get(node) === 0);
  for (const one of free)
    for (const node of behind.get(one)!) {
      const count = missing.get(node)! - 1;
      missing.set(node, count);
      if (count === 0) free.push(node);
    }
  return free.length < before.size;
}

/** Whether two lists name two nodes in opposite orders. */
export function ordersDisagree(one: readonly string[], other: readonly string[]): boolean {
  const common = one.filter((node) => other.includes(node));
  const places = common.map((node) => other.indexOf(node));
  return places.some((place, i) => i > 0 && place < places[i - 1]!);
}

/**
 * Whether a box may get on the way to one end, with its waypoints in the order `taken`, what has not passed all that stands before
 * it on the way to another, with the same in the order `due`. As a router it may send that to the other end.
 */
export const leavesOut = (
  taken: readonly string[],
  due: readonly string[],
  isBox: (node: string) => boolean,
): boolean =>
  due.some((box, i) => isBox(box) && due.slice(0, i).some((node) => taken.indexOf(node) > taken.indexOf(box)));
