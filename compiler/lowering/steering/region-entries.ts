/**
 * The entries of one region in Forward, above ordinary forwarding; a region with more members stands above one with fewer. A
 * packet is in one region on all switches. Where ordinary forwarding could lead it back, the region has entries on every switch.
 */
import {
  differ,
  forwarding,
  forwardingAround,
  avoidedSwitches,
  portKey,
  samePort,
  steer,
  type AttachedHost,
  type Flood,
  type IngressEgress,
  type ForwardingAround,
  type Port,
  type SteeredHops,
  type Topology,
} from "../../paths/index.ts";
import { comesInAt, holdsUnknown } from "../../paths/end-ports.ts";
import type { Cube } from "../../flowgroup/cube.ts";
import { constraint, withConstraint } from "../../flowgroup/cubes.ts";
import { setHolds } from "../../flowgroup/sets.ts";
import type { DerivedRule } from "../../derived/rule.ts";
import { STEERED } from "../../table/entry.ts";
import type { EntryPosition } from "../contributions/contribution.ts";
import type { UserIndex } from "../encode/user-index.ts";
import type { Drafted } from "../encode/draft.ts";
import { recognizedWithin, sentTo } from "../encode/endpoints.ts";
import type { LowerContext } from "../pipeline/options.ts";
import { ASKED, floodBack, floodHome } from "./forwarding.ts";
import {
  BY_ADDRESS,
  BY_MAC,
  FLOOD,
  IN_BLIND_RANK,
  inRank,
  innerApart,
  isByAddress,
  PartsBetween,
  REGION_RANKS,
  toInner,
  UNLED,
  type PartBetween,
} from "./parts-between.ts";
import { endOf, ledFrom, leadersOf, nodesBy, shownEndsOf, type Region } from "./regions.ts";
import { backOf, fromIngressHosts, ingressesOn, namesIngress, sourcesOf, withoutEnds } from "./returning.ts";
import {
  isSent,
  ofIpv4,
  ofUsersAt,
  recognizable,
  sendable,
  sentToNamed,
  withUnstatedMac,
  type SentPart,
} from "../encode/senders.ts";
import { blindParts } from "./blind-parts.ts";
import type { CheckedPort } from "./foreign-macs.ts";
import { DraftsAtPorts, type ArpEnds } from "./drafts-at-ports.ts";
import { endsAtBoxes, floodsLost, Losses, lostTo, unreached, type LostBetween } from "./losses.ts";
import type { EntryBudget } from "./entry-budget.ts";
import type { RefusedSteering, SteeredEntries } from "./steered.ts";

export class RegionEntries {
  readonly entries: SteeredEntries[] = [];
  readonly refusals: RefusedSteering[] = [];
  /** Where its flows come back from waypoints. */
  readonly returns: SteeredHops["returns"] = [];
  /** Where ordinary forwarding takes over behind its last waypoints. */
  readonly ends: SteeredHops["ends"] = [];
  /** Where they may come back with any MAC but a bound one. */
  readonly checked: CheckedPort[] = [];
  /** What is for no known host, broadcasts too, and does not come to all known hosts. */
  readonly missed = new Losses();
  /** Those of its flows that have no path. */
  readonly lost = new Losses();
  /** What ends at a waypoint before its destination. */
  readonly ended = new Losses();
  readonly isGivenUp: boolean = false;
  /** The hosts whose frames that are not IP are dropped, because no MAC of theirs is stated. */
  readonly unstatedMacs = new Set<string>();
  readonly #topology: Topology;
  /** The same without hosts of other users, where addresses alone would take what these send for flows of the region. */
  readonly #sources: Topology;
  readonly #ends: Topology;
  readonly #region: Region;
  readonly #rule: DerivedRule;
  readonly #waypoints: readonly string[];
  /** The region's flows without the fields of `ENDS`. */
  readonly #open: Cube;
  /** The same without users that `#sources` tell. */
  readonly #shown: Cube;
  /** The priority just below those of its entries. */
  readonly #base: number;
  readonly #betweens: PartsBetween;
  readonly #drafts: DraftsAtPorts;
  readonly #budget: EntryBudget;
  readonly #boxPorts: ReadonlySet<string>;

