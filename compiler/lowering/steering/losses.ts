/** Flows that steering drops or brings to none of their ends → what W821, W831 and N855 say of them. */
import { list } from "../../certificates/text.ts";
import type { Cube } from "../../flowgroup/cube.ts";
import { constraint, intersectCubes, withConstraint } from "../../flowgroup/cubes.ts";
import { describe, renderFlow, witness } from "../../flowgroup/index.ts";
import { addressSet, nameSet, numberSet, present, setDifference, setIntersect } from "../../flowgroup/sets.ts";
import { possible } from "../../flowgroup/universe.ts";
import { distances } from "../../paths/distance.ts";
import { comesInAt, endPortsOf } from "../../paths/end-ports.ts";
import {
  hostsAtPorts,
  portKey,
  type AttachedHost,
  type Port,
  type SteeredHops,
  type Topology,
  type WaypointReturn,
} from "../../paths/index.ts";
import { SHOWS_ADDRESS } from "../encode/draft.ts";
import { isToAddresses } from "../encode/endpoints.ts";
import { isSent, sendable } from "../encode/senders.ts";

/** Flows that are lost between two ports. */
export interface LostBetween {
  readonly flows: Cube;
  readonly from: Port;
  /** Absent: wherever they go. */
  readonly to?: Port | undefined;
}

/** What is said of some losses. */
export interface ToldLosses {
  /** `from `a` to `c`; from `b` to `d``. */
  readonly between: string;
  /** The flows between the first of these ports, and one of them. */
  readonly flows: string;
  readonly witness: string | undefined;
}

/** So many pairs of ports are kept of one statement. */
const MOST_PAIRS = 64;
/** So many sources are told, and so many hosts of each side. */
const MOST_TOLD = 4;
const MOST_NAMES = 8;

/** Losses of one statement, each pair of ports once. */
export class Losses {
  readonly #pairs = new Map<string, LostBetween>();

