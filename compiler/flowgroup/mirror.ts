/** A flowgroup → the flows that answer it: what `both ways` adds (LANGUAGE, "PANE commands"). */
import { flowgroup } from "./algebra.ts";
import type { Cube, Flowgroup } from "./cube.ts";
import { constrainedFields, constraint, constraintsOf, cubeEqual, withConstraint, type Constraints } from "./cubes.ts";
import type { Field } from "./fields.ts";
import { normalise } from "./prerequisites.ts";
import { complement } from "./sets.ts";
import { append } from "../net/lists.ts";

/** The mirrored set, or the field that means one direction only. */
export type Mirrored = { readonly ok: true; readonly flows: Flowgroup } | { readonly ok: false; readonly field: Field };

/** Where the value of a field stands in the answer. Fields that are not listed have no place there. */
const counterpart: { readonly [F in Field]?: Field } = {
  user: "dstUser",
  dstUser: "user",
  srcHost: "dstHost",
  dstHost: "srcHost",
  srcEth: "dstEth",
  dstEth: "srcEth",
  vlan: "vlan",
  ethType: "ethType",
  transport: "transport",
  srcPort: "dstPort",
  dstPort: "srcPort",
  dscp: "dscp",
  srcAP: "dstAP",
  dstAP: "srcAP",
  direction: "direction",
};

/**
 * Swaps the ends. `switch` and `inPort` say where a packet enters, and the types of ICMP differ between question and
 * answer, so flowgroups that constrain them have no mirror. The direction turns round.
 */
export function mirror(of: Flowgroup): Mirrored {
  const cubes: Cube[] = [];
  for (const one of of.cubes) {
    const there = seenAnywhere(one);
    const turned: { [F in Field]?: Constraints[F] } = {};
    for (const field of constrainedFields(there)) {
      const other = counterpart[field];
      if (other === undefined) return { ok: false, field };
      const set = constraint(there, field)!;
      turned[other] = field === "direction" ? turn(set) : set;
    }
    const back = normalise(turned as Constraints);
    if (back.kind === "cubes") append(cubes, back.cubes);
  }
  return { ok: true, flows: flowgroup(cubes) };
}

/** The cube without the switch and the port that its access points presuppose: they are not the answer's. */
function seenAnywhere(of: Cube): Cube {
  if (constraint(of, "srcAP") === undefined) return of;
  const less = withConstraint(withConstraint(of, "switch", undefined), "inPort", undefined);
  const back = normalise(constraintsOf(less));
  return back.kind === "cubes" && back.cubes.length === 1 && cubeEqual(back.cubes[0]!, of) ? less : of;
}

/** 0 and 1 change places; absent stays. */
function turn(set: NonNullable<Constraints["direction"]>): NonNullable<Constraints["direction"]> {
  if (set.kind !== "number") return set;
  const both = set.ranges.length === 0 || (set.ranges[0] === 0 && set.ranges[1] === 1);
  return both ? set : { ...complement("direction", set), absent: set.absent };
}
