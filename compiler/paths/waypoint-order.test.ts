/** The orders of several lists of waypoints, and which of them come first. */
import test from "ava";
import fc from "fast-check";
import { by } from "../net/order.ts";
import { ordersDisagree, ordersOf } from "./waypoint-order.ts";

test("hosts stand before switches where the lists leave it open, and so does what a list has before a host", (t) => {
  const first = (...lists: (readonly string[])[]) =>
    ordersOf(
      lists,
      new Map([
        ["h1", 1],
        ["h2", 2],
      ]),
    )[0];
  t.deepEqual(first(["s1"], ["h1"]), ["h1", "s1"]);
  t.deepEqual(first(["s1", "h1"]), ["s1", "h1"]);
  t.deepEqual(first(["s2"], ["s1", "h1"]), ["s1", "h1", "s2"]);
  t.deepEqual(first(["s1", "h1"], ["h2"]), ["h2", "s1", "h1"]);
  t.deepEqual(first(["s1"], ["s2"]), ["s1", "s2"]);
});

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
      t.deepEqual(ordersOf(lists, new Map()), expected);
      const hostFirst = ordersOf(lists, new Map([["b", 1]]));
      t.deepEqual(hostFirst.toSorted(by(String)), expected.toSorted(by(String)));
    }),
  );
});

test("lists that contradict each other in a circle have no order, however many nodes stand beside them", (t) => {
  const beside = Array.from({ length: 2_000 }, (_, i) => [`n${i}`]);
  t.deepEqual(ordersOf([...beside, ["a", "b"], ["b", "c"], ["c", "a"]], new Map()), []);
  t.is(ordersOf(beside.slice(0, 300), new Map()).length, 120);
});
