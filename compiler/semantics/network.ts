/**
 * The reference of admission: SEMANTICS, "Shares" and "Accepting a request", decided naively. Sets are compared at
 * every point of a universe that tells them apart. Conflicts are found by looking at everything that is accepted. It
 * shares no code with admission.
 */
import type { FieldSet, Flow, Flowgroup } from "../flowgroup/cube.ts";
import type { Demand, RequestDemand } from "../model/model.ts";
import type { Interval } from "../net/interval.ts";
import { bears, without, type Drain } from "./drains.ts";
import { isContrary, type Asked, type Granted, type PolicyPosition, type ReferenceDecision } from "./granted.ts";
import { isIn, type Universe } from "./points.ts";
import type { Steerer, ReferencePaths } from "./path-reference.ts";
import { ancestors, heldBelow, reservoirOf, type ReferenceShare } from "./shares.ts";
import { reasonsAgainst, type Deciding } from "./statements.ts";

const holdsAt = ({ start, end }: Interval, instant: number): boolean => start <= instant && instant < end;

export class ReferenceNetwork implements Deciding {
  readonly universe: Universe;
  readonly shares = new Map<string, ReferenceShare>();
  readonly users = new Set(["root"]);
  accepted: Granted[] = [];
  /** The drains of all reservations that were ever accepted. */
  drains: Drain[] = [];
  #made = 0;
  readonly paths: ReferencePaths | undefined;

  constructor(universe: Universe, paths?: ReferencePaths) {
    this.universe = universe;
    this.paths = paths;
    const rights = new Set(["allow", "deny", "hint", "query", "reserve", "limit", "waypoint", "avoid"]);
    const held = { rights, atMost: new Map(), atLeast: new Map() };
    const root = {
      name: "rootShare",
      key: "root",
      made: -Infinity,
      parent: undefined,
      flows: { cubes: [{ mask: 0, sets: [] }] },
      held,
      stated: {},
    };
    this.shares.set("rootShare", { ...root, speakers: new Set(["root"]), open: false });
  }

  /** Decides a statement and carries it out if it is accepted. `now` is in Unix seconds. */
  submit(statement: Asked, id: string, now: number): ReferenceDecision {
    this.accepted = this.accepted.filter(({ interval }) => interval.end > now);
    const decision = this.decide(statement, id, now);
    if (decision.reasons.size === 0) this.#perform(statement, decision, now);
    return decision;
  }

  decide(statement: Asked, id: string, now: number): ReferenceDecision {
    const { demand, speaker } = statement;
    if (demand.kind === "request") return this.#decideRequest(demand, speaker, id, now, statement.position);
    return { reasons: reasonsAgainst(statement, this), blockers: new Set() };
  }

