/** The friendliest network is made once for all statements that name no other hosts: hundreds may ask for it. */
import test from "ava";
import { friendliest } from "./friendliest.ts";
import { draw, type Drawing } from "./testing/networks.ts";

const LINE: Drawing = { switches: ["s1", "s2"], cables: [["s1:1", "s2:1"]], hosts: { a: "s1:2", b: "s2:2" } };

test("the friendliest network of one network is made once, whichever of its nodes are named", (t) => {
  const net = draw(LINE);
  const made = friendliest(net, ["a"]);
  t.is(friendliest(net, ["b", "s1"]), made);
  t.is(friendliest(net, []), made);
  const other = friendliest(net, ["a", "elsewhere"]);
  t.not(other, made);
  t.true(other.hosts.has("elsewhere"));
  t.is(friendliest(net, ["elsewhere", "b"]), other);
  t.not(friendliest(draw(LINE), ["a"]), friendliest(net, ["a"]), "another network");
});
