/**
 * The claims of all limits and reservations. Each gets a meter or a queue, a layer among those that overlap (a table
 * for a limit, a priority for a reservation), and the switches and ports where it is enforced. If rules change, only
 * the claims that depend on them are settled anew.
 */
import { namesSources, ratedEgressLinks, topology, type Topology } from "../../paths/index.ts";
import type { Cube } from "../../flowgroup/cube.ts";
import { constraint, cubesOverlap, IPV4, IPV6, numbers, setDifference } from "../../flowgroup/index.ts";
import type { DerivedRule } from "../../derived/rule.ts";
import { claimKey, narrowFirst, smallFirst, type RateClaim } from "./claim.ts";
import { egressPorts, ingressSwitches } from "./enforcement-points.ts";
import { NumberPool } from "./number-pool.ts";
import { narrowness } from "./narrowness.ts";
import { switchesOf, targetOf, type LowerContext } from "../pipeline/options.ts";
import type { UserIndex } from "../encode/user-index.ts";
import { FragmentRanks } from "./fragment-ranks.ts";
import { Layers, oneAbove, smallestFree } from "./layers.ts";
import { minima, type QueueMinimum, type RatedPorts } from "./queue-minima.ts";
import { dividedAmong, isCounted } from "../../table/units.ts";
import { least } from "../../net/lists.ts";
import { byText } from "../../net/order.ts";

export class RateClaims {
  readonly #claims = new Map<string, RateClaim>();
  readonly #touched = new Set<RateClaim>();
  readonly #faulty = new Set<RateClaim>();
  /** Key → waypoint or avoid. */
  readonly #steering = new Map<string, DerivedRule>();
  /** The flows of waypoints and avoids that were added or removed since the last `settle`. */
  readonly #resteered: Cube[] = [];
  readonly #limits: Layers<RateClaim>;
  readonly #reservations = new Layers<RateClaim>({ compare: smallFirst, ...oneAbove });
  readonly #fragments: FragmentRanks;
  readonly #marks: boolean;
  readonly meters: NumberPool<RateClaim>;
  readonly queues: NumberPool<RateClaim>;
  readonly #network: { readonly switches: readonly (string | undefined)[]; readonly topology: Topology };
  readonly #ratedPorts: ReadonlyMap<string | undefined, RatedPorts>;

