/**
 * Flows that `waypoint` and `avoid` steer → what each switch does with them, port by port: the steps that a table is
 * made of. Whatever no step holds is forwarded as everything else, or around what it is to avoid (`around.ts`); what has
 * no way left is dropped (it fails closed).
 */
import type { Flowgroup } from "../flowgroup/cube.ts";
import { by } from "../net/order.ts";
import { detour, exceptions } from "./detour.ts";
import { endsOf } from "./ends.ts";
import { closedOf, hopsOf, route, type Route } from "./route.ts";
import type { Hop } from "./search.ts";
import { portKey, samePort, type Port, type Topology } from "./topology.ts";
import type { Steering } from "./links.ts";

/** Flows that entered the network at one port, and are bound for one port or for any. */
export interface Bound {
  readonly from: Port;
  /** Absent: wherever they go. A bound with a `to` stands above those without. */
  readonly to?: Port;
}

/** What a switch does with them where they come in at the hop's port. */
export interface Step extends Bound {
  readonly hop: Hop;
}

export interface Steps {
  /** Those with a `to` and those without may meet; otherwise no two hold the same packet at the same port. */
  readonly steps: readonly Step[];
  /** What has no way left, to be dropped where it enters. */
  readonly drops: readonly Bound[];
  /** What comes back from waypoints, and is no spoof there. */
  readonly returns: readonly Return[];
}

/** Flows that come back at a waypoint's port. */
export interface Return extends Bound {
  readonly at: Port;
}

/**
 * The steps of a flowgroup. Where its sources are not known they are all ports where hosts stand; where its
 * destinations are not known, the way is prescribed up to the last waypoint, and to hosts that need more than that.
 */
export function steer(topology: Topology, flows: Flowgroup, steering: Steering): Steps {
  const builder = new Builder(topology, steering);
  for (const { sources, destinations } of endsOf(topology, flows)) {
    for (const from of sources ?? edge(topology)) {
      if (destinations === undefined) builder.anywhere(from);
      else for (const to of destinations) if (!samePort(from, to)) builder.pair({ from, to });
    }
  }
  return builder.finish();
}

/** All ports where known hosts stand. */
const edge = ({ hosts }: Topology): readonly Port[] => [
  ...new Map([...hosts.values()].map(({ at }) => [portKey(at), at])).values(),
];

class Builder {
  readonly topology: Topology;
  readonly steering: Steering;
  readonly steps = new Map<string, Step>();
  readonly drops = new Map<string, Bound>();
  readonly returns = new Map<string, Return>();
  /** Whether they are to avoid switches, and whether nothing else is asked. */
  readonly isClosed: boolean;
  readonly goesAround: boolean;

  constructor(topology: Topology, steering: Steering) {
    this.topology = topology;
    this.steering = steering;
    this.isClosed = closedOf(topology, steering).size > 0;
    this.goesAround = this.isClosed && (steering.waypoints ?? []).length === 0;
  }

  pair(bound: Required<Bound>): void {
    this.lead(bound, route(this.topology, { ...bound, ...this.steering }));
  }

  anywhere(from: Port): void {
    const journey = { from, ...this.steering };
    const found = detour(this.topology, journey);
    if (found === undefined) {
      this.drops.set(keyOf({ from }), { from });
      return;
    }
    this.lead({ from }, found);
    // The last leg ends where the packet leaves for a waypoint; unless that is a switch, it comes back in there.
    const last = found.legs.at(-1)?.at(-1);
    if (last && samePort(found.at, { switch: last.switch, port: last.out })) this.comesBack({ from }, found.at);
    // Ordinary forwarding knows nothing of what is to be avoided behind the last waypoint: there all have their own way.
    if (this.isClosed && !this.goesAround) {
      for (const { at: to } of this.topology.hosts.values()) if (!samePort(from, to)) this.pair({ from, to });
      return;
    }
    for (const { host, route: own } of exceptions(this.topology, journey, found)) this.lead({ from, to: host.at }, own);
  }

  lead(bound: Bound, way: Route | undefined): void {
    if (way === undefined) {
      this.drops.set(keyOf(bound), bound);
      return;
    }
    // Around nodes all are led alike, wherever they come from.
    if (this.goesAround) return;
    for (const hop of hopsOf(way)) this.steps.set(`${keyOf(bound)} ${hop.switch}:${hop.in}`, { ...bound, hop });
    for (const [first] of way.legs.slice(1)) {
      this.comesBack(bound, { switch: first!.switch, port: first!.in });
    }
  }

  /** What may go anywhere is told by its source alone. */
  comesBack(bound: Bound, at: Port): void {
    const whole = `${portKey(at)} ${keyOf({ from: bound.from })}`;
    if (!this.returns.has(whole)) this.returns.set(`${portKey(at)} ${keyOf(bound)}`, { ...bound, at });
  }

  finish(): Steps {
    return { steps: inOrder(this.steps), drops: inOrder(this.drops), returns: inOrder(this.returns) };
  }
}

const keyOf = ({ from, to }: Bound): string => `${portKey(from)} ${to ? portKey(to) : ""}`;

const inOrder = <T>(found: ReadonlyMap<string, T>): readonly T[] =>
  [...found].toSorted(by(([key]) => key)).map(([, one]) => one);