  /** `boxPorts`: where hosts stand that are waypoints, of this region or of others. */
  constructor(
    region: Region,
    topology: Topology,
    userIndex: UserIndex,
    context: LowerContext,
    { budget, boxPorts }: { readonly budget: EntryBudget; readonly boxPorts: ReadonlySet<string> },
  ) {
    const { cube } = region;
    this.#boxPorts = boxPorts;
    this.#budget = budget;
    this.#topology = topology;
    this.#sources = sourcesOf(cube, topology, boxPorts);
    this.#betweens = new PartsBetween(topology, this.#sources, (this.#ends = shownEndsOf(region, topology)));
    this.#region = region;
    this.#drafts = new DraftsAtPorts(region, context, userIndex);
    this.#rule = { ...region.members[0]!, end: endOf(region) };
    this.#open = withoutEnds(cube);
    this.#shown = holdsUnknown(cube) ? withConstraint(this.#open, "user", undefined) : this.#open;
    this.#base = STEERED + 2 * REGION_RANKS * region.level;
    const leaders = leadersOf(region);
    const steering = nodesBy(leaders);
    this.#waypoints = steering.waypoints;
    if (leaders.length === 0) this.#ordinarily();
    if (leaders.length === 0) return;
    const asked = { isShared: differ(leaders), most: budget.most };
    const steered = steer(topology, { cubes: [ledFrom(region)] }, steering, asked);
    // Nearly every hop has an entry, so nothing is made of too many.
    if (steered.isOver) budget.spend(region, steered.hops.length);
    if (steered.isOver) return;
    const { hops, drops, returns, dropsUnknownEnds, floods, isGivenUp } = steered;
    this.returns = returns;
    this.ends = steered.ends;
    this.isGivenUp = isGivenUp;
    const closed = avoidedSwitches(topology, steering);
    this.#alongPaths(hops);
    this.#withoutPaths(drops, closed.size > 0);
    this.#forInner(steered, closed.size > 0);
    this.#elsewhere(closed, dropsUnknownEnds);
    this.#back();
    this.missed.add(unreached(steered, this.#open, topology));
    for (const { from, behind } of floods) {
      // No later switch tells that it has to go back.
      const unstated = behind.isEmpty ? [] : withUnstatedMac(this.#sources, from);
      const { rest: flows } = unstated.length === 0 ? {} : recognizable(this.#open, this.#sources, from);
      if (flows === undefined) continue;
      for (const name of unstated) this.unstatedMacs.add(name);
      this.missed.add(lostTo(behind, flows, from));
    }
    this.ended.add(endsAtBoxes(this.#open, topology, returns));
    for (const one of floods) this.#flood(one);
  }

  /** Sends the flows along their paths, hop by hop. */
  #alongPaths(hops: SteeredHops["hops"]): void {
    // The ports whose flows come to another switch, where the port no more tells whose they are.
    const later = new Set(hops.flatMap(({ hop, from }) => (hop.switch === from.switch ? [] : [portKey(from)])));
    for (const { hop, ...bound } of hops) {
      if (this.#budget.isSpent) return;
      const at = { switch: hop.switch, port: hop.in };
      const enters = samePort(bound.from, at);
      const port = hop.in === hop.out ? "IN_PORT" : hop.out;
      const sent = enters ? sendable(this.#open, this.#topology, bound.from) : this.#shown;
      if (sent === undefined) continue;
      const from = enters ? this.#sourceAt(bound.from) : bound.from;
      const parts = enters ? this.#recognizableLater(sent, bound.from, later.has(portKey(bound.from))) : [sent];
      for (const one of parts.flatMap((flows) => this.#between(flows, from, bound)))
        if (one.asked === undefined || constraint(this.#region.cube, "dstAP"))
          this.#putPart(at, one, this.#send(one.priority, port));
      // A box at their end gives back what shows its address and another's MAC, and would get it anew.
      if (
        bound.to &&
        samePort(bound.to, { switch: hop.switch, port: hop.out }) &&
        this.#boxPorts.has(portKey(bound.to))
      )
        for (const one of this.#between(this.#shown, bound.from, bound))
          if (isByAddress(one, this.#topology, bound.to)) this.#putPart(bound.to, one, drop(one.priority));
    }
  }

  /**
   * The part of the flows from a port whose source later switches can recognize: of a host without a stated MAC what shows its
   * addresses. They would forward its other frames past the waypoints, so these are dropped where they enter.
   */
  #recognizableLater(flows: Cube, from: Port, isLed: boolean): readonly Cube[] {
    const topology = this.#sources;
    const unstated = withUnstatedMac(topology, from);
    if (this.#waypoints.length === 0 || unstated.length === 0) return [flows];
    const { led, rest } = recognizable(flows, topology, from);
    // Nothing shows of the rest whose it is where it comes back from a box, so the spoof guard drops it there.
    if (!isLed && rest && this.returns.some((one) => samePort(one.from, from)))
      this.#lacksMacs(unstated, { flows: rest, from });
    if (!isLed) return [flows];
    for (const part of rest === undefined ? [] : sentToNamed(rest, this.#topology, this.#region.cube, this.#ends)) {
      if (this.#putPart(from, part, drop(this.#base + inRank(UNLED))))
        this.#lacksMacs(unstated, { flows: part.flows, from });
    }
    return led;
  }

  #lacksMacs(hosts: readonly string[], lost: LostBetween): void {
    this.lost.add([lost]);
    for (const name of hosts) this.unstatedMacs.add(name);
  }

  /** Drops flows without a path where they enter, and at waypoints of these flows, which might send them as if come back. */
  #withoutPaths(drops: SteeredHops["drops"], avoidsSwitches: boolean): void {
    // Another region with some of these statements may let such flows in where they would come back.
    const boxes = this.#waypoints.flatMap((name) => this.#topology.hosts.get(name)?.at ?? []);
    const back = [...new Map([...boxes, ...this.returns.map(({ at }) => at)].map((at) => [portKey(at), at])).values()];
    for (const bound of drops) {
      for (const at of back.filter((one) => !samePort(one, bound.from))) {
        for (const one of this.#between(this.#shown, bound.from, bound, avoidsSwitches))
          this.#putPart(at, one, drop(one.priority));
      }
      const flows = sendable(this.#open, this.#topology, bound.from);
      if (flows === undefined) continue;
      const from = this.#sourceAt(bound.from);
      for (const one of this.#between(flows, from, bound, avoidsSwitches)) {
        const isHome = bound.to !== undefined && samePort(bound.to, bound.from);
        if (isHome && one.asked) continue;
        const isLost = this.#putPart(bound.from, one, drop(one.priority)) && !isHome;
        if (isLost && isSent(one.flows, this.#topology, bound.from)) this.lost.add([{ ...bound, flows: one.flows }]);
      }
    }
  }

  /** Drops what is for one waypoint by its address, and would be led through it before another. */
  #forInner(steered: SteeredHops, avoidsSwitches: boolean): void {
    for (const { box, ...bound } of innerApart(steered, this.#ends)) {
      const flows = sendable(this.#open, this.#topology, bound.from);
      const parts = flows ? this.#between(flows, this.#sourceAt(bound.from), bound, avoidsSwitches) : [];
      for (const one of toInner(parts, this.#topology, box, this.#base)) {
        const isLost = this.#putPart(bound.from, one, drop(one.priority));
        if (isLost && isSent(one.flows, this.#topology, bound.from))
          this.lost.add([{ flows: one.flows, from: bound.from, to: box }]);
      }
    }
  }

  /** Forwards the flows to the hosts at the region's `dstAP` as if no statement held them. */
  #ordinarily(): void {
    const goesTo = constraint(this.#region.cube, "dstAP")!;
    const sent = fromIngressHosts(this.#open, this.#region.cube, this.#topology);
    for (const one of forwardingAround(this.#topology, new Set())) {
      const towards = one.towards.filter(({ host }) => setHolds(goesTo, portKey(host.at)));
      for (const { flows, isByMac } of sent) this.#towards({ ...one, towards }, flows, isByMac);
      if (!holdsUnknown(this.#region.cube)) continue;
      // Who stands at a port tells what shows no address, and the statement holds that there.
      const bare = [...this.#sources.hosts.values()].filter(
        ({ at, macs }) => at.switch === one.switch && macs.length === 0,
      );
      const ports = new Map(bare.map(({ at }) => [portKey(at), at]));
      for (const at of ports.values())
        if (comesInAt(this.#region.cube, at)) this.#towards({ ...one, towards }, this.#open, true, at);
    }
  }

  /** Forwards, floods or drops the rest of the region's flows on the switches that are not `closed` to it. */
  #elsewhere(closed: ReadonlySet<string>, dropsUnknownEnds: boolean): void {
    if (closed.size === 0 && !dropsUnknownEnds) return;
    const { cube } = this.#region;
    const goesTo = constraint(cube, "dstAP");
    const isMeant = ({ at }: AttachedHost): boolean => goesTo === undefined || setHolds(goesTo, portKey(at));
    // By the ports of hosts no statement holds what is for no known host.
    const isFlooded = goesTo === undefined || (goesTo.kind === "name" && goesTo.not === true);
    if (isFlooded && this.#waypoints.length === 0) this.lost.add(floodsLost(this.#topology, cube, this.#open, closed));
    const sent = fromIngressHosts(this.#open, cube, this.#topology);
    for (const around of forwardingAround(this.#topology, closed)) {
      const one = { ...around, towards: around.towards.filter(({ host }) => isMeant(host)) };
      const isBlind = this.#blindly(one, closed, isFlooded);
      for (const { flows, isByMac } of sent) {
        const hasWaypoints = this.#waypoints.length > 0;
        // Around avoided nodes each host needs a path of its own. Otherwise ordinary forwarding leads there.
        if (!hasWaypoints || closed.size === 0) this.#towards(one, flows, isByMac);
        if (!isFlooded) continue;
        // A packet to no known host might circle behind the last waypoint, or cross an avoided node.
        const priority = isBlind && !namesIngress(cube) ? this.#base : this.#base + inRank(FLOOD, isByMac);
        this.#put(one.switch, flows, this.#send(priority, hasWaypoints ? undefined : (one.flood ?? "ALL")));
      }
      const elsewhere = withConstraint(cube, "dstAP", undefined);
      if (!namesIngress(cube)) continue;
      // The rest is dropped at these ports.
      const isApart = this.#region.fragments === "apart";
      for (const { flows, asked } of sentToNamed(elsewhere, this.#topology, cube, this.#ends))
        for (const { at, held } of ingressesOn(one.switch, flows, this.#topology, this.#boxPorts, isApart))
          this.#putPart(at, { flows: held, asked }, drop(this.#base));
    }
  }

  /** Sends what no later switch could tell from others only where it crosses no closed one. Returns whether there is any. */
  #blindly(around: ForwardingAround, closed: ReadonlySet<string>, isFlooded: boolean): boolean {
    if (this.#waypoints.length > 0) return false;
    const found = blindParts(this.#topology, this.#sources, { closed, around, isFlooded }, this.#region.cube);
    for (const { at, flows, rank, port, lacks, arp } of found) {
      const isLeft = this.#put(at, flows, this.#send(this.#base + IN_BLIND_RANK[rank], port), arp);
      if (isLeft && (port === undefined || lacks.length > 0)) this.#lacksMacs(lacks, { flows, from: at });
    }
    return found.some(({ arp }) => arp === undefined);
  }

  /** Sends the flows to each known host, or drops them if no port leads there. */
  #towards(
    { switch: switchName, towards }: ForwardingAround,
    flows: Cube,
    isByMac: boolean,
    at: Port | string = switchName,
  ): void {
    for (const { host, port } of towards) {
      if (this.#budget.isSpent) return;
      const part = sentTo(flows, host);
      if (part === undefined) continue;
      const priority = this.#base + inRank(host.macs.length > 0 ? BY_MAC : BY_ADDRESS, isByMac);
      const does = this.#send(priority, port);
      this.#put(at, part, does);
      // What is for a named port is not flooded, so nothing else leads ARP there.
      if (constraint(this.#region.cube, "dstAP") && host.macs.length === 0)
        this.#put(at, flows, does, { tpa: ofIpv4(host) });
    }
  }

  /**
   * Floods from the last waypoint where ordinary forwarding is not enough: that never sends back to the port where a packet came
   * in, and may send to its source, a box that gives it back for ever. These entries stand below those of known hosts.
   */
  #flood(flood: Flood): void {
    const { from, at, goesBack, comesHome, asked } = flood;
    const known = forwarding(this.#topology).get(from.switch)!;
    const others = [...known.tree, ...known.access].filter((port) => port !== from.port).toSorted((a, b) => a - b);
    const sent = recognizedWithin(this.#shown, this.#sources, from, undefined, this.#region.fragments === "apart");
    for (const { flows, source } of sent) {
      if (goesBack) {
        const ports = at.switch === from.switch ? others.filter((port) => port !== at.port) : ["ALL" as const];
        this.#put(at, flows, this.#send(floodBack(source), ["IN_PORT", ...ports]));
      }
      if (comesHome) this.#put(from.switch, flows, this.#send(floodHome(source), others));
      for (const { host, isReached } of asked) {
        this.#put(at, flows, this.#send(ASKED, isReached ? "IN_PORT" : undefined), { tpa: ofIpv4(host) });
      }
    }
  }

  /** Lets flows that come back from a waypoint in: they were judged before. They are not yet tracked. */
  #back(): void {
    const flows = withConstraint(this.#shown, "direction", undefined);
    const known = { senders: this.#sources, ends: this.#ends };
    for (const { at, position, ...part } of backOf(flows, this.#topology, known, this.returns)) {
      this.#putPart(at, part, position);
      if (position.effect === "check") this.checked.push({ at, rule: this.#rule });
    }
  }

  /** The port whose hosts' addresses recognize the flows, if flows of any region come back from a waypoint there. */
  #sourceAt(port: Port): Port | undefined {
    return this.#boxPorts.has(portKey(port)) || this.returns.some((one) => samePort(one.at, port)) ? port : undefined;
  }

  #between(flows: Cube, from: Port | undefined, { to }: IngressEgress, dropsRouted = false): readonly PartBetween[] {
    const isRouted = this.#waypoints.length > 0 || dropsRouted;
    const others = this.#region.fragments === "apart";
    return this.#betweens.of(flows, { from, to, others, isRouted, base: this.#base });
  }

  /** Where they go; undefined: they are dropped. */
  #send(priority: number, port: EntryPosition["port"]): EntryPosition {
    return { ...drop(priority), ...(port !== undefined && { effect: "send", port }) };
  }

  #putPart(at: Port | string, { flows, asked }: SentPart, does: EntryPosition): boolean {
    return this.#put(at, flows, does, asked && { tpa: asked });
  }

  /**
   * Adds entries for these flows, at a port or on a switch; `arp`: only for ARP with these addresses. Returns whether any flows
   * are left once the directory is applied.
   */
  #put(at: Port | string, flows: Cube, position: EntryPosition, arp?: ArpEnds): boolean {
    if (this.#budget.isSpent) return true;
    const parts = typeof at === "string" ? [flows] : ofUsersAt(flows, this.#topology, at);
    return parts.map((one) => this.#add(at, position, this.#drafts.of(at, one, position.stage, arp))).includes(true);
  }

  #add(at: Port | string, position: EntryPosition, { drafts, refusal }: Drafted): boolean {
    const switchName = typeof at === "string" ? at : at.switch;
    this.#budget.spend(this.#region, drafts.length);
    if (refusal !== undefined) this.refusals.push({ rule: this.#rule, refusal });
    this.entries.push({ switchName, rule: this.#rule, position, drafts });
    return drafts.length > 0 || refusal !== undefined;
  }
}

const drop = (priority: number): EntryPosition => ({ stage: "Forward", priority, effect: "deny" });
