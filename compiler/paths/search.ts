/**
 * A port and stops → the shortest path from the port through all stops in order that enters no switch twice at one
 * port. The search is iterative deepening A* (Korf 1985). Its bound is exact unless two passes of one path collide, so
 * it hardly ever backtracks.
 */
import { distances, type Distances } from "./distance.ts";
import { portKey, type Port, type Topology } from "./topology.ts";

/**
 * One switch of a path: packets that come in at the port `in` go out at the port `out`. If both are equal, the switch
 * sends them back (OFPP_IN_PORT; OpenFlow 1.3.5, section 7.2.1).
 */
export interface Hop {
  readonly switch: string;
  readonly in: number;
  readonly out: number;
}

/** A stop of a path: the port of a host, or a switch that has only to be crossed. */
export type Stop = Port | { readonly switch: string };

/** The path to search for. */
export interface SearchQuery {
  readonly from: Port;
  readonly stops: readonly Stop[];
  /** Switches that must not be entered. */
  readonly closed: ReadonlySet<string>;
  /** Whether the packet goes on after the last stop. If that is a port, it comes back in there. */
  readonly goesOn: boolean;
}

/** The path that was found: the hops of each leg, and the port where the packet comes in next. */
export interface SearchResult {
  readonly legs: readonly (readonly Hop[])[];
  readonly at: Port;
}

/** The budget of one question, in hops. All orders of waypoints share it. */
const MOST_STEPS = 20_000;
/** The hops that each of several questions has for itself. */
const OWN_STEPS = 500;
/** The hops that these questions share beyond their own. */
const COMMON_STEPS = 10 * MOST_STEPS;

/**
 * The hops that a search may still try. A search that runs out of them finds no path, and the flows are dropped
 * (steering fails closed).
 */
export class SearchBudget {
  left: number;
  /** Whether a search ran out of hops. */
  isSpent = false;

  constructor(left: number = MOST_STEPS) {
    this.left = left;
  }
}

/** The budget of several questions about one flowgroup. */
export class CommonBudget {
  #left = COMMON_STEPS;
  /** Whether some question ran out of hops. */
  isSpent = false;

