/**
 * The entries of a region whose flows come in at ports of which no fact says who stands there (`compiler/paths/unnamed-ports.ts`).
 * The first switch tells them by their port. Later ones go by the port where they come in and the host that they are for,
 * below the entries of all regions that tell a source. What they could not tell is dropped where it comes in.
 */
import type { Cube } from "../../flowgroup/cube.ts";
import { constraint, intersectCubes, withConstraint } from "../../flowgroup/cubes.ts";
import { addressSet, setHolds } from "../../flowgroup/sets.ts";
import type { DerivedRule } from "../../derived/rule.ts";
import {
  forwarding,
  fromUnnamed,
  hopsOf,
  portKey,
  samePort,
  type AttachedHost,
  type FromUnnamed,
  type Hop,
  type Port,
  type Route,
  type SteeredHops,
  type Topology,
} from "../../paths/index.ts";
import type { EntryPosition } from "../contributions/contribution.ts";
import { STEERED } from "../../table/entry.ts";
import { narrow, sentTo } from "../encode/endpoints.ts";
import type { UserIndex } from "../encode/user-index.ts";
import type { LowerContext } from "../pipeline/options.ts";
import { RETURNED_UNNAMED } from "../spoof/spoof-entries.ts";
import type { CheckedPort } from "./foreign-macs.ts";
import { DraftsAtPorts } from "./drafts-at-ports.ts";
import type { EntryBudget } from "./entry-budget.ts";
import { Losses } from "./losses.ts";
import { ANYWHERE, inRank, REGION_RANKS, THERE, THERE_BY_MAC } from "./parts-between.ts";
import { endOf, leadersOf, nodesBy, type Region } from "./regions.ts";
import { withoutEnds } from "./returning.ts";
import { ofIpv4, sentToNamed } from "../encode/senders.ts";
import type { RefusedSteering, SteeredEntries } from "./steered.ts";

export class UnnamedEntries {
  readonly entries: SteeredEntries[] = [];
  readonly refusals: RefusedSteering[] = [];
  /** Flows without a path. */
  readonly lost = new Losses();
  /** What is for no known host and does not reach all of them. */
  readonly missed = new Losses();
  /** Nothing of it comes back by its MAC alone. */
  readonly ended = new Losses();
  isGivenUp = false;
  /** The ports of which no fact says who stands there, and some of whose flows no later switch could tell. */
  readonly untold = new Set<string>();
  /** Nothing of these flows is told by an address or a MAC, so none of it comes back by one or lacks one. */
  readonly returns: SteeredHops["returns"] = [];
  readonly ends: SteeredHops["ends"] = [];
  readonly checked: readonly CheckedPort[] = [];
  /** Where they come back from waypoints, with no bound MAC. */
  readonly unnamedBack: CheckedPort[] = [];
  readonly unstatedMacs: ReadonlySet<string> = new Set();
  readonly #topology: Topology;
  readonly #region: Region;
  readonly #rule: DerivedRule;
  readonly #open: Cube;
  readonly #drafts: DraftsAtPorts;
  readonly #budget: EntryBudget;
  readonly #taken: LaterHops;

  /**
   * `taken`: the hops of such regions on later switches; those of this one are added. `ends`: where ordinary forwarding takes
   * over what regions lead that tell a source.
   */
  constructor(
    region: Region,
    topology: Topology,
    userIndex: UserIndex,
    context: LowerContext,
    {
      budget,
      taken,
      ends,
    }: {
      readonly budget: EntryBudget;
      readonly taken: LaterHops;
      readonly ends: readonly Port[];
    },
  ) {
    this.#topology = topology;
    this.#region = region;
    this.#rule = { ...region.members[0]!, end: endOf(region) };
    this.#open = withoutEnds(region.cube);
    this.#drafts = new DraftsAtPorts(region, context, userIndex);
    this.#budget = budget;
    this.#taken = taken;
    const leaders = leadersOf(region);
    const steering = nodesBy(leaders);
    const { ports, isGivenUp } = fromUnnamed(topology, region.cube, steering, ends);
    this.isGivenUp = isGivenUp;
    for (const one of ports) {
      if (leaders.length === 0) this.#ordinarily(one);
      else this.#lead(one);
    }
  }

