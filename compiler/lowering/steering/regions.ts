/**
 * The waypoints and avoids in force → regions: sets of flows that the same ones hold. A flow that several hold passes
 * all their waypoints and none of their avoided nodes, so their intersection is a region of its own (SEMANTICS,
 * "waypoint / avoid").
 */
import { byText } from "../../net/order.ts";
import type { Cube } from "../../flowgroup/cube.ts";
import { constraint, intersectCubes, withConstraint } from "../../flowgroup/cubes.ts";
import { cut } from "../../flowgroup/index.ts";
import { nameSet, setHolds } from "../../flowgroup/sets.ts";
import { OverlapIndex } from "../../flowgroup/overlap-index.ts";
import { cubeKey } from "../../flowgroup/keys.ts";
import type { DerivedRule } from "../../derived/rule.ts";
import { fragmentsOf, holdsFragments } from "../encode/fragments.ts";
import { namesEnds } from "../../paths/end-ports.ts";
import { namedSources, nodesTogether, portKey, type AttachedHost, type Topology } from "../../paths/index.ts";
import type { LowerContext } from "../pipeline/options.ts";
import { withoutEnds } from "./returning.ts";
import { ofSeveralUsers, sharedHosts, SIDES, type SharedHost } from "./shared-hosts.ts";
import { greatest, least } from "../../net/lists.ts";

/** A waypoint or an avoid, or what it leaves out. */
interface RegionRule extends DerivedRule {
  readonly leadsNothing?: true;
}

/** A set of flows that the same rules steer. */
export interface Region {
  readonly cube: Cube;
  /** The rules that hold these flows, in order of their statements, and those of `exceptedOf`, which lead nothing. */
  readonly members: readonly RegionRule[];
  /** Whether its entries leave fragments to other regions (`apart`), or hold fragments only (`only`). */
  readonly fragments: "apart" | "only";
  /** The same choice for packets that show no direction. */
  readonly undirected: "apart" | "only";
  /** At least 1. Regions that overlap have different levels, and one with more members stands above one with fewer. */
  readonly level: number;
  /**
   * The level on later switches, which no more show where its flows came in; undefined: they show of whom its flows are.
   * It is below that of each region of which they do.
   */
  readonly laterLevel?: number;
}

/** The statements of which common flows make too many regions. */
export interface TooManyRegions {
  readonly statements: readonly string[];
}

/**
 * The regions of all waypoints and avoids in force; those that several hold are counted, `limit` at most. A fragment may
 * belong to the flows of several rules, and then all of them steer it. So fragments have regions of their own, made from
 * the fields that they show. The same holds for packets that show no direction.
 */
export function regionsOf(
  steering: readonly DerivedRule[],
  context: LowerContext,
  limit: number,
  topology: Topology,
): readonly Region[] | TooManyRegions {
  const rules: readonly RegionRule[] = steering
    .flatMap((rule) => [rule, ...exceptedOf(rule, topology)])
    .flatMap((rule) => bySources(rule, topology));
  const shared = sharedHosts(topology);
  const valid = shownRegions(rules, context, limit, shared);
  const directed = new Set(rules.flatMap(({ cube, statement }) => (constraint(cube, "direction") ? [statement] : [])));
  const open = rules.map((rule) => ({ ...rule, cube: withConstraint(rule.cube, "direction", undefined) }));
  const undirected = directed.size === 0 ? [] : shownRegions(open, context, limit, shared);
  if ("statements" in valid) return valid;
  if ("statements" in undirected) return undirected;
  const concerned = undirected.filter(({ members }) => members.some(({ statement }) => directed.has(statement)));
  return withLaterLevels(
    leveled([
      ...withoutCovered(valid).map((one) => ({ ...one, undirected: "apart" as const })),
      ...withoutCovered(concerned).map((one) => ({ ...one, undirected: "only" as const })),
    ]),
    topology,
  );
}

/**
 * A rule in two: for its flows from ports of known hosts, and from those of which no fact says who stands there. From ports of
 * links no flow enters.
 */