  #decideRequest(
    demand: RequestDemand,
    speaker: string,
    id: string,
    now: number,
    position?: PolicyPosition,
  ): ReferenceDecision {
    const { action, flows, interval } = demand;
    const reasons = new Set<string>();
    const need = (holds: boolean, reason: string): unknown => holds || reasons.add(reason);
    const share = this.shares.get(demand.share);
    need(share !== undefined, "unknown-share");
    need(interval.start >= now, "starts-in-the-past");
    need(interval.start < interval.end, "empty-time");
    need(!this.accepted.some((one) => one.id === id), "label-in-use");
    if (!share) return { reasons, blockers: new Set() };
    need(this.speaks(speaker, share), "not-a-speaker");
    need(position?.handsOn ?? share.held.rights.has(action), "no-privilege");
    const asks = (flow: Flow): boolean =>
      !position || this.universe.instants.some((at) => holdsAt(interval, at) && !position.passes(flow, at));
    need(this.within(flows, share.flows, asks), "outside-share");
    if (position?.handsOn) return { reasons, blockers: new Set() };
    // Rules of policies are the operator's and do not count against a share's bounds.
    if (!position) this.#bounds(share, entriesOf(flows), reasons);
    const entries = entriesOf(flows);
    if (action === "reserve" || action === "limit") {
      const rate = this.#decideRate(demand, share, reasons);
      const whole = (flow: Flow, instant: number): boolean => holdsAt(interval, instant) && isIn(flows, flow);
      const granted = {
        id,
        kind: action,
        share: share.name,
        speaker,
        interval,
        entries,
        rate,
        ...(position && { position }),
        holds: whole,
      };
      return { reasons, blockers: new Set(), granted };
    }

    const holds = (flow: Flow, instant: number): boolean =>
      holdsAt(interval, instant) && isIn(flows, flow) && position?.passes(flow, instant) !== true;
    const nodes = demand.nodes ?? [];
    if (demand.nodes) {
      const held = share.held.nodes?.get(action);
      need(
        nodes.every((node) => held?.has(node) ?? true),
        "node-outside",
      );
      need(
        nodes.every((node) => this.paths?.isKnown(node)),
        "unknown-node",
      );
      need(
        action !== "waypoint" || nodes.every((n) => !this.paths?.isKnown(n) || this.paths.canBeWaypoint(n)),
        "unfit-node",
      );
      if (this.paths) need(!this.#somewhere((flow, at) => this.isWithoutPath(demand, id, flow, at)), "no-path");
    }
    const isOpposite = (one: Granted): boolean =>
      demand.nodes ? isContrary(one, demand) : this.#blocks(one, action, share, position);
    const blockers = this.accepted.filter(
      (one) => isOpposite(one) && this.#somewhere((f, at) => holds(f, at) && one.holds(f, at)),
    );
    const free = (flow: Flow, instant: number): boolean =>
      holds(flow, instant) && !blockers.some((one) => one.holds(flow, instant));
    if (demand.mode === "strict") need(blockers.length === 0, "conflict");
    else if (blockers.length > 0) need(this.#somewhere(free), "nothing-left");
    const lasting = { start: interval.start, end: this.#endOf(free, interval.end) };
    const granted = { id, kind: action, share: share.name, speaker, interval: lasting, entries, rate: 0, holds: free };
    if (position) Object.assign(granted, { position });
    if (demand.nodes) Object.assign(granted, { nodes, flows });
    return { reasons, blockers: new Set(blockers.map((one) => one.id)), granted };
  }

  /**
   * Whether a flow would have no path at an instant, with all waypoints in order and all avoided nodes of the request
   * and of the accepted ones. Those that contradict the request are left out, as they are conflicts.
   */
  isWithoutPath(demand: RequestDemand, id: string, flow: Flow, instant: number, beside = this.accepted): boolean {
    const { action: kind, nodes = [], flows, interval } = demand;
    if (!holdsAt(interval, instant) || !isIn(flows, flow)) return false;
    const others = beside.filter(
      (one) => one.nodes !== undefined && !isContrary(one, demand) && one.holds(flow, instant),
    );
    const steerers = others.map((one): Steerer => ({ ...one, nodes: one.nodes!, flows: one.flows! }));
    return this.paths!.isWithoutPath({ id, kind, nodes, flows }, steerers, flow);
  }

  /** The rate in bit/s that is granted to a reserve or a limit; 0 if none is. */
  #decideRate(demand: RequestDemand, share: ReferenceShare, reasons: Set<string>): number {
    const { action, mode, interval } = demand;
    const asked = demand.rate!;
    if (interval.start >= interval.end) return 0;
    const clashing = this.clashesWith(demand);
    const faults = (rate: number): string[] => {
      const found: string[] = [];
      const clash = (one: Granted): boolean => (action === "reserve" ? one.rate < rate : one.rate > rate);
      if (clashing.some(clash)) found.push("over-limit");
      if (action === "limit") {
        if (rate > (share.held.atMost.get("limit") ?? Infinity)) found.push("above-cap");
        if (rate < (share.held.atLeast.get("limit") ?? 0)) found.push("below-floor");
      } else if (!this.fits({ ...demand, rate })) found.push("share-short");
      return found;
    };
    const now = faults(asked);
    if (now.length === 0) return asked;
    // A partial request yields to shortage and to limits, never to caps and floors.
    const other =
      action === "limit" ? clashing.map(({ rate }) => rate) : Array.from({ length: asked }, (_, i) => asked - i);
    const yields = mode === "partial" && !now.includes("above-cap") && !now.includes("below-floor");
    const less = yields ? other.toSorted((a, b) => b - a).find((rate) => faults(rate).length === 0) : undefined;
    if (less === undefined) for (const fault of now) reasons.add(fault);
    return less ?? 0;
  }

  /** The limits that overlap a reserve, or the reservations that overlap a limit, in flows and time; of any share. */
  clashesWith({ action, flows, interval }: RequestDemand): Granted[] {
    const other = action === "reserve" ? "limit" : "reserve";
    const { start, end } = interval;
    const meets = (one: Granted): boolean =>
      one.interval.start < end &&
      start < one.interval.end &&
      this.universe.flows.some((flow) => isIn(flows, flow) && one.holds(flow, one.interval.start));
    return this.accepted.filter((one) => one.kind === other && meets(one));
  }

  /** Whether every share from the demand's own to the root bears the reservation. */
  fits(demand: RequestDemand, drains: readonly Drain[] = this.drains): boolean {
    const share = this.shares.get(demand.share)!;
    const more = this.drainOf("?", demand, demand.rate!);
    return [share, ...ancestors(share)].every((one) => bears(reservoirOf(one), drains, more));
  }

  drainOf(id: string, { share, interval }: RequestDemand, rate: number): Drain {
    const own = this.shares.get(share)!;
    return { id, charged: new Set([own, ...ancestors(own)].map(({ key }) => key)), rate, interval };
  }

  /** "stands neither in a proper ancestor of q's share, nor, when q is a deny, as an allow of the same share" */
  #blocks(one: Granted, action: string, share: ReferenceShare, position: PolicyPosition | undefined): boolean {
    const opposite = (one.kind === "allow" && action === "deny") || (one.kind === "deny" && action === "allow");
    if (!opposite || ancestors(share).some((above) => above.name === one.share)) return false;
    // "overridden by descendants, and blocked only from other branches"
    if (position) return one.share !== share.name && !this.#isBelow(one.share, share);
    // "an opposite rule of a higher level is a blocker"; of a lower one the request decides first.
    if (one.position && one.share === share.name && one.position.rank !== "level")
      return one.position.rank === "higher";
    return action === "allow" || one.share !== share.name;
  }

  /** A stated bound binds the share with all shares below it; a default bound binds the share alone. */
  #bounds(share: ReferenceShare, entries: number, reasons: Set<string>): void {
    for (const at of [share, ...ancestors(share)]) {
      for (const what of ["requests", "entries"] as const) {
        const stated = at.stated[what] !== undefined;
        if (!stated && at !== share) continue;
        const bound = at.held.atMost.get(what);
        const charged = this.accepted.filter(
          (one) => !one.position && (one.share === at.name || (stated && this.#isBelow(one.share, at))),
        );
        const standing = what === "requests" ? charged.length : charged.reduce((sum, one) => sum + one.entries, 0);
        const more = what === "requests" ? 1 : entries;
        if (bound !== undefined && standing + more > bound) reasons.add(`too-many-${what}`);
      }
    }
  }

  #isBelow(share: string, above: ReferenceShare): boolean {
    return ancestors(this.shares.get(share)!).includes(above);
  }

  speaks(who: string, share: ReferenceShare): boolean {
    return share.speakers.has(who) || (share.open && this.users.has(who));
  }

  within(inner: Flowgroup, outer: Flowgroup, asks: (flow: Flow) => boolean = () => true): boolean {
    return this.universe.flows.every((flow) => !isIn(inner, flow) || !asks(flow) || isIn(outer, flow));
  }

  #somewhere(holds: (flow: Flow, instant: number) => boolean): boolean {
    const { flows, instants } = this.universe;
    return instants.some((instant) => flows.some((flow) => holds(flow, instant)));
  }

  /** The end of the last piece of a grant. Nothing changes between two instants of the universe. */
  #endOf(free: (flow: Flow, instant: number) => boolean, end: number): number {
    const { flows, instants } = this.universe;
    const last = instants.findLast((instant) => flows.some((flow) => free(flow, instant)));
    return last === undefined ? end : Math.min(end, instants.find((instant) => instant > last) ?? end);
  }

  /** An independent copy. */
  fork(): ReferenceNetwork {
    const fork = new ReferenceNetwork(this.universe, this.paths);
    fork.shares.clear();
    for (const [name, share] of this.shares) {
      const parent = share.parent && fork.shares.get(share.parent.name);
      fork.shares.set(name, { ...share, parent, speakers: new Set(share.speakers) });
    }
    fork.users.clear();
    for (const user of this.users) fork.users.add(user);
    fork.accepted = [...this.accepted];
    fork.drains = [...this.drains];
    fork.#made = this.#made;
    return fork;
  }

  #perform({ demand, speaker }: Asked, { granted }: ReferenceDecision, now: number): void {
    switch (demand.kind) {
      case "AddUser":
        this.users.add(demand.user);
        break;
      case "RemoveUser":
        this.users.delete(demand.user);
        for (const share of this.shares.values()) share.speakers.delete(demand.user);
        break;
      case "NewShare":
        this.#newShare(demand, speaker, now);
        break;
      case "Grant":
        this.shares.get(demand.share)!.speakers.add(demand.user);
        break;
      case "GrantDefault":
        this.shares.get(demand.share)!.open = true;
        break;
      case "Revoke":
        this.shares.get(demand.share)!.speakers.delete(demand.user);
        if (demand.withRequests) {
          this.#drop((one) => one.share === demand.share && one.speaker === demand.user, now);
        }
        break;
      case "RemoveShare": {
        const gone = this.shares.get(demand.share)!;
        const names = [...this.shares.values()].filter((one) => one === gone || ancestors(one).includes(gone));
        this.#drop((one) => names.some(({ name }) => name === one.share), now);
        for (const { name } of names) this.shares.delete(name);
        break;
      }
      case "Cancel":
        this.#drop((one) => one.id === demand.request, now);
        break;
      case "request":
        this.accepted.push(granted!);
        if (demand.action === "reserve") this.drains.push(this.drainOf(granted!.id, demand, granted!.rate));
        break;
      case "Tick":
      case "query":
        break;
    }
  }

  #drop(gone: (one: Granted) => boolean, now: number): void {
    const ids = new Set(this.accepted.filter(gone).map(({ id }) => id));
    this.accepted = this.accepted.filter(({ id }) => !ids.has(id));
    this.drains = without(this.drains, ids, now);
  }

  #newShare(
    { share: name, flows, privileges, parent }: Demand & { kind: "NewShare" },
    speaker: string,
    made: number,
  ): void {
    const above = this.shares.get(parent)!;
    const held = heldBelow(privileges, above.held);
    const key = `${name} ${this.#made++}`;
    const speakers = new Set([speaker]);
    this.shares.set(name, { name, key, made, parent: above, flows, held, stated: privileges, speakers, open: false });
  }
}

/** NETWORK, "Limits on what one speaker can cost": each cube, and each further range, prefix or name that it lists. */
function entriesOf({ cubes }: Flowgroup): number {
  const further = (set: FieldSet): number =>
    set.kind === "name"
      ? set.names.length - 1
      : set.kind === "ip"
        ? set.v4.length / 2 + set.v6.length / 2 - 1
        : set.ranges.length / 2 - 1;
  return cubes.reduce((sum, { sets }) => sets.reduce((all, set) => all + Math.max(0, further(set)), sum + 1), 0);
}
