/**
 * One packet's way through the network: the shortest that passes the waypoints in order and crosses no avoided switch
 * (SEMANTICS, "waypoint / avoid"). A waypoint that is a host hangs off a port: the packet is sent out there, and what
 * comes back in at that port goes on; so a route is a list of legs between access ports.
 */
import { distances, type Distances } from "./distance.ts";
import { portKey, samePort, type Port, type Topology } from "./topology.ts";

/** What one switch does: what comes in here goes out there. Where the two are equal it is sent back (OFPP_IN_PORT). */
export interface Hop {
  readonly switch: string;
  readonly in: number;
  readonly out: number;
}

/** The first leg begins where the packet enters, each further one at the waypoint where the one before ended. */
export interface Route {
  readonly legs: readonly (readonly Hop[])[];
}

export interface Journey {
  readonly from: Port;
  readonly to: Port;
  /** Hosts and switches, to be passed in this order. */
  readonly waypoints?: readonly string[] | undefined;
  /** Switches never to be entered. A host is never crossed but as a waypoint, so avoiding it forbids only that. */
  readonly avoid?: readonly string[] | undefined;
}

/** A stage of the journey: where to go next, and how far it is from each switch. */
interface Stage {
  /** A host's port; absent for a switch that is only to be crossed. */
  readonly port?: Port;
  readonly switch: string;
  readonly distances: Distances;
  /** Hops from this place to the end. */
  readonly rest: number;
}

/** Steps after which the search is given up; then there is no route, and the packet is dropped (it fails closed). */
const MOST_STEPS = 20_000;

/**
 * The route, or undefined where there is none. Of several shortest ones it is the one that leaves by the lowest ports.
 * No switch is entered twice at one port: that is all by which it can tell two passes of one packet apart.
 */
export function route(topology: Topology, journey: Journey): Route | undefined {
  const stages = stagesOf(topology, journey);
  return stages && new Search(topology, journey.from, stages).run();
}

/** All ports and links that a route uses, in order; the legs joined. */
export const hopsOf = ({ legs }: Route): readonly Hop[] => legs.flat();

/** Where a waypoint or an avoided node is: a switch, or the port of a host. A name that is both is the host. */
export function placeOf({ hosts, trunks }: Topology, node: string): Port | { readonly switch: string } | undefined {
  return hosts.get(node)?.at ?? (trunks.has(node) ? { switch: node } : undefined);
}

function stagesOf(topology: Topology, journey: Journey): readonly Stage[] | undefined {
  const { from, to, waypoints = [], avoid = [] } = journey;
  if (waypoints.some((node) => avoid.includes(node))) return undefined;
  const places = waypoints.map((node) => placeOf(topology, node));
  if (places.includes(undefined)) return undefined;
  // What enters at a waypoint's port has been there, and what ends there gets there; neighbours at one port are one.
  const stops = [from, ...(places as (Port | { switch: string })[]), to];
  const distinct = stops.filter((stop, i) => i === 0 || !sameStop(stops[i - 1]!, stop));
  if (distinct.length === 1) distinct.push(to);
  const closed = new Set(avoid.filter((node) => !topology.hosts.has(node)));
  const stages: Stage[] = [];
  let next: Stage | undefined;
  for (const stop of distinct.slice(1).toReversed()) {
    const there = next === undefined ? 0 : hopsLeft(next, stop.switch);
    if (there === undefined) return undefined;
    const rest: number = "port" in stop ? there + 1 : there;
    const port = "port" in stop ? { port: stop } : {};
    next = { ...port, switch: stop.switch, distances: distances(topology, stop.switch, closed), rest };
    stages.unshift(next);
  }
  return stages;
}

const sameStop = (a: Port | { readonly switch: string }, b: Port | { readonly switch: string }): boolean =>
  "port" in a && "port" in b ? samePort(a, b) : !("port" in a) && !("port" in b) && a.switch === b.switch;

/** A lower bound of the hops from a switch to the end; undefined where the next stop is out of reach. */
function hopsLeft({ distances: to, rest }: Stage, at: string): number | undefined {
  const distance = to.get(at);
  return distance === undefined ? undefined : distance + rest;
}

/** Iterative deepening A*: the bound above is exact unless two passes get in each other's way, so it rarely turns. */
class Search {
  readonly topology: Topology;
  readonly from: Port;
  readonly stages: readonly Stage[];
  readonly legs: Hop[][] = [[]];
  readonly entered = new Set<string>();
  steps = 0;
  /** The least bound that was too long for the current length. */
  longer = Number.POSITIVE_INFINITY;

  constructor(topology: Topology, from: Port, stages: readonly Stage[]) {
    this.topology = topology;
    this.from = from;
    this.stages = stages;
  }

  run(): Route | undefined {
    let length = hopsLeft(this.stages[this.crossed(this.from.switch, 0)]!, this.from.switch);
    while (length !== undefined && Number.isFinite(length) && this.steps < MOST_STEPS) {
      this.longer = Number.POSITIVE_INFINITY;
      if (this.enter(this.from, 0, length)) return { legs: this.legs };
      length = this.longer;
    }
    return undefined;
  }

  /** Comes in at a port with the stages before `stage` done and at most `left` hops to go. */
  enter(port: Port, stage: number, left: number): boolean {
    const key = portKey(port);
    if (this.entered.has(key) || (this.steps += 1) > MOST_STEPS) return false;
    const at = port.switch;
    const now = this.crossed(at, stage);
    const next = this.stages[now]!;
    const least = hopsLeft(next, at);
    if (least === undefined) return false;
    if (least > left) {
      this.longer = Math.min(this.longer, this.used() + least);
      return false;
    }
    this.entered.add(key);
    const leg = this.legs.at(-1)!;
    const go = (out: number, then: () => boolean): boolean => {
      leg.push({ switch: at, in: port.port, out });
      return then() || (leg.pop(), false);
    };
    const arrived = next.port?.switch === at && go(next.port.port, () => this.stop(next.port!, now, left - 1));
    const found =
      arrived ||
      (this.topology.trunks.get(at) ?? []).some(
        (link) => next.distances.has(link.to.switch) && go(link.from.port, () => this.enter(link.to, now, left - 1)),
      );
    if (!found) this.entered.delete(key);
    return found;
  }

  /** Sent out at the port of a stage: the end, or a waypoint from which it comes back. */
  stop(port: Port, stage: number, left: number): boolean {
    if (stage === this.stages.length - 1) return true;
    this.legs.push([]);
    return this.enter(port, stage + 1, left) || (this.legs.pop(), false);
  }

  /** The first stage that is not done by being at a switch. */
  crossed(at: string, stage: number): number {
    let now = stage;
    while (this.stages[now]!.port === undefined && this.stages[now]!.switch === at) now += 1;
    return now;
  }

  used(): number {
    return this.legs.reduce((sum, leg) => sum + leg.length, 0);
  }
}