function bySources(rule: RegionRule, topology: Topology): readonly RegionRule[] {
  const sources = namedSources(topology, rule.cube);
  if (sources === undefined || sources.unnamed.length + sources.links.length === 0) return [rule];
  return [sources.known, sources.unnamed].flatMap((ports) => {
    const names = nameSet(ports.map((port) => portKey(port)));
    return names === undefined ? [] : [{ ...rule, cube: withConstraint(rule.cube, "srcAP", names) }];
  });
}

/** Regions with their levels on later switches, if their flows come in where no fact says who stands there. */
function withLaterLevels(regions: readonly Region[], topology: Topology): readonly Region[] {
  const unnamed = regions.filter((one) => isOfUnnamed(one, topology));
  if (unnamed.length === 0) return regions;
  // Levels keep the order of the regions.
  const later = leveled(unnamed.map((one) => ({ ...one, cube: withoutEnds(one.cube) }))).map(({ level }) => level);
  const laterLevels = new Map(unnamed.map((one, i) => [one, later[i]!]));
  const above = greatest(later, 0);
  return regions.map((one) => {
    const [level, laterLevel] = [one.level + above, laterLevels.get(one)];
    return laterLevel === undefined ? { ...one, level } : { ...one, level, laterLevel };
  });
}

const isOfUnnamed = ({ cube }: Region, topology: Topology): boolean =>
  (namedSources(topology, cube)?.unnamed ?? []).length > 0;

/**
 * What a rule leaves out by the ports where flows leave, as a rule of its own that leads nothing. No entry can ask for these
 * ports, so those of the rule hold what is left out, too, and those of this one stand above them. Only of known hosts it
 * shows that they stand there.
 */
function exceptedOf(rule: DerivedRule, { hosts }: Topology): readonly RegionRule[] {
  const goesTo = constraint(rule.cube, "dstAP");
  if (goesTo?.kind !== "name" || !goesTo.not) return [];
  const known = new Set([...hosts.values()].map(({ at }) => portKey(at)));
  const left = nameSet([...known].filter((name) => !setHolds(goesTo, name)));
  return left === undefined ? [] : [{ ...rule, cube: withConstraint(rule.cube, "dstAP", left), leadsNothing: true }];
}

/** The rules of a region that lead its flows. */
export const leadersOf = ({ members }: Pick<Region, "members">): readonly DerivedRule[] =>
  members.filter(({ leadsNothing }) => leadsNothing !== true);

/**
 * The hosts of a topology, by what shows that flows of a region are for them. Where `dstAP` names their ports, for a statement or
 * for what it leaves out, a host with a stated MAC is known by that alone, as ordinary forwarding knows it: with the MAC of another
 * it is for that one.
 */
export function shownEndsOf({ members }: Pick<Region, "members">, topology: Topology): Topology {
  if (!members.some(({ cube }) => namesEnds(cube))) return topology;
  return { ...topology, hosts: new Map([...topology.hosts].map(([name, host]) => [name, byMac(host)] as const)) };
}

const byMac = (host: AttachedHost): AttachedHost => (host.macs.length > 0 ? { ...host, addresses: [] } : host);

/**
 * The flows of a region, with what only some of its leaders leave out by `dstAP`. With the address of a host there and no MAC of
 * its own a packet is left out by none: it is held by all, and the others' regions would lead it to that host from where this
 * one ends.
 */
export function ledFrom({ cube, members }: Pick<Region, "cube" | "members">): Cube {
  const goesTo = constraint(cube, "dstAP");
  if (goesTo?.kind !== "name" || !goesTo.not) return cube;
  const ends = leadersOf({ members }).map((one) => constraint(one.cube, "dstAP"));
  const names = goesTo.names.filter((name) => ends.every((set) => set !== undefined && !setHolds(set, name)));
  return withConstraint(cube, "dstAP", names.length === 0 ? undefined : { ...goesTo, names });
}