  /** Takes none once it is full. */
  add(some: Iterable<LostBetween>): void {
    for (const one of some) {
      if (this.#pairs.size >= MOST_PAIRS) return;
      const key = `${portKey(one.from)} ${one.to ? portKey(one.to) : ""}`;
      if (!this.#pairs.has(key)) this.#pairs.set(key, one);
    }
  }

  get all(): readonly LostBetween[] {
    return [...this.#pairs.values()];
  }

  /** There is at least one. */
  told(topology: Topology): ToldLosses {
    const first = this.all[0]!;
    const ends = new Map<string, string[]>();
    for (const [from, some] of Map.groupBy(this.all, (one) => portKey(one.from))) {
      const to = some.some((one) => one.to === undefined) ? "" : some.map((one) => portKey(one.to!)).join(" ");
      ends.set(to, [...(ends.get(to) ?? []), from]);
    }
    const named = (keys: readonly string[]): string =>
      list([...new Set(keys.flatMap((key) => namesAt(topology, key)))], MOST_NAMES);
    const pairs = [...ends].map(
      ([to, froms]) => `from ${named(froms)}${to === "" ? "" : ` to ${named(to.split(" "))}`}`,
    );
    // Not between which, but whose flows these are is told of all that are kept.
    const others = [...ends.values()].slice(MOST_TOLD).flat();
    const isFull = this.#pairs.size >= MOST_PAIRS;
    const more = [
      ...(others.length > 0 ? [`${isFull ? "" : "and "}from ${named(others)} to other hosts`] : []),
      ...(isFull ? ["and between other hosts"] : []),
    ];
    const packet = witness({ cubes: [shown(first, topology)] });
    return {
      between: [...pairs.slice(0, MOST_TOLD), ...more].join("; "),
      flows: describe({ cubes: [first.flows] }),
      witness: packet && renderFlow(packet),
    };
  }
}

/** The names of the hosts at a port; else the port. */
function namesAt(topology: Topology, key: string): readonly string[] {
  const at = key.lastIndexOf(":");
  const here = hostsAtPorts(topology, [{ switch: key.slice(0, at), port: Number(key.slice(at + 1)) }]);
  return here.length === 0 ? [key] : here.map(({ name }) => name);
}

/** The flows from a port to each of these hosts. */
export function* lostTo(hosts: Iterable<AttachedHost>, flows: Cube, from: Port): Generator<LostBetween, void> {
  for (const { at: to } of hosts) yield { flows, from, to };
}

/** The flows where they enter, of a user there. Where a packet leaves shows nowhere, so `trace` takes no `dstAP`. */
function shown({ flows, from }: LostBetween, topology: Topology): Cube {
  const entering = withConstraint(flows, "srcAP", nameSet([portKey(from)]));
  const here = new Set(hostsAtPorts(topology, [from]).map(({ name }) => name));
  const users = nameSet(topology.userHosts.flatMap(({ user, host }) => (here.has(host) ? [user] : [])));
  const had = constraint(flows, "user");
  const both = had && users && setIntersect(had, users);
  return both ? withConstraint(entering, "user", both) : entering;
}

/** What is for no known host and comes to no flood, or past some hosts. */
export function* unreached(
  { opens, dropsUnknownEnds, floods }: Pick<SteeredHops, "opens" | "dropsUnknownEnds" | "floods">,
  open: Cube,
  topology: Topology,
): Generator<LostBetween, void> {
  // Where no known host misses it, whoever stands at ports that no fact names does.
  const told = floods.map(({ from, missed, isClosed }) => ({
    from,
    missed: isClosed && missed.isEmpty ? undefined : missed,
  }));
  for (const { from, missed } of dropsUnknownEnds ? opens.map((one) => ({ from: one, missed: undefined })) : told) {
    const flows = sendable(open, topology, from);
    if (flows === undefined || !isSent(flows, topology, from)) continue;
    if (missed === undefined) yield { flows, from };
    else yield* lostTo(missed, flows, from);
  }
}

/**
 * What is for no known host, broadcasts too, of flows that avoid the `closed` switches, and what hosts do not get of it because
 * no way around leads there. `open`: the flows of the cube without their ends.
 */
export function* floodsLost(
  topology: Topology,
  cube: Cube,
  open: Cube,
  closed: ReadonlySet<string>,
): Generator<LostBetween, void> {
  const flooded = forNobody(open, topology);
  const [{ sources, destinations } = {}] = endPortsOf(topology, { cubes: [cube] });
  if (flooded === undefined || (destinations !== undefined && constraint(cube, "dstAP") === undefined)) return;
  const hosts = [...topology.hosts.values()];
  const edge = [...new Map(hosts.map(({ at }) => [portKey(at), at])).values()];
  const missed = new Map<string, readonly AttachedHost[]>();
  for (const from of (sources ?? edge).filter((one) => comesInAt(cube, one))) {
    // What enters at an avoided switch is dropped there, wherever it goes.
    if (closed.has(from.switch) || hostsAtPorts(topology, [from]).length === 0) continue;
    let here = missed.get(from.switch);
    if (here === undefined) {
      const reached = distances(topology, from.switch, closed);
      missed.set(from.switch, (here = hosts.filter(({ at }) => !reached.has(at.switch))));
    }
    const flows = here.length === 0 ? undefined : sendable(flooded, topology, from);
    if (flows === undefined || !isSent(flows, topology, from)) continue;
    for (const { at: to } of here) yield { flows, from, to };
  }
}

/** The part of some flows that is for no known host: a broadcast where they hold one; undefined if there is none. */
function forNobody(flows: Cube, { hosts }: Topology): Cube | undefined {
  const all = [...hosts.values()];
  let left: Cube | undefined = flows;
  const known = addressSet(all.flatMap(({ addresses }) => addresses));
  const goesTo = constraint(flows, "dstHost");
  if (known && goesTo) {
    const others = setDifference(goesTo, known);
    left = others && withConstraint(left, "dstHost", others);
  }
  const macs = numberSet(
    "dstEth",
    all.flatMap((host) => host.macs.map((mac) => [mac, mac] as const)),
  );
  const framedTo = left && (constraint(left, "dstEth") ?? present("dstEth"));
  const unknown = framedTo && (macs === undefined ? framedTo : setDifference(framedTo, macs));
  if (left === undefined || unknown === undefined) return undefined;
  const broadcast = intersectCubes(left, withConstraint({ mask: 0, sets: [] }, "dstEth", BROADCAST));
  const found = broadcast ?? withConstraint(left, "dstEth", unknown);
  return possible(found) ? found : undefined;
}

const BROADCAST = numberSet("dstEth", [[0xffffffffffff, 0xffffffffffff]])!;

/** The flows that are neither IP nor ARP; undefined if there are none. */
export function unshownOf(flows: Cube): Cube | undefined {
  const type = setDifference(constraint(flows, "ethType") ?? present("ethType"), SHOWS_ADDRESS);
  const found = type && withConstraint(flows, "ethType", type);
  return found && possible(found) ? found : undefined;
}

/**
 * The flows that are neither IP nor ARP and end at a box, because coming back they have no address to show whose they are. What is
 * of a host without a known address shows it by its MAC.
 */
export function* endsAtBoxes(
  open: Cube,
  topology: Topology,
  returns: readonly WaypointReturn[],
): Generator<LostBetween, void> {
  const flows = isToAddresses(open, topology) ? undefined : unshownOf(open);
  if (flows === undefined) return;
  for (const { at, from } of returns) {
    const isShown = hostsAtPorts(topology, [from]).every(({ addresses }) => addresses.length === 0);
    if (!isShown && isSent(flows, topology, from)) yield { flows, from, to: at };
  }
}
