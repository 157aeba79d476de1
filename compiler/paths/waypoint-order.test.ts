/** The orders of several lists of waypoints. */
import test from "ava";
import fc from "fast-check";
import { ordersDisagree, ordersOf } from "./waypoint-order.ts";

test("lists that name two nodes in opposite orders disagree", (t) => {
  t.true(ordersDisagree(["h2", "h4"], ["h4", "h2"]));
  t.true(ordersDisagree(["a", "b", "c"], ["c", "x", "a"]));
  t.false(ordersDisagree(["a", "b", "c"], ["a", "x", "c"]));
  t.false(ordersDisagree(["a"], ["b", "a"]));
});

/** By the letter: of all orders those that keep each list. */
const keeps = (order: readonly string[], list: readonly string[]): boolean =>
  list.every((node, i) => list.slice(0, i).every((one) => order.indexOf(one) <= order.indexOf(node)));
const ordersOfNodes = (nodes: readonly string[]): readonly (readonly string[])[] =>
  nodes.length === 0
    ? [[]]
    : nodes.flatMap((node) => ordersOfNodes(nodes.filter((one) => one !== node)).map((rest) => [node, ...rest]));

const list = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "e"), { maxLength: 4 });

test("the orders are those of all orders that keep each list, on random lists", (t) => {
  fc.assert(
    fc.property(fc.array(list, { maxLength: 4 }), (lists) => {
      const nodes = [...new Set(lists.flat())];
      const expected = ordersOfNodes(nodes).filter((order) => lists.every((one) => keeps(order, one)));
      t.deepEqual(ordersOf(lists), expected);
    }),
  );
});

test("lists that contradict each other in a circle have no order, however many nodes stand beside them", (t) => {
  const beside = Array.from({ length: 2_000 }, (_, i) => [`n${i}`]);
  t.deepEqual(ordersOf([...beside, ["a", "b"], ["b", "c"], ["c", "a"]]), []);
  t.is(ordersOf(beside.slice(0, 300)).length, 120);
});
