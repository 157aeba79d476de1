/**
 * Rules → warnings about port 0, as which the ports of what shows none read (`transport-shapes.ts`). No permission holds
 * that, so one from port 0 to port 0 alone holds nothing. Nor does one of a direction whose flows show none, as those from
 * or to port 0, which connection tracking calls invalid (NETWORK, "Track"). A target without a field for fragments cannot tell these from
 * packets with port 0 on either side: there a rule that must not hold fragments gives up port 0.
 */
import { by } from "../../net/order.ts";
import * as codes from "../../diagnostics/codes/table.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Cube, FieldSet } from "../../flowgroup/cube.ts";
import { constraint } from "../../flowgroup/cubes.ts";
import type { Field } from "../../flowgroup/fields.ts";
import { IPV6, OF_LATER, SCTP } from "../../flowgroup/prerequisites.ts";
import { numbers, setSubset } from "../../flowgroup/sets.ts";
import type { DerivedRule } from "../../derived/rule.ts";
import { holdsFragments, RESTRICTIONS } from "./fragments.ts";
import type { Span } from "../../source.ts";
import { targetOf, type LowerContext } from "../pipeline/options.ts";

/**
 * A warning for each statement with packets that the target cannot distinguish from fragments, and for each that holds none
 * at all. `all` tells how many rules a statement has.
 */
export function portZeroWarnings(
  rules: readonly DerivedRule[],
  context: LowerContext,
  all: (statement: string) => number,
): readonly Diagnostic[] {
  if (rules.length === 0) return [];
  const { name, fragmentField } = targetOf(context);
  const of = (holdsNone: (rule: DerivedRule) => boolean, say: Saying, isWhole = true): readonly Diagnostic[] => {
    const statements = Map.groupBy(rules.filter(holdsNone), ({ statement }) => statement);
    return [...statements]
      .filter(([statement, some]) => !isWhole || some.length >= all(statement))
      .toSorted(by(([statement]) => statement))
      .map(([statement, [one]]) => say({ statement, effect: one!.effect }, context.spanOf?.(statement)));
  };
  if (!fragmentField)
    return of(
      (rule) => losesPortZero(rule, context),
      ({ effect }, span) => codes.portZeroLost({ effect, target: name }, { span, help: HELP }),
      false,
    );
  return [
    ...of(
      (rule) => permits(rule) && isPortZeroAlone(rule.cube),
      ({ statement }, span) => codes.portsZeroAlone({ statement }, { span, help: OTHER }),
    ),
    ...of(
      (rule) => permits(rule) && isUntracked(rule.cube, context.defaults.fragments === "allow"),
      ({ statement }, span) => codes.withoutDirection({ statement }, { span, help: NO_DIRECTION }),
    ),
  ];
}

/** Whether a warning may be due for a rule: whether its statement would have one if it had this rule alone. */
export function warnsOfPortZero(rule: DerivedRule, context: LowerContext): boolean {
  if (!targetOf(context).fragmentField) return losesPortZero(rule, context);
  const { cube } = rule;
  return permits(rule) && (isPortZeroAlone(cube) || isUntracked(cube, context.defaults.fragments === "allow"));
}

const permits = ({ effect }: DerivedRule): boolean => !RESTRICTIONS.has(effect);

const losesPortZero = ({ effect, cube }: DerivedRule, { defaults }: LowerContext): boolean =>
  !holdsFragments(effect, defaults.fragments) && reachesPortZero(cube);

type Saying = (of: Pick<DerivedRule, "statement" | "effect">, span: Span | undefined) => Diagnostic;

const HELP = "begin the range at 1; no service listens on port 0";
const OTHER = "name another port on one of the two sides; no program sends from port 0 to port 0";

const NO_DIRECTION =
  "what is to pass takes an allow with no `direction`: port 0 shows none, nor do SCTP, fragments, and of IPv6 neighbour and router discovery and multicast reports";

const PORTS = ["srcPort", "dstPort"] as const;

/** Whether a cube holds nothing but packets from port 0 to port 0. */
export const isPortZeroAlone = (of: Cube): boolean => PORTS.every((field) => isZero(of, field));

/**
 * Whether a cube asks for a direction, and holds nothing but what shows none (measured, `runtime/lab/tracking.test.ts`).
 * Where fragments are allowed, one that names these is held.
 */
function isUntracked(of: Cube, allowsFragments: boolean): boolean {
  if (constraint(of, "direction") === undefined || isPortZeroAlone(of)) return false;
  const lies = (field: Field, set: FieldSet): boolean => {
    const own = constraint(of, field);
    return own !== undefined && setSubset(own, set);
  };
  if (PORTS.some((field) => isZero(of, field)) || lies("transport", OF_SCTP)) return true;
  if (!lies("ethType", OF_IPV6)) return false;
  return lies("icmpType", IPV6_CONTROL) || (!allowsFragments && lies("transport", OF_LATER));
}

const OF_SCTP = numbers("transport", SCTP);
const OF_IPV6 = numbers("ethType", IPV6);
/** Multicast listeners, router and neighbour discovery, redirects; and reports of the second version. */
const IPV6_CONTROL = numbers("icmpType", [130, 137], 143);

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
