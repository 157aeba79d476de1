/**
 * A reservation → its charge: every share from its own to the root, and every link of its path if that is known
 * (SEMANTICS, "reserve"; NETWORK, "Promises"). Each has one timeline, which is moved to the present when it is used.
 */
import type { Flowgroup } from "../flowgroup/cube.ts";
import type { Interval } from "../net/interval.ts";
import {
  linksOf,
  weakest,
  type CrossedLinks,
  type Promised,
  type RatedLink,
  type Steering,
  type Topology,
} from "../paths/index.ts";
import { earliestStart, fits, largestRate, Timeline, type TimelineShortage } from "./timeline/index.ts";
import type { Share } from "./tree.ts";

/** A share or a link, with what is reserved on it. */
export interface ChargedResource {
  readonly kind: "share" | "link";
  readonly name: string;
  readonly timeline: Timeline;
}

/** The shares and links that a reservation is charged to, its own share first, links last. */
export interface Charge {
  readonly places: readonly ChargedResource[];
  readonly timelines: readonly Timeline[];
  /** The promise for the reservation. */
  readonly promise: Promised;
  /** No link of its path had room for all of it: it is charged to none. */
  readonly isSuspended?: true;
}

/** How flows are steered, and the best that may be promised of them then. */
export interface SteeredCharge extends Steering {
  readonly best: Promised;
}

/** Where a reservation does not fit, and why. */
export interface Shortage extends Omit<TimelineShortage, "timeline"> {
  readonly place: ChargedResource;
}

/** An accepted request; only a reservation is charged to anything. */
interface Reservation {
  readonly interval: Interval;
  readonly rate?: number;
  readonly charge?: Charge;
}

const UNSTEERED: SteeredCharge = { best: "guaranteed" };
const NO_PATH = { links: [], promise: "admitted, not guaranteed" } as const;

export class Bandwidth {
  readonly #topology: Topology | undefined;
  readonly #shares = new WeakMap<Share, Timeline>();
  readonly #links = new Map<string, Timeline>();
  /** What every reservation of a share is charged to, links aside: the same places for all of them. */
  readonly #upward = new WeakMap<Share, Charge>();
  #last:
    | {
        readonly share: Share;
        readonly flows: Flowgroup;
        readonly now: number;
        readonly steeringKey: string;
        readonly charge: Charge;
      }
    | undefined;
  /** By flows, then by how they are steered. */
  readonly #crossings = new WeakMap<Flowgroup, Map<string, CrossedLinks>>();

  /** Without a topology no link is known, and reservations are admitted against shares alone. */
  constructor(topology: Topology | undefined) {
    this.#topology = topology && topology.trunks.size > 0 ? topology : undefined;
  }

