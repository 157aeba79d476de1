/** The diagnostics of rules that no entry can express. */
import test from "ava";
import { cube } from "../../flowgroup/index.ts";
import type { DerivedRule } from "../../derived/rule.ts";
import { reportRefusal, type LoweringRefusal } from "./refusal.ts";

const ruleOf = (stage: DerivedRule["stage"]): DerivedRule => ({
  statement: "r",
  stage,
  effect: stage === "admission" || stage === "guard" ? "deny" : stage,
  cube: cube({}),
  depth: 0,
  level: 0,
  levels: 1,
  end: Infinity,
  rate: 0,
});

test("without connection tracking the help for a verdict is `both ways`, for a rate the side that sends", (t) => {
  const refusal: LoweringRefusal = { kind: "direction", target: { name: "of13", conntrack: false }, switches: 1 };
  const help = (stage: DerivedRule["stage"]): string | undefined =>
    reportRefusal(refusal, ruleOf(stage), undefined).help;
  t.is(help("admission"), "write both directions with `both ways`");
  for (const stage of ["limit", "reserve"] as const)
    t.is(help(stage), "name the side that sends by its `srcHost` or `srcPort`");
});
