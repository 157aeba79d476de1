/**
 * What limits and reservations claim of the switches: a meter or a queue for each, a place among those that overlap (a
 * table for a limit, a priority for a reservation), and the switches and ports where they act. A claim is a statement
 * with a rate; all its cubes share it, and so they share its meter (SEMANTICS, "limit": it bounds the *total*).
 *
 * Limits: narrow ones are numbered first, so one more inside a wide limit moves at most that wide one.
 */
import { byText } from "../../net/order.ts";
import {
  endsOf,
  linksOn,
  MOST_PAIRS,
  ratedExits,
  route,
  topology,
  waysOf,
  type Steers,
  type Topology,
  type Way,
} from "../../paths/index.ts";
import type { Cube } from "../../flowgroup/cube.ts";
import { cubesOverlap } from "../../flowgroup/index.ts";
import type { Charged, DerivedRule } from "../../derived/rule.ts";
import { NumberPool } from "./number-pool.ts";
import { narrowness } from "./narrowness.ts";
import { switchesOf, targetOf, type LowerContext } from "../pipeline/options.ts";
import { Layers, oneAbove, smallestFree } from "./layers.ts";
import { minima, type Exits, type QueueMinimum } from "./queue-minima.ts";
import { isCounted } from "../../table/units.ts";

/** One limit or reservation as switches see it. */
export interface RateClaim {
  readonly stage: "limit" | "reserve";
  readonly statement: string;
  readonly rate: number;
  readonly key: string;
  /** Its rules by their keys, with the switches that could hold something of them. */
  readonly rules: Map<string, { readonly rule: DerivedRule; readonly switchName: readonly (string | undefined)[] }>;
  cubes: readonly Cube[];
  narrowness: number;
  /** Limit: the table among the limits, from 1. Reserve: the priority. */
  layer?: number | undefined;
  /** The meter or the queue. */
  number?: number | undefined;
  /** Where it acts, with the ports whose queues it needs; a switch without ports: all of them. */
  sites: ReadonlyMap<string | undefined, readonly number[] | undefined>;
  /** Of a reservation: what admission charged it to. */
  charged?: Charged | undefined;
  /** False for a limit that more than one switch would have to keep, each at its full rate. */
  feasible: boolean;
}

const byStatement = (a: RateClaim, b: RateClaim): number => byText(a.statement, b.statement) || a.rate - b.rate;
const narrowFirst = (a: RateClaim, b: RateClaim): number => b.narrowness - a.narrowness || byStatement(a, b);
/** The largest reservation stands highest, and of equal ones the first statement. */
const smallFirst = (a: RateClaim, b: RateClaim): number => a.rate - b.rate || byStatement(b, a);

export class RateClaims {
  readonly #claims = new Map<string, RateClaim>();
  readonly #touched = new Set<RateClaim>();
  readonly #odd = new Set<RateClaim>();
  /** Waypoints and avoids by their keys, and the flows of those that have come or gone since. */
  readonly #steering = new Map<string, DerivedRule>();
  readonly #resteered: Cube[] = [];
  readonly #limits = new Layers<RateClaim>({ compare: narrowFirst, ...smallestFree });
  readonly #reservations = new Layers<RateClaim>({ compare: smallFirst, ...oneAbove });
  readonly meters: NumberPool<RateClaim>;
  readonly queues: NumberPool<RateClaim>;
  readonly #switches: readonly (string | undefined)[];
  readonly #topology: Topology;
  readonly #exits: ReadonlyMap<string | undefined, Exits>;

