/** A target without a field for fragments gives up port 0, and says so; one that has it does not. */
import test from "ava";
import { cube, numbers } from "../flowgroup/index.ts";
import type { DerivedRule } from "../program/derived.ts";
import { directory } from "./arbitrary.ts";
import { lower, type TargetName } from "./index.ts";

const rule = (statement: string, effect: "allow" | "deny", port: readonly [number, number]): DerivedRule => ({
  statement,
  stage: "admission",
  effect,
  depth: 0,
  level: 0,
  levels: 1,
  end: Infinity,
  cube: cube({ transport: numbers("transport", 17), dstPort: numbers("dstPort", port) }),
});

const rules = [rule("low", "allow", [0, 1023]), rule("high", "allow", [1, 9]), rule("none", "deny", [0, 7])];
const warned = (target: TargetName, fragments: "allow" | "deny"): string[] =>
  lower(rules, { directory, defaults: { verdict: "deny", fragments }, target, now: 0 }).diagnostics.map(
    ({ code, message }) => `${code} ${message}`,
  );

test("an allow that gives up port 0 is warned of, and no other", (t) => {
  t.deepEqual(warned("of13", "deny"), [
    "W820 this allow does not hold packets with port 0: `of13` cannot tell them from fragments",
  ]);
  t.deepEqual(warned("ovs", "deny"), []);
});

test("where fragments pass, it is the deny that gives up port 0", (t) => {
  t.deepEqual(warned("of13", "allow"), [
    "W820 this deny does not hold packets with port 0: `of13` cannot tell them from fragments",
  ]);
});
