/** Lists of waypoints made one: in the order of each, where they do not contradict each other. */
import test from "ava";
import { ordersDisagree, mergedOrder } from "./waypoint-order.ts";

test("a list that is named later has its order kept beside one that names a node of it first", (t) => {
  t.deepEqual(mergedOrder([["y"], ["x", "y"]]), ["x", "y"]);
  t.deepEqual(mergedOrder([["a", "b"], ["c"], ["b", "c"]]), ["a", "b", "c"]);
  t.deepEqual(mergedOrder([["b"], ["a"]]), ["b", "a"]);
});

test("lists that name two nodes the other way about ordersDisagree", (t) => {
  t.true(ordersDisagree(["h2", "h4"], ["h4", "h2"]));
  t.true(ordersDisagree(["a", "b", "c"], ["c", "x", "a"]));
  t.false(ordersDisagree(["a", "b", "c"], ["a", "x", "c"]));
  t.false(ordersDisagree(["a"], ["b", "a"]));
});
