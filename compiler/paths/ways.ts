/**
 * Flows, and all that steers some of them → the ways that they are led (SEMANTICS, "waypoint / avoid"): of those that
 * hold a flow every waypoint is passed in order of the statements, and no avoided node is crossed. What nothing steers
 * goes as all others. Where the parts are too many nothing is known.
 *
 * Fragments show no ports: where ports tell parts apart, one goes the way of all parts that it could be of. That is one
 * of the ways here as long as all that tell by ports lead alike.
 */
import type { Flowgroup } from "../flowgroup/cube.ts";
import { bitOf } from "../flowgroup/cubes.ts";
import { cut, intersect, NONE, subset } from "../flowgroup/index.ts";
import { by } from "../net/order.ts";
import type { Steering } from "./links.ts";
import { inOrder } from "./order.ts";

/** A waypoint or an avoid, or a part of one. */
export interface Steers {
  /** Of the statement. */
  readonly id: string;
  readonly kind: "waypoint" | "avoid";
  readonly nodes: readonly string[];
  readonly flows: Flowgroup;
  /** Whether it is known where its flows leave the network. */
  readonly isBound: boolean;
}

/** Some of the flows, and how they are led. */
export interface Way extends Required<Steering> {
  readonly flows: Flowgroup;
  /** Whether anything steers them. */
  readonly isLed: boolean;
  /** Whether it is known of anything that steers them where its flows leave the network. */
  readonly isBound: boolean;
}

/** Most parts, and most cubes of them, that are told apart. */
const MOST_PARTS = 16;
const MOST_CUBES = 64;

const HIDDEN = bitOf("srcPort") | bitOf("dstPort") | bitOf("icmpType") | bitOf("icmpCode");

interface Part {
  readonly flows: Flowgroup;
  readonly by: readonly Steers[];
}

/** The ways of flows, no two alike; one way of all of them has these very flows. */
export function waysOf(flows: Flowgroup, steering: readonly Steers[], budget?: number): readonly Way[] | undefined {
  let parts: readonly Part[] = [{ flows, by: [] }];
  const byPorts = new Set<string>();
  const showsPorts = flows.cubes.every(({ mask }) => mask & HIDDEN);
  for (const one of steering.toSorted(by(({ id }) => id))) {
    const next: Part[] = [];
    let meets = false;
    for (const part of parts) {
      const isInside = subset(part.flows, one.flows, budget) === true;
      const inside = isInside ? part.flows : intersect(part.flows, one.flows);
      const outside = isInside ? NONE : without(part.flows, one.flows);
      if (outside === undefined || inside.cubes.length > MOST_CUBES) return undefined;
      if (inside.cubes.length > 0) next.push({ flows: inside, by: [...part.by, one] });
      if (outside.cubes.length > 0) next.push({ ...part, flows: outside });
      meets ||= inside.cubes.length > 0;
    }
    const tells = !showsPorts && one.flows.cubes.some(({ mask }) => mask & HIDDEN);
    if (tells && meets && subset(flows, one.flows, budget) !== true) byPorts.add(`${one.kind} ${one.nodes.join()}`);
    parts = next;
    if (byPorts.size > 1 || parts.length > MOST_PARTS) return undefined;
  }
  const alike = Map.groupBy(parts.map(wayOf), ({ waypoints, avoid, isLed, isBound }) =>
    JSON.stringify([waypoints, avoid, isLed, isBound]),
  );
  const ways = [...alike.values()].map((some): Way => ({
    ...some[0]!,
    flows: some.length === 1 ? some[0]!.flows : { cubes: some.flatMap((one) => one.flows.cubes) },
  }));
  return ways.length === 1 ? [{ ...ways[0]!, flows }] : ways;
}

/** What is left of flows; undefined where it is cut into too many pieces. */
function without(flows: Flowgroup, holes: Flowgroup): Flowgroup | undefined {
  let pieces = flows.cubes;
  for (const hole of holes.cubes) {
    pieces = pieces.flatMap((piece) => cut(piece, hole));
    if (pieces.length > MOST_CUBES) return undefined;
  }
  return { cubes: pieces };
}

function wayOf({ flows, by }: Part): Way {
  const nodes = (kind: Steers["kind"]): readonly string[] =>
    inOrder(by.flatMap((one) => (one.kind === kind ? [one.nodes] : [])));
  const isBound = by.some((one) => one.isBound);
  return { flows, waypoints: nodes("waypoint"), avoid: nodes("avoid"), isLed: by.length > 0, isBound };
}
