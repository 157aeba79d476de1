/**
 * Flows and the statements that steer some of them → parts that are steered alike (SEMANTICS, "waypoint / avoid"). A
 * flow passes the waypoints of every statement that holds it, in order of the statements, and crosses no node that any
 * of them avoids. Ordinary forwarding leads the part that no statement holds.
 *
 * Fragments show no ports. If parts differ by ports, a fragment is steered by all statements that could hold it. That
 * is one of the parts here as long as all statements with ports steer alike. Otherwise the parts are not known.
 */
import type { Flowgroup } from "../flowgroup/cube.ts";
import { bitOf } from "../flowgroup/cubes.ts";
import { cut, intersect, NONE, subset } from "../flowgroup/index.ts";
import { by } from "../net/order.ts";
import type { Steering } from "./links.ts";
import { nodesTogether } from "./waypoint-order.ts";

/** A waypoint or avoid statement, or a part of one. */
export interface SteeringStatement {
  /** Identity of the statement. */
  readonly id: string;
  readonly kind: "waypoint" | "avoid";
  readonly nodes: readonly string[];
  readonly flows: Flowgroup;
  /** Whether the port is known where its flows leave the network. */
  readonly isExitKnown: boolean;
}

/** Some of the flows, and how they are steered. */
export interface SteeredPart extends Required<Steering> {
  readonly flows: Flowgroup;
  /** Whether any statement steers them. */
  readonly isSteered: boolean;
  /** Whether `SteeringStatement.isExitKnown` holds for some statement that steers them. */
  readonly isExitKnown: boolean;
}

/** The most parts, and the most cubes of one part. Beyond these the parts are not known. */
const MOST_PARTS = 16;
const MOST_CUBES = 64;

const HIDDEN = bitOf("srcPort") | bitOf("dstPort") | bitOf("icmpType") | bitOf("icmpCode");

const byId = by(({ id }: SteeringStatement) => id);

interface Part {
  readonly flows: Flowgroup;
  readonly by: readonly SteeringStatement[];
}

/**
 * The parts of flows, no two of them steered alike; undefined if they are too many. A single part has `flows` itself.
 * `budget`: the most pieces that one question to the algebra may make.
 */
export function steeredPartsOf(
  flows: Flowgroup,
  steering: readonly SteeringStatement[],
  budget?: number,
): readonly SteeredPart[] | undefined {
  let parts: readonly Part[] = [{ flows, by: [] }];
  const byPorts = new Set<string>();
  const showsPorts = flows.cubes.every(({ mask }) => mask & HIDDEN);
  for (const one of steering.toSorted(byId)) {
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
  const alike = Map.groupBy(parts.map(steeredPartOf), ({ lists, avoid, isSteered, isExitKnown }) =>
    JSON.stringify([lists, avoid, isSteered, isExitKnown]),
  );
  const distinct = [...alike.values()].map((some): SteeredPart => ({
    ...some[0]!,
    flows: some.length === 1 ? some[0]!.flows : { cubes: some.flatMap((one) => one.flows.cubes) },
  }));
  return distinct.length === 1 ? [{ ...distinct[0]!, flows }] : distinct;
}

/** The flows without the holes; undefined if that is too many pieces. */
function without(flows: Flowgroup, holes: Flowgroup): Flowgroup | undefined {
  let pieces = flows.cubes;
  for (const hole of holes.cubes) {
    pieces = pieces.flatMap((piece) => cut(piece, hole));
    if (pieces.length > MOST_CUBES) return undefined;
  }
  return { cubes: pieces };
}

function steeredPartOf({ flows, by }: Part): SteeredPart {
  const nodes = (kind: SteeringStatement["kind"]): readonly (readonly string[])[] =>
    by.flatMap((one) => (one.kind === kind ? [one.nodes] : []));
  const isExitKnown = by.some((one) => one.isExitKnown);
  return {
    flows,
    ...nodesTogether(nodes("waypoint"), nodes("avoid")),
    isSteered: by.length > 0,
    isExitKnown,
  };
}
