/**
 * Rules → warnings about port 0. A target without a field for fragments reads the ports of a fragment as 0
 * (`transport-shapes.ts`). So a rule that must not hold fragments cannot hold port 0 there, and its author is warned.
 */
import { by } from "../../net/order.ts";
import * as codes from "../../diagnostics/codes/table.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Cube } from "../../flowgroup/cube.ts";
import { constraint } from "../../flowgroup/cubes.ts";
import type { DerivedRule } from "../../derived/rule.ts";
import { holdsFragments } from "./fragments.ts";
import { targetOf, type LowerContext } from "../pipeline/options.ts";

/** A warning for each statement with packets that the target cannot distinguish from fragments. */
export function portZeroWarnings(rules: readonly DerivedRule[], context: LowerContext): readonly Diagnostic[] {
  const { name, fragmentField } = targetOf(context);
  if (fragmentField) return [];
  const losing = rules.filter(
    ({ effect, cube }) => !holdsFragments(effect, context.defaults.fragments) && reachesPortZero(cube),
  );
  const statements = new Map(losing.map(({ statement, effect }) => [statement, effect]));
  return [...statements]
    .toSorted(by(([statement]) => statement))
    .map(([statement, effect]) =>
      codes.portZeroLost({ effect, target: name }, { span: context.spanOf?.(statement), help: HELP }),
    );
}

const HELP = "begin the range at 1; no service listens on port 0";

/** Whether every port that a cube constrains may be 0, as a fragment's are. A whole range does not constrain. */
function reachesPortZero(of: Cube): boolean {
  const asked = (["srcPort", "dstPort"] as const).flatMap((field) => {
    const set = constraint(of, field);
    const isAsked = set?.kind === "number" && !(set.ranges[0] === 0 && set.ranges[1] === 0xffff);
    return isAsked && !set.absent ? [set.ranges] : [];
  });
  return asked.length > 0 && asked.every(([low]) => low === 0);
}
