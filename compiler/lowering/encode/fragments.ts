/**
 * A cube → the fragments of its flows (NETWORK, "Fragments"). A later fragment carries no ports, and Open vSwitch reads
 * none in the first one either; over IPv6 a later one also hides its transport. So a restriction (deny, limit,
 * waypoint, avoid) holds every fragment that could be of its flows, and a permission (allow, reserve) none. With
 * `default fragments allow.` restrictions hold none and allows hold all.
 *
 * Fragments do not show which of two limits by ports holds them, and a table for each limit that could hold one would
 * be as many tables as limits. So their entries stand in the tables that whole packets need, and in each table the
 * lowest rate stands above. Then a fragment passes, for every limit that could hold it, a meter that is no faster: the
 * fragments of a limit's flows never pass more than its rate. Together with whole packets, which pass the limit's own
 * meter, that may be twice its rate, if the fragments pass a lower meter of another limit.
 */
import { by } from "../../net/order.ts";
import * as codes from "../../diagnostics/codes/table.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Cube } from "../../flowgroup/cube.ts";
import { constraint, withConstraint } from "../../flowgroup/cubes.ts";
import { IPV6, LATER } from "../../flowgroup/prerequisites.ts";
import { numbers, numberSet, setIntersect, type IpSet, type NumberSet } from "../../flowgroup/sets.ts";
import type { Model } from "../../model/model.ts";
import type { DerivedRule } from "../../derived/rule.ts";
import { targetOf, type LowerContext } from "../pipeline/options.ts";

/** Whether rules of this effect hold every fragment that could be of their flows, or only those that must be. */
export function holdsFragments(effect: DerivedRule["effect"], verdict: Model["defaults"]["fragments"]): boolean {
  if (verdict === "allow") return effect === "allow";
  return effect !== "allow" && effect !== "reserve";
}

/** The priority of a limit's entries for whole packets. */
export const LIMITS = 1;
/** 53 powers of two, each in 1,024 steps. */
const STEPS = 1024;
const RATES = 53 * STEPS;

/**
 * The priority of a limit's entries for fragments: the lower the rate in bit/s, the higher, in steps of two thousandths.
 * It is a formula of the rate alone, so one more limit moves no other entry, and always even: the number above it is for
 * entries that recognize the sender by a known place.
 */
export function fragmentPriority(rate: number): number {
  const power = Math.min(52, Math.max(1, rate).toString(2).length - 1);
  const step = Math.min(STEPS - 1, Math.max(0, Math.floor((rate / 2 ** power - 1) * STEPS)));
  const priority = LIMITS + RATES - (power * STEPS + step);
  return priority + (priority % 2);
}

const HIDDEN = [
  { transports: [6, 17, 132], fields: ["srcPort", "dstPort"], others: ["icmpType", "icmpCode"], highest: 0xffff },
  { transports: [1], fields: ["icmpType", "icmpCode"], others: ["srcPort", "dstPort"], highest: 0xff },
] as const;

/** Fragments as a cube of the fields that they show. */
export interface Shown {
  readonly cube: Cube;
  /** Whether the fragments only could be of the rule's flows, since the rule constrains a field that they hide. */
  readonly could: boolean;
}

/** The fragments, of transports whose fragments hide fields, that are or could be of this cube's flows. */
export function fragmentsOf(of: Cube): readonly Shown[] {
  return [...shownOf(of), ...laterOf(of)];
}

const CARRIED = ["srcPort", "dstPort", "icmpType", "icmpCode"] as const;

/** Later fragments over IPv6, which hide their transport too. */
function laterOf(of: Cube): readonly Shown[] {
  const had = constraint(of, "ethType");
  const ethType = had === undefined ? numbers("ethType", IPV6) : setIntersect(had, numbers("ethType", IPV6));
  const isBare = (["srcHost", "dstHost"] as const).some((field) => {
    const set = constraint(of, field) as IpSet | undefined;
    return set !== undefined && set.v6.length === 0;
  });
  if (ethType === undefined || isBare) return [];
  const hidden = ["transport", ...CARRIED] as const;
  const could = hidden.some((field) => constraint(of, field) !== undefined);
  const open = CARRIED.reduce((rest, field) => withConstraint(rest, field, undefined), of);
  const later = withConstraint(open, "transport", numbers("transport", LATER));
  return [{ cube: withConstraint(later, "ethType", ethType), could }];
}

function shownOf(of: Cube): readonly Shown[] {
  return HIDDEN.flatMap(({ transports, fields, others, highest }): readonly Shown[] => {
    if (others.some((field) => constraint(of, field)?.absent === false)) return [];
    const asked = fields.flatMap((field) => (constraint(of, field) as NumberSet | undefined) ?? []);
    if (asked.some(({ ranges }) => ranges.length === 0)) return [];
    const had = constraint(of, "transport");
    const some = numberSet("transport", transports)!;
    const transport = had === undefined ? some : setIntersect(had, some);
    if (transport === undefined) return [];
    const open = [...fields, ...others].reduce((rest, field) => withConstraint(rest, field, undefined), of);
    const could = asked.some(({ ranges }) => ranges[0] !== 0 || ranges[1] !== highest);
    return [{ cube: withConstraint(open, "transport", transport), could }];
  });
}

/** The effects that also hold a packet that may belong to their flows but does not show it. */
export const RESTRICTIONS: ReadonlySet<DerivedRule["effect"]> = new Set<DerivedRule["effect"]>([
  "deny",
  "limit",
  "waypoint",
  "avoid",
]);

/** A warning for each restriction that fragments of its flows pass, because the target reads them as other packets. */
export function fragmentWarnings(rules: readonly DerivedRule[], context: LowerContext): readonly Diagnostic[] {
  const { name: target } = targetOf(context);
  const passed = rules.filter((rule) => isPassedByFragments(rule, context));
  const statements = new Map(passed.map(({ statement, effect }) => [statement, effect]));
  return [...statements]
    .toSorted(by(([statement]) => statement))
    .map(([statement, effect]) =>
      codes.fragmentsPassBy({ effect, statement, target }, { span: context.spanOf?.(statement), help: HELP }),
    );
}

/** Whether fragments of a rule's flows pass it. */
export function isPassedByFragments({ effect, cube }: DerivedRule, context: LowerContext): boolean {
  if (context.defaults.fragments === "allow" || targetOf(context).fragmentField) return false;
  return RESTRICTIONS.has(effect) && asksOfIcmp(cube);
}

const HELP = "leave `icmpType` and `icmpCode` out, or deny what may be fragmented";

const asksOfIcmp = (of: Cube): boolean => fragmentsOf(of).some(({ could, cube }) => could && isIcmp(cube));
const isIcmp = (of: Cube): boolean => (constraint(of, "transport") as NumberSet).ranges[0] === 1;