  constructor(context: LowerContext) {
    const target = targetOf(context);
    this.meters = new NumberPool(target.meters);
    this.queues = new NumberPool(target.marks ? MARKS : QUEUES);
    this.#switches = switchesOf(context.directory);
    this.#topology = topology(context.directory);
    this.#exits = new Map(
      this.#switches.map((switchName) => [
        switchName,
        switchName === undefined ? new Map() : ratedExits(this.#topology, switchName),
      ]),
    );
  }

  /** How many tables the limits need. */
  get tables(): number {
    return this.#limits.height;
  }

  /** The highest priority among the reservations. */
  get priorities(): number {
    return this.#reservations.height;
  }

  /** Those that cannot be kept, or not as they are written. */
  odd(): Iterable<RateClaim> {
    return this.#odd;
  }

  /** Whether a switch has ports of known rates, which its reservations divide among them. */
  isShared(switchName: string | undefined): boolean {
    return this.#exits.get(switchName)!.size > 0;
  }

  /** The claim of a rule that stands. */
  of(rule: DerivedRule): RateClaim | undefined {
    return this.#claims.get(claimKey(rule));
  }

  /** What the queues with these numbers keep on the ports of a switch. */
  keptOn(switchName: string | undefined, numbers: Iterable<number>): readonly QueueMinimum[] {
    const claims = [...numbers].sort((a, b) => a - b).map((number) => this.queues.at(number)!);
    return minima(claims, switchName, this.#exits.get(switchName)!);
  }

  enter(key: string, rule: DerivedRule, switchName: readonly (string | undefined)[]): void {
    const name = claimKey(rule);
    let claim = this.#claims.get(name);
    if (claim === undefined) {
      const { statement, rate = 0 } = rule;
      const stage = rule.stage === "limit" ? "limit" : "reserve";
      const none = { cubes: [], narrowness: 0, sites: new Map(), feasible: true };
      this.#claims.set(name, (claim = { stage, statement, rate, key: name, rules: new Map(), ...none }));
      (stage === "limit" ? this.meters : this.queues).insert(claim);
    }
    claim.rules.set(key, { rule, switchName });
    this.#touched.add(claim);
  }

  leave(key: string, rule: DerivedRule): void {
    const claim = this.#claims.get(claimKey(rule))!;
    claim.rules.delete(key);
    this.#touched.add(claim);
  }

  /** A waypoint or an avoid comes: reservations of its flows leave by other ports. */
  steer(key: string, rule: DerivedRule): void {
    this.#steering.set(key, rule);
    this.#resteered.push(rule.cube);
  }

  /** A waypoint or an avoid goes. */
  unsteer(key: string): void {
    this.#resteered.push(this.#steering.get(key)!.cube);
    this.#steering.delete(key);
  }

  /** Settles what has come and gone: the claims that now stand elsewhere, or under another number. */
  settle(): readonly RateClaim[] {
    const resteered = this.#resteered.splice(0);
    for (const claim of resteered.length > 0 ? this.#claims.values() : []) {
      const cubes = claim.stage === "reserve" ? [...claim.rules.values()].map(({ rule }) => rule.cube) : [];
      if (cubes.some((one) => resteered.some((other) => cubesOverlap(one, other)))) this.#touched.add(claim);
    }
    if (this.#touched.size === 0) return [];
    for (const claim of this.#touched) {
      const layers = claim.stage === "limit" ? this.#limits : this.#reservations;
      if (claim.cubes.length > 0) layers.remove(claim);
      claim.cubes = [...claim.rules.values()].map(({ rule }) => rule.cube);
      if (claim.rules.size > 0) {
        claim.charged = [...claim.rules.values()].find(({ rule }) => rule.charged)?.rule.charged;
        claim.narrowness = Math.min(...claim.cubes.map(narrowness));
        claim.sites = claim.stage === "limit" ? this.#entries(claim) : this.#way(claim);
        claim.feasible = claim.stage === "reserve" || claim.sites.size <= 1;
        if (claim.feasible && isCounted(claim.stage, claim.rate)) this.#odd.delete(claim);
        else this.#odd.add(claim);
        layers.insert(claim);
        continue;
      }
      this.#claims.delete(claim.key);
      this.#odd.delete(claim);
      (claim.stage === "limit" ? this.meters : this.queues).remove(claim);
    }
    const moved = new Set([...this.#touched, ...this.#limits.settle(), ...this.#reservations.settle()]);
    for (const claim of [...this.meters.moved(), ...this.queues.moved()]) moved.add(claim);
    this.#touched.clear();
    return [...moved].filter(({ rules }) => rules.size > 0);
  }

  /** Where traffic of a limit enters the network; without known ends it may enter anywhere. */
  #entries({ rules }: RateClaim): RateClaim["sites"] {
    const sites = new Map<string | undefined, undefined>();
    for (const { rule, switchName } of rules.values()) {
      const [ends] = this.#switches.length > 1 ? endsOf(this.#topology, { cubes: [rule.cube] }) : [];
      const known = ends?.sources && new Set<string | undefined>(ends.sources.map((port) => port.switch));
      for (const name of switchName) if (known === undefined || known.has(name)) sites.set(name, undefined);
    }
    return sites;
  }

  /** The ports that traffic of a reservation leaves by; without known ends all of them. */
  #way({ rules }: RateClaim): RateClaim["sites"] {
    const sites = new Map<string | undefined, Set<number> | undefined>();
    for (const { rule, switchName } of rules.values()) {
      const ports = this.#portsOf(rule.cube);
      for (const name of switchName) {
        const here = ports?.get(name);
        if (ports !== undefined && here === undefined) continue;
        const had = sites.has(name) ? sites.get(name) : new Set<number>();
        sites.set(name, here && had && new Set([...had, ...here]));
      }
    }
    return new Map([...sites].map(([name, ports]) => [name, ports && [...ports].sort((a, b) => a - b)]));
  }

  #portsOf(cube: Cube): ReadonlyMap<string | undefined, ReadonlySet<number>> | undefined {
    const all = new Map<string | undefined, Set<number>>();
    const steering = [...this.#steering.values()].filter((rule) => cubesOverlap(rule.cube, cube));
    const ways = waysOf(
      { cubes: [cube] },
      steering.map((rule) => this.#steersOf(rule)),
    );
    for (const way of ways ?? []) {
      // Behind the last waypoint flows go on by ordinary forwarding, nobody says where to.
      if ((way.isLed && !way.isBound) || !this.#addPorts(all, way)) return undefined;
    }
    return ways && all;
  }

  /** The ports of one way; false where they are not known. */
  #addPorts(all: Map<string | undefined, Set<number>>, way: Way): boolean {
    const { flows, waypoints, avoid, isLed } = way;
    for (const { sources, destinations } of endsOf(this.#topology, flows)) {
      if (destinations === undefined) return false;
      if (this.#switches.length === 1 && !isLed) {
        // From wherever it comes, it leaves by these.
        for (const { switch: name, port } of destinations) add(all, name, port);
        continue;
      }
      if (sources === undefined || sources.length * destinations.length > MOST_PAIRS) return false;
      for (const from of sources) {
        for (const to of destinations) {
          const found = route(this.#topology, { from, to, waypoints, avoid });
          if (found === undefined && (isLed || from.switch !== to.switch)) return false;
          const links = found === undefined ? [] : linksOn(this.#topology, found);
          for (const { from: out } of links) if (out !== undefined) add(all, out.switch, out.port);
        }
      }
    }
    return true;
  }

  #steersOf({ statement, effect, nodes = [], cube }: DerivedRule): Steers {
    const flows = { cubes: [cube] };
    const isBound = endsOf(this.#topology, flows).every(({ destinations }) => destinations !== undefined);
    return { id: statement, kind: effect as Steers["kind"], nodes, flows, isBound };
  }
}

function add(ports: Map<string | undefined, Set<number>>, name: string, port: number): void {
  const known = ports.get(name);
  if (known === undefined) ports.set(name, new Set([port]));
  else known.add(port);
}

const claimKey = ({ stage, statement, rate }: DerivedRule): string => `${stage}|${rate}|${statement}`;

/** Open vSwitch knows queues 0-61439; 0 is everybody's. */
const QUEUES = 61_439;
/** DSCP has six bits; 0 is unmarked. */
const MARKS = 63;