  /** Leads what comes in at one port. */
  #lead({ from, toHosts, others, missesHosts }: FromUnnamed): void {
    let isUntold = false;
    for (const { host, path, isTold } of toHosts) {
      const flows = sentTo(this.#open, host);
      if (flows === undefined) continue;
      const hops = path === undefined ? [] : hopsOf(path);
      const isLed = isTold && this.#taken.take(from, host, flows, hops);
      const [first, ...later] = isLed ? hops : [];
      const sends = this.#sends(this.#at(host), first);
      const isLeft = this.#put(from, flows, sends);
      this.#putArp(from, host, sends);
      if (isLed) this.#dropInner(from, flows, path!);
      if (!isLeft || isLed) {
        for (const hop of later) this.#later(host, flows, hop);
        for (const leg of isLed ? path!.legs.slice(1) : []) this.#back(leg[0]!, flows);
        continue;
      }
      this.lost.add([{ flows, from, to: host.at }]);
      if (path !== undefined) isUntold = true;
    }
    const priority = this.#base + inRank(ANYWHERE);
    const port = others.length === 1 ? others[0] : others;
    const rest: EntryPosition =
      others.length === 0
        ? { stage: "Forward", priority, effect: "deny" }
        : { stage: "Forward", priority, effect: "send", port: port! };
    const isOpen = others.length > 0 || constraint(this.#region.cube, "dstAP") === undefined;
    for (const part of isOpen ? [{ flows: this.#open }] : sentToNamed(this.#open, this.#topology, this.#region.cube))
      this.#put(from, part.flows, rest, part.asked);
    if (missesHosts) this.missed.add([{ flows: this.#open, from }]);
    if (isUntold || missesHosts) this.untold.add(portKey(from));
  }

  /** Drops what is for a waypoint by its address, and would be led through it before another. */
  #dropInner(from: Port, flows: Cube, { waypoints }: Route): void {
    for (const box of waypoints.slice(0, -1).flatMap((name) => this.#topology.hosts.get(name) ?? [])) {
      const addresses = addressSet(box.addresses);
      const held = addresses && narrow(flows, "dstHost", addresses);
      const priority = this.#base + inRank(THERE);
      if (held && this.#put(from, held, { stage: "Forward", priority, effect: "deny" }))
        this.lost.add([{ flows: held, from, to: box.at }]);
    }
  }

  /** Forwards what is for hosts at the region's `dstAP` as if no statement held it. */
  #ordinarily({ from }: FromUnnamed): void {
    const goesTo = constraint(this.#region.cube, "dstAP")!;
    for (const { host, port } of forwarding(this.#topology).get(from.switch)!.towards) {
      const flows = setHolds(goesTo, portKey(host.at)) ? sentTo(this.#open, host) : undefined;
      if (flows) this.#put(from, flows, { stage: "Forward", priority: this.#at(host), effect: "send", port });
    }
  }

  #later(host: AttachedHost, flows: Cube, hop: Hop): void {
    // An address alone asks for less than forwarding does, which leads this way by itself.
    if (host.macs.length === 0) return;
    const priority = STEERED + 2 * REGION_RANKS * this.#region.laterLevel! + inRank(THERE);
    this.#put({ switch: hop.switch, port: hop.in }, flows, this.#sends(priority, hop));
  }

  /** Lets in what comes back from a waypoint. Nothing tells it from what the box itself sends, so it is judged as that. */
  #back(hop: Hop, flows: Cube): void {
    const at = { switch: hop.switch, port: hop.in };
    const back = withConstraint(flows, "direction", undefined);
    this.#put(at, back, { stage: "Spoof", priority: RETURNED_UNNAMED, effect: "allow" });
    this.unnamedBack.push({ at, rule: this.#rule });
  }

  /** Later switches lead ARP for a host without a stated MAC by the address that it asks for, so it goes the way of its packets. */
  #putArp(from: Port, host: AttachedHost, position: EntryPosition): void {
    if (host.macs.length === 0) this.#put(from, this.#open, position, ofIpv4(host));
  }

  #sends(priority: number, hop: Hop | undefined): EntryPosition {
    if (hop === undefined) return { stage: "Forward", priority, effect: "deny" };
    return { stage: "Forward", priority, effect: "send", port: hop.in === hop.out ? "IN_PORT" : hop.out };
  }

  /** A MAC leads before an address, as in ordinary forwarding, unless a waypoint would keep it. */
  #at({ macs }: AttachedHost): number {
    return this.#base + (macs.length > 0 ? inRank(THERE, true) : inRank(THERE_BY_MAC));
  }

  get #base(): number {
    return STEERED + 2 * REGION_RANKS * this.#region.level;
  }

  /** `tpa`: only ARP that asks for these. */
  #put(at: Port, flows: Cube, position: EntryPosition, tpa?: readonly number[]): boolean {
    if (this.#budget.isSpent) return true;
    const { drafts, refusal } = this.#drafts.of(at, flows, position.stage, tpa && { tpa });
    const rule = this.#rule;
    this.#budget.spend(this.#region, drafts.length);
    if (refusal !== undefined) this.refusals.push({ rule, refusal });
    this.entries.push({ switchName: at.switch, rule, position, drafts });
    return drafts.length > 0 || refusal !== undefined;
  }
}

/** Where flows from ports without known hosts go on later switches. Flows of two such ports go one way where both come in. */
export class LaterHops {
  readonly #hops = new Map<string, { readonly from: Port; readonly flows: Cube; readonly out: number }[]>();

  /** Adds the hops of flows to a host; adds none and returns false if flows of another port go another way. */
  take(from: Port, host: AttachedHost, flows: Cube, [, ...later]: readonly Hop[]): boolean {
    const key = (hop: Hop): string => `${hop.switch}:${hop.in} ${host.name}`;
    const isTaken = later.some((hop) =>
      this.#hops
        .get(key(hop))
        ?.some((one) => one.out !== hop.out && !samePort(one.from, from) && intersectCubes(one.flows, flows)),
    );
    if (isTaken) return false;
    for (const hop of later) {
      const had = this.#hops.get(key(hop)) ?? [];
      this.#hops.set(key(hop), [...had, { from, flows, out: hop.out }]);
    }
    return true;
  }
}
