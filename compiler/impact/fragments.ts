/**
 * Two policies in force → the fragments whose verdict changes (NETWORK, "Fragments"). A fragment hides ports, ICMP types
 * and its direction, over IPv6 a later one its transport too. So a deny of one port holds the fragments of all of them,
 * and what a change does to fragments may be more than it does to whole packets, and less.
 */
import { holdsFragments, fragmentsOf, RESTRICTIONS } from "../lowering/encode/fragments.ts";
import type { Cube, FieldSet } from "../flowgroup/cube.ts";
import { bitOf, constraint, withConstraint } from "../flowgroup/cubes.ts";
import { difference, flowgroup } from "../flowgroup/index.ts";
import { IPV4, IPV6, LATER, namesLater } from "../flowgroup/prerequisites.ts";
import { numbers, numberSet, setHolds, setIntersect } from "../flowgroup/sets.ts";
import { possible } from "../flowgroup/universe.ts";
import { givesVerdict, type DerivedRule } from "../derived/rule.ts";
import type { Flip } from "./flips.ts";

/** The rules as rules of fragments, by the fields that these show. `verdict` is the policy's `default fragments`. */
export function fragmentRules(rules: readonly DerivedRule[], verdict: "allow" | "deny"): readonly DerivedRule[] {
  return rules.filter(givesVerdict).flatMap((rule) => {
    const cubes = shownBy(rule, holdsFragments(rule.effect, verdict));
    return cubes.map((cube) => ({ ...rule, cube }));
  });
}

const CARRIED = ["srcPort", "dstPort", "icmpType", "icmpCode"] as const;
/** The transports between TCP, UDP, SCTP and ICMP, by the family: their fragments hide no more than their direction. */
const OTHERS = [
  [IPV4, numberSet("transport", [0, [2, 5], [7, 16], [18, 131], [133, 255]])],
  [IPV6, numberSet("transport", [0, [2, 5], [7, 16], [18, LATER - 1], [LATER + 1, 131], [133, 255]])],
] as const;

function shownBy({ cube: of, effect }: DerivedRule, held: boolean): readonly Cube[] {
  if (!possible(of)) return [];
  const directions = constraint(of, "direction");
  const isEither = directions !== undefined && setHolds(directions, 0) && setHolds(directions, 1);
  // Beside both directions there are packets without any, which only restrictions hold.
  if (directions !== undefined && !held && !(isEither && RESTRICTIONS.has(effect))) return [];
  const open = withConstraint(of, "direction", undefined);
  const isBare = CARRIED.every((field) => constraint(open, field)?.absent ?? true);
  const hiding = fragmentsOf(open).filter(
    ({ cube, could }) => held || !could || (isBare && namesLater(of) && isLater(cube)),
  );
  const others = OTHERS.flatMap(([family, transports]) => {
    const bare = CARRIED.reduce((rest, field) => withConstraint(rest, field, undefined), open);
    return isBare ? (within(within(bare, "ethType", numbers("ethType", family)), "transport", transports) ?? []) : [];
  });
  return [...hiding.map(({ cube }) => cube), ...others];
}

const isLater = (of: Cube): boolean => setHolds(constraint(of, "transport")!, LATER);

function within(of: Cube | undefined, field: "ethType" | "transport", set: FieldSet | undefined): Cube | undefined {
  if (of === undefined || set === undefined) return undefined;
  const had = constraint(of, field);
  const both = had === undefined ? set : setIntersect(had, set);
  return both === undefined ? undefined : withConstraint(of, field, both);
}

const HIDDEN = [...CARRIED, "direction" as const].reduce((mask, field) => mask | bitOf(field), 0);

/** Whether `default fragments` says what the rule holds: it names a field that fragments hide. */
export const hidesInFragments = ({ cube, effect }: DerivedRule): boolean =>
  effect !== "reserve" && (cube.mask & (HIDDEN | bitOf("transport"))) !== 0;

/** The changes of fragments that those of flows do not tell: a change of flows that name no hidden field holds both. */
export function beyondFlows(fragments: readonly Flip[], flows: readonly Flip[]): readonly Flip[] {
  const shown = flows.filter(({ cube }) => (cube.mask & HIDDEN) === 0);
  // To merge them costs much where they are many, so it is done once.
  const reported = new Map(
    [...Map.groupBy(shown, verdictAfter)].map(([verdict, some]) => [verdict, flowgroup(some.map(({ cube }) => cube))]),
  );
  return fragments.flatMap((flip) => {
    const { within: _, ...one } = flip;
    const cube = within(flip.cube, "ethType", IP);
    if (cube === undefined || !possible(cube)) return [];
    const known = reported.get(verdictAfter(flip)) ?? flowgroup([]);
    const rest = difference(flowgroup([cube]), known);
    return rest === "undecided"
      ? [{ ...one, cube }]
      : rest.cubes.filter(possible).map((left) => ({ ...one, cube: left }));
  });
}

/** Only IP is fragmented. */
const IP = numbers("ethType", IPV4, IPV6);

const verdictAfter = ({ change, effect }: Flip): "allow" | "deny" =>
  change === "begins" ? effect : effect === "deny" ? "allow" : "deny";
