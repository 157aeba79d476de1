/** Lists of waypoints made one: in the order of each, where they do not contradict each other. */
import test from "ava";
import { disagree, inOrder } from "./order.ts";

test("a list that is named later has its order kept beside one that names a node of it first", (t) => {
  t.deepEqual(inOrder([["y"], ["x", "y"]]), ["x", "y"]);
  t.deepEqual(inOrder([["a", "b"], ["c"], ["b", "c"]]), ["a", "b", "c"]);
  t.deepEqual(inOrder([["b"], ["a"]]), ["b", "a"]);
});

test("lists that name two nodes the other way about disagree", (t) => {
  t.true(disagree(["h2", "h4"], ["h4", "h2"]));
  t.true(disagree(["a", "b", "c"], ["c", "x", "a"]));
  t.false(disagree(["a", "b", "c"], ["a", "x", "c"]));
  t.false(disagree(["a"], ["b", "a"]));
});
