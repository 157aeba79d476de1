/**
 * Rules → warnings about port 0, as which the ports of what shows none read (`transport-shapes.ts`). No permission holds
 * that, so one from port 0 to port 0 alone holds nothing. Nor does one of a direction from or to port 0 alone: connection
 * tracking calls that invalid. A target without a field for fragments cannot tell these from
 * packets with port 0 on either side: there a rule that must not hold fragments gives up port 0.
 */
import { by } from "../../net/order.ts";
import * as codes from "../../diagnostics/codes/table.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Cube } from "../../flowgroup/cube.ts";
import { constraint } from "../../flowgroup/cubes.ts";
import type { DerivedRule } from "../../derived/rule.ts";
import { holdsFragments, RESTRICTIONS } from "./fragments.ts";
import type { Span } from "../../source.ts";
import { targetOf, type LowerContext } from "../pipeline/options.ts";

/** A warning for each statement with packets that the target cannot distinguish from fragments. */
export function portZeroWarnings(rules: readonly DerivedRule[], context: LowerContext): readonly Diagnostic[] {
  const { name, fragmentField } = targetOf(context);
  const of = (holdsNone: (rule: DerivedRule) => boolean, say: Saying): readonly Diagnostic[] => {
    const statements = new Map(rules.filter(holdsNone).map(({ statement, effect }) => [statement, effect]));
    return [...statements]
      .toSorted(by(([statement]) => statement))
      .map(([statement, effect]) => say({ statement, effect }, context.spanOf?.(statement)));
  };
  const lost = ({ effect, cube }: DerivedRule): boolean =>
    !holdsFragments(effect, context.defaults.fragments) && reachesPortZero(cube);
  if (!fragmentField)
    return of(lost, ({ effect }, span) => codes.portZeroLost({ effect, target: name }, { span, help: HELP }));
  const permits = ({ effect }: DerivedRule): boolean => !RESTRICTIONS.has(effect);
  return [
    ...of(
      (rule) => permits(rule) && isPortZeroAlone(rule.cube),
      ({ statement }, span) => codes.portsZeroAlone({ statement }, { span, help: OTHER }),
    ),
    ...of(
      (rule) => permits(rule) && isDirectedPortZero(rule.cube),
      ({ statement }, span) => codes.directionOfPortZero({ statement }, { span, help: NO_DIRECTION }),
    ),
  ];
}

type Saying = (of: Pick<DerivedRule, "statement" | "effect">, span: Span | undefined) => Diagnostic;

const HELP = "begin the range at 1; no service listens on port 0";
const OTHER = "name another port on one of the two sides; no program sends from port 0 to port 0";

const NO_DIRECTION = "name another port; what is to pass from or to port 0 takes an allow with no `direction`";

const PORTS = ["srcPort", "dstPort"] as const;

/** Whether a cube holds nothing but packets from port 0 to port 0. */
export const isPortZeroAlone = (of: Cube): boolean => PORTS.every((field) => isZero(of, field));

/** Whether a cube asks for a direction, and holds nothing but packets from or to port 0. */
const isDirectedPortZero = (of: Cube): boolean =>
  constraint(of, "direction") !== undefined && PORTS.some((field) => isZero(of, field)) && !isPortZeroAlone(of);

function isZero(of: Cube, field: (typeof PORTS)[number]): boolean {
  const set = constraint(of, field);
  return set?.kind === "number" && !set.absent && set.ranges.length === 2 && set.ranges[0] === 0 && set.ranges[1] === 0;
}

/** Whether every port that a cube constrains may be 0, as a fragment's are. A whole range does not constrain. */
function reachesPortZero(of: Cube): boolean {
  const asked = PORTS.flatMap((field) => {
    const set = constraint(of, field);
    const isAsked = set?.kind === "number" && !(set.ranges[0] === 0 && set.ranges[1] === 0xffff);
    return isAsked && !set.absent ? [set.ranges] : [];
  });
  return asked.length > 0 && asked.every(([low]) => low === 0);
}