/** How these rules lead flows together. */
export function nodesBy(leaders: readonly DerivedRule[]): ReturnType<typeof nodesTogether> {
  const nodes = (effect: string): readonly (readonly string[])[] =>
    leaders.flatMap((one) => (one.effect === effect ? [one.nodes ?? []] : []));
  return nodesTogether(nodes("waypoint"), nodes("avoid"));
}

/** The fields whose overlapping ranges are made apart. */
const RANGED = ["srcPort", "dstPort"] as const;
/** The most ranges that are left of one. More would cost more entries than they save. */
const MOST_RANGES = 4;

/**
 * The regions without the flows that a region with more members holds, where only ports tell both apart. So ranges of
 * ports that overlap cost as many entries as there are different stretches, and not as there are intersections. A
 * region that ends earlier takes nothing: when it ends, the flows are the other's again.
 */
function withoutCovered(regions: readonly Uncovered[]): readonly Uncovered[] {
  // No region has more members than those that several statements hold, and of these there are few.
  const several = regions.filter(({ members }) => members.length > 1);
  return regions.flatMap((one) => {
    let left: Cube = one.cube;
    for (const above of several) {
      if (above.members.length <= one.members.length || above.fragments !== one.fragments) continue;
      if (endOf(above) < endOf(one) || !one.members.every((rule) => above.members.includes(rule))) continue;
      const pieces = cut(left, above.cube);
      const [piece] = pieces;
      if (piece === undefined) return [];
      if (pieces.length === 1 && isRanged(left, piece)) left = piece;
    }
    return [{ ...one, cube: left }];
  });
}

/** Whether a piece of a cube differs from it only in what few ranges of ports it has left. */
function isRanged(whole: Cube, piece: Cube): boolean {
  const field = RANGED.find((one) => constraint(whole, one) !== constraint(piece, one));
  const [had, has] = field === undefined ? [] : [constraint(whole, field), constraint(piece, field)];
  return had?.kind === "number" && has?.kind === "number" && has.ranges.length <= 2 * MOST_RANGES;
}

type Uncovered = Omit<Region, "level" | "undirected">;

/** The regions of whole packets and of fragments, for packets that all show a direction or all show none. */
function shownRegions(
  rules: readonly RegionRule[],
  { defaults }: LowerContext,
  limit: number,
  shared: readonly SharedHost[],
): readonly Uncovered[] | TooManyRegions {
  const whole = intersections(
    rules.map((rule) => ({ rule, cube: rule.cube })),
    limit,
    shared,
  );
  const held = rules.filter(({ effect }) => holdsFragments(effect, defaults.fragments));
  const shown = held.flatMap((rule) => fragmentsOf(rule.cube).map((one) => ({ rule, ...one })));
  const could = new Set(shown.flatMap((one) => (one.could ? [one.rule] : [])));
  const parts = could.size === 0 ? [] : intersections(shown, limit, shared);
  if ("statements" in whole) return whole;
  if ("statements" in parts) return parts;
  const fragmented = parts.filter(({ members }) => members.some((one) => could.has(one)));
  return [
    ...whole.map((one) => ({ ...one, fragments: "apart" as const })),
    ...fragmented.map((one) => ({ ...one, fragments: "only" as const })),
  ];
}

/**
 * Puts each region above every region that it overlaps and that has fewer members, or as many of which fewer lead nothing, or
 * as many of both and comes first. So no
 * two entries that match one packet share a priority, even if a region above both decides it.
 */
function leveled(regions: readonly Omit<Region, "level">[]): readonly Region[] {
  const found: Region[] = [];
  const index = new OverlapIndex<Region>();
  const rank = ({ members }: Pick<Region, "members">): number =>
    members.length + members.filter(({ leadsNothing }) => leadsNothing).length / (members.length + 1);
  // Beside flows that are left out by where they leave, entries of all regions may show no more of it than these do.
  const hides = regions.some(({ members }) => members.some(({ leadsNothing }) => leadsNothing));
  for (const one of regions.toSorted((a, b) => rank(a) - rank(b))) {
    const open = withoutUsers(one.cube);
    const shown = hides ? withConstraint(open, "dstAP", undefined) : open;
    const below = index.overlapping(shown).map(({ level }) => level);
    const next = { ...one, level: 1 + greatest(below, 0) };
    index.insert(shown, next);
    found.push(next);
  }
  return found;
}

