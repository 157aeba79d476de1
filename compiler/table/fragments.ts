/**
 * What limits, waypoints and avoids do not reach: a later fragment carries no ports (and Open vSwitch reads none in the
 * first one either), so no entry can tell whose flow it is of (SEMANTICS, "Flows and time"). The author is warned.
 */
import * as codes from "../diagnostics/codes/table.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Cube } from "../flowgroup/cube.ts";
import { constraint } from "../flowgroup/cubes.ts";
import type { DerivedRule } from "../program/derived.ts";
import type { LowerContext } from "./context.ts";

const PASSED_BY = new Set(["limit", "waypoint", "avoid"]);

/** A warning for each statement whose flows go past it in fragments. */
export function fragmentWarnings(rules: readonly DerivedRule[], context: LowerContext): readonly Diagnostic[] {
  const passed = rules.filter(({ effect, cube }) => PASSED_BY.has(effect) && asksForPorts(cube));
  const statements = new Map(passed.map(({ statement, effect }) => [statement, effect]));
  return [...statements]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([statement, effect]) =>
      codes.fragmentsPassBy({ effect, statement }, { span: context.spanOf?.(statement), help: HELP }),
    );
}

const HELP = "leave the ports out, or deny what may be fragmented";

/** Whether some values of a field that fragments hide are held and others not. */
function asksForPorts(of: Cube): boolean {
  return (["srcPort", "dstPort", "icmpType", "icmpCode"] as const).some((field) => {
    const set = constraint(of, field);
    const highest = field.endsWith("Port") ? 0xffff : 0xff;
    return set?.kind === "number" && !(set.ranges[0] === 0 && set.ranges[1] === highest);
  });
}
