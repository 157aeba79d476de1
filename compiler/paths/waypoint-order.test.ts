/** Lists of waypoints merged into one that keeps the order of each, where they do not contradict each other. */
import test from "ava";
import { ordersDisagree, mergedOrder } from "./waypoint-order.ts";

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