  /** Runs a search with its own hops and those that are left of the shared ones. */
  ask<T>(question: (budget: SearchBudget) => T): T {
    const most = Math.min(MOST_STEPS, OWN_STEPS + this.#left);
    const budget = new SearchBudget(most);
    const found = question(budget);
    this.#left -= Math.max(0, most - budget.left - OWN_STEPS);
    this.isSpent ||= budget.isSpent;
    return found;
  }
}

/**
 * Tries several orders and returns what is found for the first that has a path. The first round divides half of the
 * hops among the orders, so that an order without a path leaves hops for the others. The second round gives the rest to
 * the orders that ran out.
 */
export function firstFound<T>(
  orders: readonly (readonly string[])[],
  budget: SearchBudget,
  find: (order: readonly string[], budget: SearchBudget) => T | undefined,
): T | undefined {
  if (orders.length === 1) return find(orders[0]!, budget);
  const part = Math.ceil(budget.left / 2 / orders.length);
  const short: (readonly string[])[] = [];
  for (const order of orders) {
    const own = new SearchBudget(Math.min(part, budget.left));
    const before = own.left;
    const found = find(order, own);
    budget.left -= before - own.left;
    if (found !== undefined) return found;
    if (own.isSpent) short.push(order);
  }
  for (const order of short) {
    const found = find(order, budget);
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * The shortest path from a port through all stops in order; undefined if there is none. Of several it is the one that
 * leaves by the lowest ports.
 */
export function search(
  topology: Topology,
  wanted: SearchQuery,
  budget: SearchBudget = new SearchBudget(),
): SearchResult | undefined {
  if (wanted.closed.has(wanted.from.switch) || !topology.trunks.has(wanted.from.switch)) return undefined;
  const stages = stagesOf(topology, wanted);
  return stages && new Search(topology, wanted, stages, budget).run();
}

/** A stop with the distances to it. */
interface Stage {
  readonly port?: Port;
  readonly switch: string;
  readonly distances: Distances;
  /** A lower bound of the hops from this stop to the end. */
  readonly rest: number;
}

function stagesOf(topology: Topology, { stops, closed }: SearchQuery): readonly Stage[] | undefined {
  const stages: Stage[] = [];
  for (const stop of stops.toReversed()) {
    const [next] = stages;
    const there = next === undefined ? 0 : hopsLeft(next, stop.switch);
    if (there === undefined) return undefined;
    const toStop = distances(topology, stop.switch, closed);
    const isPort = "port" in stop;
    stages.unshift({
      ...(isPort && { port: stop }),
      switch: stop.switch,
      distances: toStop,
      rest: there + Number(isPort),
    });
  }
  return stages;
}

/** A lower bound of the hops from a switch to the end; undefined if the next stop cannot be reached. */
function hopsLeft({ distances: to, rest }: Stage, at: string): number | undefined {
  const distance = to.get(at);
  return distance === undefined ? undefined : distance + rest;
}

class Search {
  readonly topology: Topology;
  readonly wanted: SearchQuery;
  readonly stages: readonly Stage[];
  readonly legs: Hop[][] = [[]];
  readonly entered = new Set<string>();
  /** Hops taken so far. */
  taken = 0;
  readonly budget: SearchBudget;
  /** The least bound that exceeded the current length. */
  longer = Number.POSITIVE_INFINITY;
  end: Port | undefined;

  constructor(topology: Topology, wanted: SearchQuery, stages: readonly Stage[], budget: SearchBudget) {
    this.budget = budget;
    this.topology = topology;
    this.wanted = wanted;
    this.stages = stages;
  }

  run(): SearchResult | undefined {
    for (let length = 0; Number.isFinite(length) && !this.budget.isSpent; length = this.longer) {
      this.longer = Number.POSITIVE_INFINITY;
      if (this.enter(this.wanted.from, 0, length)) return { legs: this.legs, at: this.end! };
    }
    return undefined;
  }

  /** Goes on from an ingress port with the stages before `stage` passed. The whole path may have `length` hops. */
  enter(port: Port, stage: number, length: number): boolean {
    const key = portKey(port);
    if (this.entered.has(key)) return false;
    if (this.budget.left <= 0) this.budget.isSpent = true;
    if (this.budget.isSpent) return false;
    this.budget.left -= 1;
    const now = this.crossed(port.switch, stage);
    const next = this.stages[now];
    if (next === undefined) return this.finish(port);
    const left = hopsLeft(next, port.switch);
    if (left === undefined) return false;
    if (this.taken + left > length) {
      this.longer = Math.min(this.longer, this.taken + left);
      return false;
    }
    this.entered.add(key);
    const branches = (this.topology.trunks.get(port.switch) ?? [])
      .filter((link) => next.distances.has(link.to.switch))
      .map((link) => ({ out: link.from.port, go: () => this.enter(link.to, now, length) }));
    const stop = next.port?.switch === port.switch ? next.port : undefined;
    if (stop) branches.push({ out: stop.port, go: () => this.stop(stop, now, length) });
    branches.sort((a, b) => a.out - b.out);
    const found = branches.some(({ out, go }) => this.go({ switch: port.switch, in: port.port, out }, go));
    if (!found) this.entered.delete(key);
    return found;
  }

  go(hop: Hop, onwards: () => boolean): boolean {
    const leg = this.legs.at(-1)!;
    leg.push(hop);
    this.taken += 1;
    if (onwards()) return true;
    this.taken -= 1;
    leg.pop();
    return false;
  }

  /** Goes on after the packet left at the port of a stage: that is the end, or a waypoint from which it comes back. */
  stop(port: Port, stage: number, length: number): boolean {
    if (stage === this.stages.length - 1) {
      return (!this.wanted.goesOn || !this.entered.has(portKey(port))) && this.finish(port);
    }
    this.legs.push([]);
    if (this.enter(port, stage + 1, length)) return true;
    this.legs.pop();
    return false;
  }

  /** The first stage that is not passed by being at this switch. */
  crossed(at: string, stage: number): number {
    let now = stage;
    for (let next = this.stages[now]; next?.port === undefined && next?.switch === at; next = this.stages[now])
      now += 1;
    return now;
  }

  finish(port: Port): true {
    this.end = port;
    return true;
  }
}
