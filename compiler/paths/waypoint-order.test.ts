/** Lists of waypoints merged into one that keeps the order of each, where they do not contradict each other. */
import test from "ava";
import fc from "fast-check";
import { ordersDisagree, mergedOrder, ordersOf } from "./waypoint-order.ts";

test("the merged order keeps the order of a later list whose last node comes first elsewhere", (t) => {
  t.deepEqual(mergedOrder([["y"], ["x", "y"]]), ["x", "y"]);
  t.deepEqual(mergedOrder([["a", "b"], ["c"], ["b", "c"]]), ["a", "b", "c"]);
  t.deepEqual(mergedOrder([["b"], ["a"]]), ["b", "a"]);
});

test("lists that name two nodes in opposite orders disagree", (t) => {
  t.true(ordersDisagree(["h2", "h4"], ["h4", "h2"]));
  t.true(ordersDisagree(["a", "b", "c"], ["c", "x", "a"]));
  t.false(ordersDisagree(["a", "b", "c"], ["a", "x", "c"]));
  t.false(ordersDisagree(["a"], ["b", "a"]));
});

/** Both by the letter: of all orders those that keep each list, and step by step what all lists let come next. */
const keeps = (order: readonly string[], list: readonly string[]): boolean =>
  list.every((node, i) => list.slice(0, i).every((one) => order.indexOf(one) <= order.indexOf(node)));
const ordersOfNodes = (nodes: readonly string[]): readonly (readonly string[])[] =>
  nodes.length === 0
    ? [[]]
    : nodes.flatMap((node) => ordersOfNodes(nodes.filter((one) => one !== node)).map((rest) => [node, ...rest]));
const naivelyMerged = (lists: readonly (readonly string[])[]): readonly string[] => {
  const left = [...new Set(lists.flat())];
  const order: string[] = [];
  while (left.length > 0) {
    const rests = lists.map((list) => list.filter((node) => left.includes(node)));
    const next = left.find((node) => rests.every((rest) => !rest.includes(node) || rest[0] === node)) ?? left[0]!;
    left.splice(left.indexOf(next), 1);
    order.push(next);
  }
  return order;
};

const list = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "e"), { maxLength: 4 });

test("the orders are those of all orders that keep each list, on random lists", (t) => {
  fc.assert(
    fc.property(fc.array(list, { maxLength: 4 }), (lists) => {
      const nodes = [...new Set(lists.flat())];
      const expected = ordersOfNodes(nodes).filter((order) => lists.every((one) => keeps(order, one)));
      const found = ordersOf(lists);
      t.deepEqual(found, expected);
      t.deepEqual(mergedOrder(lists), naivelyMerged(lists));
      if (found.length > 0) t.deepEqual(found[0], mergedOrder(lists));
    }),
  );
});

test("lists that contradict each other in a circle have no order, however many nodes stand beside them", (t) => {
  const beside = Array.from({ length: 2_000 }, (_, i) => [`n${i}`]);
  t.deepEqual(ordersOf([...beside, ["a", "b"], ["b", "c"], ["c", "a"]]), []);
  t.is(ordersOf(beside.slice(0, 300)).length, 120);
});
