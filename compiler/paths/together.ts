/**
 * How flows are led by all that steer some of them (SEMANTICS, "waypoint / avoid"): every waypoint in order of the
 * statements, and nothing that any of them avoids. Several that each hold a part are one that holds all, if together
 * they do and lead alike; where some flows go one way and some another nothing is known of the whole.
 */
import type { Flowgroup } from "../flowgroup/cube.ts";
import type { Steering } from "./links.ts";

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

/** Undefined: not all of the flows are led, or not all alike. `holds` says whether a flowgroup holds them all. */
export function together(
  steering: readonly Steers[],
  holds: (all: Flowgroup) => boolean,
): (Required<Steering> & Pick<Steers, "isBound">) | undefined {
  const sorted = steering.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const parts = sorted.filter(({ flows }) => !holds(flows));
  if (parts.length > 0 && !holds({ cubes: parts.flatMap(({ flows }) => flows.cubes) })) return undefined;
  const ways =
    parts.length === 0 ? [sorted] : parts.map((part) => sorted.filter((one) => one === part || !parts.includes(one)));
  const [led, ...others] = ways.map(wayOf);
  return others.every((other) => JSON.stringify(other) === JSON.stringify(led)) ? led : undefined;
}

function wayOf(steering: readonly Steers[]): Required<Steering> & Pick<Steers, "isBound"> {
  const nodes = (kind: Steers["kind"]): readonly string[] => [
    ...new Set(steering.flatMap((one) => (one.kind === kind ? one.nodes : []))),
  ];
  return { waypoints: nodes("waypoint"), avoid: nodes("avoid"), isBound: steering.some(({ isBound }) => isBound) };
}
