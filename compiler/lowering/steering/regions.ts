/**
 * The waypoints and avoids in force → regions: sets of flows that the same ones hold. A flow that several hold passes
 * all their waypoints and none of their avoided nodes, so their intersection is a region of its own (SEMANTICS,
 * "waypoint / avoid").
 */
import { byText } from "../../net/order.ts";
import type { Cube } from "../../flowgroup/cube.ts";

import { constraint, intersectCubes, withConstraint } from "../../flowgroup/cubes.ts";
import { cubesOverlap } from "../../flowgroup/index.ts";
import { cubeKey } from "../../flowgroup/keys.ts";
import type { DerivedRule } from "../../derived/rule.ts";
import { fragmentsOf, holdsFragments } from "../encode/fragments.ts";
import type { LowerContext } from "../pipeline/options.ts";
import { greatest, least } from "../../net/lists.ts";

/** A set of flows that the same rules steer. */
export interface Region {
  readonly cube: Cube;
  /** The rules that hold these flows, in order of their statements. */
  readonly members: readonly DerivedRule[];
  /** Whether its entries leave fragments to other regions (`apart`), or hold fragments only (`only`). */
  readonly fragments: "apart" | "only";
  /** The same choice for packets that show no direction. */
  readonly undirected: "apart" | "only";
  /** At least 1. Regions that overlap have different levels, and one with more members stands above one with fewer. */
  readonly level: number;
}

/**
 * The regions of all waypoints and avoids in force; undefined if there are more than `limit`. A fragment may belong to
 * the flows of several rules, and then all of them steer it. So fragments have regions of their own, made from the
 * fields that they show. The same holds for packets that show no direction.
 */
export function regionsOf(
  rules: readonly DerivedRule[],
  context: LowerContext,
  limit: number,
): readonly Region[] | undefined {
  const valid = shownRegions(rules, context, limit);
  const directed = new Set(rules.flatMap(({ cube, statement }) => (constraint(cube, "direction") ? [statement] : [])));
  const open = rules.map((rule) => ({ ...rule, cube: withConstraint(rule.cube, "direction", undefined) }));
  const undirected = directed.size === 0 ? [] : shownRegions(open, context, limit);
  if (valid === undefined || undirected === undefined) return undefined;
  const concerned = undirected.filter(({ members }) => members.some(({ statement }) => directed.has(statement)));
  return leveled([
    ...valid.map((one) => ({ ...one, undirected: "apart" as const })),
    ...concerned.map((one) => ({ ...one, undirected: "only" as const })),
  ]);
}

/** The regions of whole packets and of fragments, for packets that all show a direction or all show none. */
function shownRegions(
  rules: readonly DerivedRule[],
  { defaults }: LowerContext,
  limit: number,
): readonly Omit<Region, "level" | "undirected">[] | undefined {
  const whole = intersections(
    rules.map((rule) => ({ rule, cube: rule.cube })),
    limit,
  );
  const held = rules.filter(({ effect }) => holdsFragments(effect, defaults.fragments));
  const shown = held.flatMap((rule) => fragmentsOf(rule.cube).map((one) => ({ rule, ...one })));
  const could = new Set(shown.flatMap((one) => (one.could ? [one.rule] : [])));
  const parts = could.size === 0 ? [] : intersections(shown, limit);
  if (whole === undefined || parts === undefined) return undefined;
  const fragmented = parts.filter(({ members }) => members.some((one) => could.has(one)));
  return [
    ...whole.map((one) => ({ ...one, fragments: "apart" as const })),
    ...fragmented.map((one) => ({ ...one, fragments: "only" as const })),
  ];
}

/**
 * Puts each region above every region that it overlaps and that has fewer members, or as many and comes first. So no
 * two entries that match one packet share a priority, even if a region above both decides it.
 */
function leveled(regions: readonly Omit<Region, "level">[]): readonly Region[] {
  const found: Region[] = [];
  for (const one of regions.toSorted((a, b) => a.members.length - b.members.length)) {
    const below = found.filter(({ cube }) => cubesOverlap(cube, one.cube)).map(({ level }) => level);
    found.push({ ...one, level: 1 + greatest(below, 0) });
  }
  return found;
}

/** The earliest end of a region's rules, in Unix seconds. */
export const endOf = ({ members }: Pick<Region, "members">): number => least(members.map(({ end }) => end));

type Shared = Omit<Region, "fragments" | "undirected" | "level">;

/**
 * The cubes and their intersections, or undefined if there are more than `limit`. Of those with the same flows, one
 * with fewer members is kept only if it ends later: so ten rules for the same flows make one region and not a thousand.
 */
function intersections(
  parts: readonly { readonly rule: DerivedRule; readonly cube: Cube }[],
  limit: number,
): readonly Shared[] | undefined {
  const sorted = [...parts].sort((a, b) => byText(a.rule.statement, b.rule.statement));
  const found = new Map<string, readonly Shared[]>();
  let size = 0;
  for (const { rule, cube } of sorted) {
    const joint = [...found.values()].flat().flatMap(({ cube: other, members }) => {
      const both = intersectCubes(other, cube);
      return both === undefined ? [] : [{ cube: both, members: [...members, rule] }];
    });
    for (const one of [{ cube, members: [rule] }, ...joint]) {
      const key = cubeKey(one.cube);
      const known = found.get(key) ?? [];
      if (known.some((other) => replaces(other, one))) continue;
      const left = known.filter((other) => !replaces(one, other));
      size += left.length + 1 - known.length;
      found.set(key, [...left, one]);
    }
    if (size > limit) return undefined;
  }
  return [...found.values()].flat();
}

/** Whether `other` has all members of `one` and ends no earlier. */
function replaces(other: Shared, one: Shared): boolean {
  const all = new Set(other.members);
  return endOf(other) >= endOf(one) && one.members.every((rule) => all.has(rule));
}