/** A cube for any users. A packet with the MAC of one user and the address of another matches entries for both. */
const withoutUsers = (cube: Cube): Cube =>
  (["user", "dstUser"] as const).reduce((rest, field) => withConstraint(rest, field, undefined), cube);

/** The earliest end of a region's rules, in Unix seconds. */
export const endOf = ({ members }: Pick<Region, "members">): number => least(members.map(({ end }) => end));

type Shared = Omit<Region, "fragments" | "undirected" | "level">;

/** The most members of all regions together, for each that several rules may hold: many rules for the same flows make few, but long ones. */
const MEMBERS_EACH = 200;

/** A region with its place among those found: regions with the same flows stand together, where the first was found. */
interface Found extends Shared {
  readonly place: number;
  readonly order: number;
}

/**
 * The cubes and their intersections; at most `limit` that several rules hold. Of those with the same flows, one with
 * fewer members is kept only if it ends later: so ten rules for the same flows make one region and not a thousand.
 */
function intersections(
  parts: readonly { readonly rule: RegionRule; readonly cube: Cube }[],
  limit: number,
  hosts: readonly SharedHost[],
): readonly Shared[] | TooManyRegions {
  const sorted = [...parts].sort((a, b) => byText(a.rule.statement, b.rule.statement));
  const found = new Map<string, readonly Found[]>();
  const index = new OverlapIndex<Found>();
  let several = 0;
  let members = 0;
  let order = 0;
  for (const { rule, cube } of sorted) {
    // What a host of several users sends is common to flows of two users, which do not meet. So all are looked at.
    const namesUsers = hosts.length > 0 && SIDES.some((side) => constraint(cube, side) !== undefined);
    const others = namesUsers ? [...found.values()].flat() : index.overlapping(cube).toSorted(byPlace);
    const joint = others.flatMap(({ cube: other, members: its }) => {
      const both = intersectCubes(other, cube);
      const held = [...(both ? [both] : []), ...ofSeveralUsers(other, cube, hosts)];
      return held.map((one) => ({ cube: one, members: [...its, rule] }));
    });
    for (const one of joint) members += one.members.length;
    for (const one of [{ cube, members: [rule] }, ...joint]) {
      const key = cubeKey(one.cube);
      const known = found.get(key) ?? [];
      if (known.some((other) => replaces(other, one))) continue;
      const next: Found = { ...one, place: known[0]?.place ?? found.size, order: order++ };
      const gone = known.filter((other) => replaces(next, other));
      for (const other of gone) index.remove(other.cube, other);
      index.insert(next.cube, next);
      several += Number(isOfSeveral(next)) - gone.filter(isOfSeveral).length;
      found.set(key, [...known.filter((other) => !gone.includes(other)), next]);
    }
    if (several > limit || members > MEMBERS_EACH * limit || (namesUsers && found.size > limit)) {
      const all = [...found.values()].flat();
      return meeting(namesUsers ? all : all.filter(isOfSeveral));
    }
  }
  return [...found.values()].flat();
}

const isOfSeveral = ({ members }: Shared): boolean => members.length > 1;
const byPlace = (a: Found, b: Found): number => a.place - b.place || a.order - b.order;

/** The statements of these regions, sorted. */
const meeting = (regions: readonly Shared[]): TooManyRegions => ({
  statements: [...new Set(regions.flatMap(({ members }) => members.map(({ statement }) => statement)))].sort(byText),
});

/** Whether `other` has all members of `one` and ends no earlier. */
function replaces(other: Shared, one: Shared): boolean {
  const all = new Set(other.members);
  return endOf(other) >= endOf(one) && one.members.every((rule) => all.has(rule));
}
