/**
 * Rules → warnings about port 0, as which the ports of what shows none read (`transport-shapes.ts`). No permission holds
 * that, so one from port 0 to port 0 alone holds nothing. A target without a field for fragments cannot tell these from
 * packets with port 0 on either side: there a rule that must not hold fragments gives up port 0.
 */
import { by } from "../../net/order.ts";
import * as codes from "../../diagnostics/codes/table.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Cube } from "../../flowgroup/cube.ts";
import { constraint } from "../../flowgroup/cubes.ts";
import type { DerivedRule } from "../../derived/rule.ts";
import { holdsFragments, RESTRICTIONS } from "./fragments.ts";
import { targetOf, type LowerContext } from "../pipeline/options.ts";

/** A warning for each statement with packets that the target cannot distinguish from fragments. */
export function portZeroWarnings(rules: readonly DerivedRule[], context: LowerContext): readonly Diagnostic[] {
  const { name, fragmentField } = targetOf(context);
  const losing = rules.filter(({ effect, cube }) =>
    fragmentField
      ? !RESTRICTIONS.has(effect) && isPortZeroAlone(cube)
      : !holdsFragments(effect, context.defaults.fragments) && reachesPortZero(cube),
  );
  const statements = new Map(losing.map(({ statement, effect }) => [statement, effect]));
  return [...statements].toSorted(by(([statement]) => statement)).map(([statement, effect]) => {
    const span = context.spanOf?.(statement);
    return fragmentField
      ? codes.portsZeroAlone({ statement }, { span, help: OTHER })
      : codes.portZeroLost({ effect, target: name }, { span, help: HELP });
  });
}

const HELP = "begin the range at 1; no service listens on port 0";
const OTHER = "name another port on one of the two sides; no program sends from port 0 to port 0";

const PORTS = ["srcPort", "dstPort"] as const;

/** Whether a cube holds nothing but packets from port 0 to port 0. */
export const isPortZeroAlone = (of: Cube): boolean =>
  PORTS.every((field) => {
    const set = constraint(of, field);
    return (
      set?.kind === "number" && !set.absent && set.ranges.length === 2 && set.ranges[0] === 0 && set.ranges[1] === 0
    );
  });

/** Whether every port that a cube constrains may be 0, as a fragment's are. A whole range does not constrain. */
function reachesPortZero(of: Cube): boolean {
  const asked = PORTS.flatMap((field) => {
    const set = constraint(of, field);
    const isAsked = set?.kind === "number" && !(set.ranges[0] === 0 && set.ranges[1] === 0xffff);
    return isAsked && !set.absent ? [set.ranges] : [];
  });
  return asked.length > 0 && asked.every(([low]) => low === 0);
}
