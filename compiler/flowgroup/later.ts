/**
 * What of a flowgroup speaks of later IPv6 fragments (`transport=44`). A cut names none that nobody named, and whoever
 * names them speaks of datagrams of every transport.
 */
import { flowgroup, intersect } from "./algebra.ts";
import type { Cube, Flowgroup } from "./cube.ts";
import { constraint, cube, withConstraint } from "./cubes.ts";
import { difference } from "./difference.ts";
import { IPV6, namesLater, OF_LATER } from "./prerequisites.ts";
import { negation, numbers } from "./sets.ts";
import { flowsInBoth, possible } from "./universe.ts";

const OF_IPV6 = cube({ ethType: numbers("ethType", IPV6) });
const BESIDE_IPV6 = cube({ ethType: negation("ethType", numbers("ethType", IPV6))! });
const HIDDEN = ["transport", "srcPort", "dstPort", "icmpType", "icmpCode", "direction"] as const;

/** Cubes that are left of others, without the later IPv6 fragments that none of those named: a cut names none. */
export function onlyNamed(left: readonly Cube[], by: readonly Cube[]): readonly Cube[] {
  if (!left.some(namesLater)) return left;
  const named = by.filter(namesLater);
  return left.flatMap((one) => {
    if (!namesLater(one)) return [one];
    const beside = flowsInBoth(one, BESIDE_IPV6);
    return [...(beside ? [beside] : []), ...named.flatMap((each) => flowsInBoth(one, each) ?? [])];
  });
}

/** A cube for whatever fragments hide, later ones over IPv6 their transport, too. */
export const withoutHidden = (of: Cube): Cube =>
  HIDDEN.reduce((rest, field) => withConstraint(rest, field, undefined), of);

/** A cube over IPv6 without what later fragments hide; undefined: it holds no IPv6. */
export function overIpv6(of: Cube): Cube | undefined {
  const found = flowsInBoth(withoutHidden(of), OF_IPV6);
  return found && possible(found) ? found : undefined;
}

/**
 * What has to lie in a share for a statement to lie there: its flows, and all datagrams of which the fragments are that it
 * names and the share does not.
 */
export function spokenOf(of: Flowgroup, share: Flowgroup): Flowgroup {
  const later = of.cubes.filter(namesLater).flatMap((one) => flowsInBoth(one, OF_IPV6) ?? []);
  if (later.length === 0) return of;
  const left = difference({ cubes: later }, { cubes: share.cubes.filter(namesLater) });
  const unnamed = left === "undecided" ? later : left.cubes;
  return unnamed.length === 0 ? of : { cubes: [...of.cubes, ...unnamed.flatMap((one) => overIpv6(one) ?? [])] };
}

/** What of a statement lies in a share. */
export function partInside(of: Flowgroup, share: Flowgroup): Flowgroup {
  const open = share.cubes.filter((one) => constraint(one, "transport") === undefined);
  const named = open.map((one) => withConstraint(one, "transport", OF_LATER));
  return flowgroup(onlyNamed(intersect(of, share).cubes, [...share.cubes, ...named]));
}
