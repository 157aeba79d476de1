/** What a rule's key may cost, and that it stays the rule's own. */
import test from "ava";
import { EVERYTHING } from "../flowgroup/index.ts";
import { keyOf } from "./rule-key.ts";
import type { DerivedRule } from "./rule.ts";

const rule = (statement: string): DerivedRule => ({
  statement,
  stage: "admission",
  effect: "deny",
  depth: 0,
  level: 0,
  levels: 1,
  cube: EVERYTHING,
  end: Infinity,
});

test("the key of a rule of a long statement is short, and no other statement has it", (t) => {
  const long = `deny${"(dstPort=1) or ".repeat(5_000)}(dstPort=2) on rootShare.`;
  const other = long.replace("(dstPort=2)", "(dstPort=3)");
  t.is(long.length, other.length);
  t.true(keyOf(rule(long)).length < 500);
  t.is(keyOf(rule(long)), keyOf(rule(`${long}`)));
  t.not(keyOf(rule(long)), keyOf(rule(other)));
  t.not(keyOf(rule("a")), keyOf(rule("b")));
});