  /** The bucket of a share is empty when it is made (SEMANTICS, "Shares"). A share that comes back keeps its own. */
  open(share: Share, now: number): void {
    if (this.#shares.has(share)) return;
    const { reserve, bucket } = share.privileges;
    this.#shares.set(share, new Timeline({ ...reserve, ...(bucket && { bucket }) }, now));
  }

  /** What is reserved in a share and below it. */
  timeline(share: Share, now: number): Timeline {
    const timeline = this.#shares.get(share)!;
    timeline.prune(now);
    return timeline;
  }

  /** The same of all shares above it. */
  above(share: Share, now: number): readonly Timeline[] {
    return this.#toRoot(share, now).timelines.slice(1);
  }

  /** All that a reservation of these flows in a share would be charged to; without `steering` they go as all others. */
  charge(share: Share, flows: Flowgroup, now: number, steering: SteeredCharge = UNSTEERED): Charge {
    const last = this.#last;
    const steeringKey =
      steering === UNSTEERED ? "" : JSON.stringify([steering.waypoints, steering.lists, steering.avoid, steering.best]);
    // One decision asks for the same charge several times.
    if (last && last.share === share && last.flows === flows && last.now === now && last.steeringKey === steeringKey)
      return last.charge;
    const upward = this.#toRoot(share, now);
    const { links, promise } = this.#crossing(flows, steering, steeringKey);
    const charge = charged(upward, this.#places(links, now), weakest(promise, steering.best));
    this.#last = { share, flows, now, steeringKey, charge };
    return charge;
  }

  /** A charge that was made before: to a share and all above it, and to these links. */
  chargeAgain(share: Share, links: readonly RatedLink[], promise: Promised, now: number): Charge {
    return charged(this.#toRoot(share, now), this.#places(links, now), promise);
  }

  #places(links: readonly RatedLink[], now: number): ChargedResource[] {
    return links.map(({ id, rate }) => ({ kind: "link", name: id, timeline: this.#link(id, rate, now) }));
  }

  #toRoot(share: Share, now: number): Charge {
    let charge = this.#upward.get(share);
    if (charge === undefined) {
      const places = Array.from(share.chain(), (one): ChargedResource => {
        return { kind: "share", name: one.name, timeline: this.#shares.get(one)! };
      });
      charge = { places, timelines: places.map(({ timeline }) => timeline), promise: NO_PATH.promise };
      this.#upward.set(share, charge);
    }
    for (const timeline of charge.timelines) timeline.prune(now);
    return charge;
  }

  #crossing(flows: Flowgroup, steering: SteeredCharge, steeringKey: string): Pick<CrossedLinks, "links" | "promise"> {
    if (this.#topology === undefined) return NO_PATH;
    let bySteering = this.#crossings.get(flows);
    if (bySteering === undefined) this.#crossings.set(flows, (bySteering = new Map()));
    let crossing = bySteering.get(steeringKey);
    if (crossing === undefined) bySteering.set(steeringKey, (crossing = linksOf(this.#topology, flows, steering)));
    return crossing;
  }

  /** Drains a reservation from now on. */
  take({ charge, interval, rate }: Reservation, now: number): void {
    for (const timeline of charge?.timelines ?? []) {
      timeline.prune(now);
      timeline.reserve(interval, rate!);
    }
  }

  /** Gives back the rest of a reservation from now on. What has been drained stays drained. */
  giveBack({ charge, interval, rate }: Reservation, now: number): void {
    for (const timeline of charge?.timelines ?? []) {
      timeline.prune(now);
      timeline.release(interval, rate!, now);
    }
  }

  #link(id: string, rate: number, now: number): Timeline {
    let timeline = this.#links.get(id);
    if (timeline === undefined) this.#links.set(id, (timeline = new Timeline({ max: rate, min: 0 }, now)));
    timeline.prune(now);
    return timeline;
  }
}

/** A charge with links beside the shares; without links and with the same promise, the charge itself. */
function charged(upward: Charge, links: readonly ChargedResource[], promise: Promised): Charge {
  if (links.length === 0 && promise === upward.promise) return upward;
  const timelines = links.map(({ timeline }) => timeline);
  return { places: [...upward.places, ...links], timelines: [...upward.timelines, ...timelines], promise };
}

/** The first place that is short; undefined: the reservation fits. */
export function shortage({ places, timelines }: Charge, interval: Interval, rate: number): Shortage | undefined {
  const short = fits(timelines, interval, rate);
  if (short === undefined) return undefined;
  const { timeline, ...why } = short;
  return { ...why, place: places[timeline]! };
}

/** The largest rate up to the wanted one that fits the span; 0: none does. */
export const room = ({ timelines }: Charge, interval: Interval, wanted: number): number =>
  largestRate(timelines, interval, wanted);

/** The span of the same length that begins earliest, from an instant on, and has room for the whole rate. */
export function earliest(
  { timelines }: Charge,
  { start, end }: Interval,
  rate: number,
  from: number,
): Interval | undefined {
  const found = earliestStart(timelines, end - start, rate, from);
  return found === undefined ? undefined : { start: found, end: found + (end - start) };
}
