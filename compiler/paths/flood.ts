/**
 * A path through waypoints → the flood from its last waypoint. Ordinary forwarding floods along the spanning tree
 * (`forwarding.ts`), and never out of the port where a packet came in. If such a flood reached a port of the path, the
 * packet would follow the path again, and so on for ever. The flood leaves out the port of its source.
 */
import { forwarding, spanningTree } from "./forwarding.ts";
import { hostsBySwitch, portKey, samePort, type AttachedHost, type Port, type Topology } from "./topology.ts";
import type { WaypointPath } from "./waypoint-path.ts";

/** Where a flood begins, and how it goes on. */
export interface Flood {
  /** The port of the source. */
  readonly from: Port;
  /** The port where the flood comes in after the last waypoint. */
  readonly at: Port;
  /** Whether it comes back to a port by which the path enters a switch. */
  readonly meets: boolean;
  /** Whether it goes nowhere, since it comes to the last waypoint by a link outside the tree. */
  readonly isClosed: boolean;
  /** Whether it also goes back through the link at `at`, because hosts behind that link would otherwise miss it. */
  readonly goesBack: boolean;
  /** Whether it reaches the switch of its source. */
  readonly comesHome: boolean;
  /** The known hosts that it does not come to. */
  readonly missed: MissedHosts;
  /** Those to which it comes only because it goes back. */
  readonly behind: MissedHosts;
  /** The hosts to which ordinary forwarding does not bring ARP from the last waypoint. */
  readonly asked: readonly AskedHost[];
}

/**
 * A host without a stated MAC, to which the address that ARP asks for leads. Ordinary forwarding would send that back to
 * the port where it came in, and so nowhere. `isReached`: it gets there by the link at that port.
 */
export interface AskedHost {
  readonly host: AttachedHost;
  readonly isReached: boolean;
}

/** Known hosts, found as they are asked for: each host's flood may miss all others, and the first few of them are told. */
export class MissedHosts implements Iterable<AttachedHost> {
  readonly #found: () => Iterable<AttachedHost>;

  constructor(found: () => Iterable<AttachedHost>) {
    this.#found = found;
  }

  [Symbol.iterator](): Iterator<AttachedHost> {
    return this.#found()[Symbol.iterator]();
  }

  get isEmpty(): boolean {
    return this[Symbol.iterator]().next().done === true;
  }
}

const NO_HOSTS = new MissedHosts(() => []);

/** The flood that begins at the end of the path; undefined if the path is empty and so the flood is an ordinary one. */
export function floodOf(topology: Topology, { legs, at }: WaypointPath): Flood | undefined {
  const path = legs.flat().map((hop): Port => ({ switch: hop.switch, port: hop.in }));
  const [from] = path;
  if (from === undefined) return undefined;
  const tree = spanningTree(topology, new Set());
  const isClosed = (port: Port): boolean => isTrunk(topology, port) && !tree.has(portKey(port));
  // Packets that come in by a link outside the tree are not flooded.
  const been = new Set(path.map(portKey));
  const asked = askedBehind(topology, at, been);
  function* missedBy(reached: ReadonlySet<string>): Generator<AttachedHost, void> {
    for (const [name, here] of hostsBySwitch(topology)) {
      if (reached.has(name)) continue;
      for (const host of here) if (!samePort(host.at, from!) && !been.has(portKey(host.at))) yield host;
    }
  }
  const all = new MissedHosts(() => missedBy(new Set()));
  const nowhere = {
    from,
    at,
    goesBack: false,
    comesHome: false,
    isClosed: false,
    missed: all,
    behind: NO_HOSTS,
    asked,
  };
  if (isClosed(at)) return { ...nowhere, meets: false, isClosed: true };
  // Hosts that are waypoints give packets back, so a flood must not reach them again.
  const waypoints = path.slice(1).filter((port) => !isTrunk(topology, port));
  const reach = (goesBack: boolean): ReadonlySet<string> | undefined => {
    const queue: Port[] = [at];
    const entered = new Set<string>();
    for (const port of queue) {
      if (entered.has(portKey(port))) continue;
      entered.add(portKey(port));
      if (waypoints.some((one) => one.switch === port.switch && !samePort(one, port))) return undefined;
      for (const { from: out, to } of topology.trunks.get(port.switch)!) {
        if (samePort(out, port) && !(goesBack && port === at)) continue;
        if (been.has(portKey(to))) return undefined;
        if (!isClosed(to)) queue.push(to);
      }
    }
    return new Set(queue.map((port) => port.switch));
  };
  const ahead = reach(false);
  if (ahead === undefined) return { ...nowhere, meets: true };
  const behind = new MissedHosts(() => missedBy(ahead));
  const around = isTrunk(topology, at) && !behind.isEmpty ? reach(true) : undefined;
  const reached = around ?? ahead;
  function* missed(): Generator<AttachedHost, void> {
    yield* missedBy(reached);
    for (const { host, isReached } of asked) if (!isReached && !been.has(portKey(host.at))) yield host;
  }
  return {
    from,
    at,
    meets: false,
    isClosed: false,
    goesBack: around !== undefined,
    comesHome: reached.has(from.switch),
    behind: around === undefined ? NO_HOSTS : behind,
    missed: new MissedHosts(missed),
    asked,
  };
}

/** The hosts without a stated MAC for which ordinary forwarding at `at` gives back ARP or leads it onto the path. */
function askedBehind(topology: Topology, at: Port, been: ReadonlySet<string>): readonly AskedHost[] {
  const some = askedByAddress(topology).filter((host) => !samePort(host.at, at));
  const ordinary = some.length === 0 ? undefined : forwarding(topology);
  const outAt = (name: string, host: AttachedHost): number | undefined =>
    ordinary!.get(name)!.towards.find((one) => one.host.name === host.name)?.port;
  return some.flatMap((host): readonly AskedHost[] => {
    // A box on the path has got it already, and would give it back. So would one at the port of the source.
    let meets = been.has(portKey(host.at));
    for (let here = at.switch; here !== host.at.switch && !meets;) {
      const out = outAt(here, host);
      const link = topology.trunks.get(here)!.find((one) => one.from.port === out);
      if (link === undefined) return [];
      meets = been.has(portKey(link.to));
      here = link.to.switch;
    }
    return meets || outAt(at.switch, host) === at.port ? [{ host, isReached: !meets }] : [];
  });
}

const byAddress = new WeakMap<Topology, readonly AttachedHost[]>();

/** The hosts of which this is so. Memoized, as a topology never changes. */
function askedByAddress(topology: Topology): readonly AttachedHost[] {
  let known = byAddress.get(topology);
  if (known === undefined) byAddress.set(topology, (known = [...topology.hosts.values()].filter(isAskedByAddress)));
  return known;
}

/** Whether ARP for a host is led by the address that it asks for. */
const isAskedByAddress = ({ macs, addresses }: AttachedHost): boolean =>
  macs.length === 0 && addresses.some(({ family }) => family === 4);

const isTrunk = ({ trunks }: Topology, port: Port): boolean =>
  (trunks.get(port.switch) ?? []).some(({ from }) => samePort(from, port));
