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

test("where no connection is tracked, no help opens or closes the way back, and each leaves out what was refused", (t) => {
  const refusal: LoweringRefusal = { kind: "direction", target: { name: "of13", conntrack: false }, switches: 1 };
  const help = (stage: DerivedRule["stage"]): string | undefined =>
    reportRefusal(refusal, ruleOf(stage), undefined).help;
  for (const stage of ["admission", "guard", "waypoint", "avoid"] as const) {
    t.regex(help(stage)!, /^leave out `direction`, and name the ports of the servers: .*`dstPort`.*`srcPort`/);
    t.notRegex(help(stage)!, /both ways/);
  }
  for (const stage of ["limit", "reserve"] as const)
    t.is(help(stage), "leave out `direction`, and name the side that sends by its `srcHost` or `srcPort`");
});
