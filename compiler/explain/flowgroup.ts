/**
 * Why the flows of a flowgroup are allowed, denied or left to the default: the flowgroup in parts, one per statement.
 */
import type { Flow, Flowgroup } from "../flowgroup/cube.ts";
import { difference, flowgroup, intersect, isEmpty, shareFlow, witness } from "../flowgroup/index.ts";
import type { Admission } from "../admission/admission.ts";
import { activeAt, type ActiveStatement } from "./active.ts";
import { steeringAmong } from "./steering.ts";
import { treatmentAmong, type TreatmentOfSome } from "./treatment.ts";

/** A part of a flowgroup that one statement decides, or that none does. */
export interface DecidedPart {
  readonly flows: Flowgroup;
  readonly verdict: "allow" | "deny" | "default";
  readonly decidedBy?: ActiveStatement;
  /** The limits and reservations that hold all of the flows that are not denied, or some. */
  readonly treatment: readonly TreatmentOfSome[];
  /** The waypoints and avoids that steer some of these flows, and why some are dropped. */
  readonly led?: ReturnType<typeof steeringAmong>;
}

/** The statement at which the parts became too many, and a flow that it decides. */
export interface TooManyParts {
  readonly cutBy: ActiveStatement;
  readonly flow: Flow;
}

/** The most pieces of a flowgroup that may be made while the statements are cut out one after the other. */
export const MOST_IN_TURN = 3_000;

/**
 * Splits a flowgroup by the statement that decides at an instant (Unix seconds). The part that no statement decides
 * comes last.
 */
export function explainFlowgroup(
  admission: Admission,
  flows: Flowgroup,
  instant: number,
): readonly DecidedPart[] | TooManyParts {
  const steering = (own: Flowgroup): Pick<DecidedPart, "led"> => {
    const led = steeringAmong(admission, own, instant);
    return led.by.length === 0 ? {} : { led };
  };
  let rest = flows;
  let left = MOST_IN_TURN;
  const parts: DecidedPart[] = [];
  for (const { statement, cubes } of activeAt(admission, instant)) {
    if (isEmpty(rest)) break;
    const near = cubes.filter((cube) => rest.cubes.some((other) => shareFlow(cube, other)));
    if (near.length === 0) continue;
    const held = flowgroup(near);
    const own = intersect(rest, held);
    const treatment = statement.kind === "deny" ? [] : treatmentAmong(admission, own, instant);
    parts.push({
      flows: own,
      verdict: statement.kind,
      decidedBy: statement,
      treatment,
      ...(statement.kind === "allow" && steering(own)),
    });
    const others = difference(rest, held);
    if (others !== "undecided") left -= others.cubes.length;
    if (others === "undecided" || left < 0) return { cutBy: statement, flow: witness(own)! };
    rest = others;
  }
  if (isEmpty(rest)) return parts;
  const treatment = treatmentAmong(admission, rest, instant);
  return [...parts, { flows: rest, verdict: "default", treatment, ...steering(rest) }];
}
