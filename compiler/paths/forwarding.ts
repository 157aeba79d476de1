/**
 * Topology → ordinary forwarding, which every packet gets that no policy steers. Packets to a known host follow a
 * shortest path. Broadcasts and packets to unknown destinations follow a spanning tree, so that none circles.
 */
import { closerLinks, distances } from "./distance.ts";
import type { AttachedHost, Topology } from "./topology.ts";

/** The forwarding of one switch. Ports are in order. */
export interface SwitchForwarding {
  /** The port towards each host that can be reached, in order of the hosts' names. */
  readonly towards: readonly { readonly host: AttachedHost; readonly port: number }[];
  /** The ports of links in the spanning tree: flooded packets go out and are accepted here. */
  readonly tree: readonly number[];
  /** The ports of links outside the tree: flooded packets neither go out nor are accepted here. */
  readonly closed: readonly number[];
  /** The ports of known hosts. Ports that no fact names are access ports too. */
  readonly access: readonly number[];
}

/** Switch → its forwarding, in order of name. */
export type Forwarding = ReadonlyMap<string, SwitchForwarding>;

const NONE: ReadonlySet<string> = new Set();

const known = new WeakMap<Topology, Forwarding>();

/** The forwarding of all switches. It is memoized: each switch asks for its own part, and a topology never changes. */
export function forwarding(topology: Topology): Forwarding {
  let found = known.get(topology);
  if (found === undefined) known.set(topology, (found = forwardingOf(topology)));
  return found;
}

function forwardingOf(topology: Topology): Forwarding {
  const tree = spanningTree(topology, NONE);
  const hostsAt = Map.groupBy(topology.hosts.values(), ({ at }) => at.switch);
  return new Map(
    [...topology.trunks].map(([name, links]) => {
      const ports = links.map(({ from }) => from.port);
      const here = hostsAt.get(name) ?? [];
      return [
        name,
        {
          towards: towards(topology, name, hostsAt.keys()),
          tree: ports.filter((port) => tree.has(`${name}:${port}`)),
          closed: ports.filter((port) => !tree.has(`${name}:${port}`)),
          access: [...new Set(here.map(({ at }) => at.port))].toSorted((a, b) => a - b),
        },
      ];
    }),
  );
}

/** `ends`: the switches with hosts. To no other one any packet goes. */
function towards(topology: Topology, from: string, ends: Iterable<string>): SwitchForwarding["towards"] {
  const ports = new Map<string, number | undefined>(
    [...ends].map((to) => [to, closerLinks(topology, from, distances(topology, to, NONE))[0]?.from.port]),
  );
  return [...topology.hosts.values()].flatMap((host) => {
    const port = host.at.switch === from ? host.at.port : ports.get(host.at.switch);
    return port === undefined ? [] : [{ host, port }];
  });
}

/**
 * The ports (`portKey`) of a shortest-path tree in every connected part of the network without the closed switches. Its
 * root is the part's first switch by name; each other switch keeps the first of its links that lead closer.
 */
export function spanningTree(topology: Topology, closed: ReadonlySet<string>): ReadonlySet<string> {
  const ports = new Set<string>();
  const joined = new Set<string>();
  for (const root of topology.trunks.keys()) {
    if (joined.has(root)) continue;
    const depths = distances(topology, root, closed);
    for (const name of depths.keys()) {
      joined.add(name);
      const [link] = closerLinks(topology, name, depths);
      if (link) for (const { switch: end, port } of [link.from, link.to]) ports.add(`${end}:${port}`);
    }
  }
  return ports;
}