  constructor(context: LowerContext, userIndex: UserIndex) {
    this.#fragments = new FragmentRanks(userIndex);
    const target = targetOf(context);
    this.#marks = target.marks;
    // With as many there is a table too many already, since not all can be for limits.
    this.#limits = new Layers<RateClaim>({ compare: narrowFirst, ...smallestFree }, target.tables);
    this.meters = new NumberPool(target.meters);
    this.queues = new NumberPool(target.marks ? MARKS : QUEUES);
    const switches = switchesOf(context.directory);
    this.#network = { switches, topology: topology(context.directory) };
    this.#ratedPorts = new Map(
      switches.map((name) => [name, name === undefined ? new Map() : ratedEgressLinks(this.#network.topology, name)]),
    );
  }

  /** The number of tables that the limits need. */
  get tables(): number {
    return this.#limits.height;
  }

  /** The first statement by name among limits for which only a table with this number is left, or none. */
  limitAt(table: number): string | undefined {
    const here = [...this.#claims.values()].filter(({ stage, layer }) => stage === "limit" && layer === table);
    return here.map(({ statement }) => statement).sort(byText)[0];
  }

  /** The highest priority among the reservations. */
  get priorities(): number {
    return this.#reservations.height;
  }

  /** The standing waypoints and avoids. */
  get steering(): Iterable<DerivedRule> {
    return this.#steering.values();
  }

  /** The claims that cannot be kept as they are written. */
  faulty(): Iterable<RateClaim> {
    return this.#faulty;
  }

  /** Whether a switch has ports of known rates, which its reservations share. */
  hasRatedPorts(switchName: string | undefined): boolean {
    return this.#ratedPorts.get(switchName)!.size > 0;
  }

  /** The claim of a standing rule. */
  of(rule: DerivedRule): RateClaim | undefined {
    return this.#claims.get(claimKey(rule));
  }

  /** The priority of a limit's entries for fragments. */
  fragmentPriority(claim: RateClaim): number {
    return this.#fragments.priority(claim);
  }

  /** The minima of the queues with these numbers on the ports of a switch. */
  minimaOn(switchName: string | undefined, numbers: Iterable<number>): readonly QueueMinimum[] {
    const claims = [...numbers].sort((a, b) => a - b).map((number) => this.queues.at(number)!);
    return minima(claims, switchName, this.#ratedPorts.get(switchName)!);
  }

  /** Adds a limit or reservation. `switches`: those at which some of its flows can be. */
  enter(key: string, rule: DerivedRule, switches: readonly (string | undefined)[]): void {
    const name = claimKey(rule);
    let claim = this.#claims.get(name);
    if (claim === undefined) {
      const { statement, rate = 0 } = rule;
      const stage = rule.stage === "limit" ? "limit" : "reserve";
      const none = { cubes: [], narrowness: 0, enforcedAt: new Map(), kept: rate, feasible: true, isUnmarked: false };
      this.#claims.set(name, (claim = { stage, statement, rate, key: name, rules: new Map(), ...none }));
      (stage === "limit" ? this.meters : this.queues).insert(claim);
    }
    claim.rules.set(key, { rule, switches });
    this.#touched.add(claim);
  }

  leave(key: string, rule: DerivedRule): void {
    const claim = this.#claims.get(claimKey(rule))!;
    claim.rules.delete(key);
    this.#touched.add(claim);
  }

  /** Adds a waypoint or an avoid. Reservations of its flows then leave by other ports. */
  steer(key: string, rule: DerivedRule): void {
    this.#steering.set(key, rule);
    this.#resteered.push(rule.cube);
  }

  /** Removes a waypoint or an avoid. */
  unsteer(key: string): void {
    this.#resteered.push(this.#steering.get(key)!.cube);
    this.#steering.delete(key);
  }

  /** Settles all changes; returns the claims that now have another layer, number or place of enforcement. */
  settle(): readonly RateClaim[] {
    this.#touchResteered();
    if (this.#touched.size === 0) return [];
    for (const claim of this.#touched) {
      const layers = claim.stage === "limit" ? this.#limits : this.#reservations;
      if (claim.cubes.length > 0) layers.remove(claim);
      claim.cubes = [...claim.rules.values()].map(({ rule }) => rule.cube);
      if (claim.rules.size > 0) {
        this.#appraise(claim);
        layers.insert(claim);
        if (claim.stage === "limit") this.#fragments.enter(claim);
        continue;
      }
      this.#claims.delete(claim.key);
      this.#fragments.leave(claim);
      this.#faulty.delete(claim);
      (claim.stage === "limit" ? this.meters : this.queues).remove(claim);
    }
    const moved = new Set([...this.#touched, ...this.#limits.settle(), ...this.#reservations.settle()]);
    for (const claim of this.#fragments.settle()) moved.add(claim);
    for (const claim of [...this.meters.moved(), ...this.queues.moved()]) moved.add(claim);
    this.#touched.clear();
    return [...moved].filter(({ rules }) => rules.size > 0);
  }

  /** Touches the reservations of flows that are steered otherwise than before. */
  #touchResteered(): void {
    const resteered = this.#resteered.splice(0);
    for (const claim of resteered.length > 0 ? this.#claims.values() : []) {
      const cubes = claim.stage === "reserve" ? [...claim.rules.values()].map(({ rule }) => rule.cube) : [];
      if (cubes.some((one) => resteered.some((other) => cubesOverlap(one, other)))) this.#touched.add(claim);
    }
  }

  /** Sets what follows from a claim's rules. */
  #appraise(claim: RateClaim): void {
    const rules = claim.rules.values();
    claim.charged = [...claim.rules.values()].find(({ rule }) => rule.charged)?.rule.charged;
    claim.narrowness = least(claim.cubes.map(narrowness));
    claim.enforcedAt =
      claim.stage === "limit"
        ? ingressSwitches(rules, this.#network)
        : egressPorts(rules, [...this.#steering.values()], this.#network);
    const edges = claim.stage === "limit" ? claim.enforcedAt.size : 1;
    claim.feasible = edges <= 1 || claim.cubes.every(namesSources);
    claim.kept = edges <= 1 ? claim.rate : dividedAmong(claim.rate, edges);
    claim.isUnmarked = this.#marks && claim.stage === "reserve" && claim.cubes.some(showsNoIp);
    const isKept = claim.feasible && claim.kept === claim.rate && !claim.isUnmarked;
    if (isKept && isCounted(claim.stage, claim.rate)) this.#faulty.delete(claim);
    else this.#faulty.add(claim);
  }
}

const IP = numbers("ethType", IPV4, IPV6);

/** Whether frames that show no IP are among the flows: all that a MAC, a tag or a user's port sends, say. */
function showsNoIp(one: Cube): boolean {
  const types = constraint(one, "ethType");
  return types === undefined || setDifference(types, IP) !== undefined;
}

/** The most queues: Open vSwitch has the numbers 0-61439, and 0 is the default queue. */
const QUEUES = 61_439;
/** The most marks: DSCP has six bits, and 0 is unmarked. */
const MARKS = 63;
