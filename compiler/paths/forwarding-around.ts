/**
 * Topology → the forwarding of packets that must not cross some switches: ordinary forwarding (`forwarding.ts`) in the
 * network without these. The paths are those that `route` finds.
 */
import { closerLinks, distances } from "./distance.ts";
import type { AttachedHost, Topology } from "./topology.ts";
import { spanningTree } from "./forwarding.ts";

/** The forwarding of one switch; ports are in order. */
export interface ForwardingAround {
  readonly switch: string;
  /** The port towards each host; absent: no path leads there. */
  readonly towards: readonly { readonly host: AttachedHost; readonly port?: number }[];
  /** The ports to flood to, for packets to all hosts or to an unknown one; undefined: all ports. */
  readonly flood: readonly number[] | undefined;
}

/** The forwarding of each switch that is not closed. */
export function forwardingAround(topology: Topology, closed: ReadonlySet<string>): readonly ForwardingAround[] {
  const inTree = spanningTree(topology, closed);
  const hosts = [...topology.hosts.values()];
  return [...topology.trunks].flatMap(([name, links]): ForwardingAround[] => {
    if (closed.has(name)) return [];
    const towards = hosts.map((host) => {
      const toHost = distances(topology, host.at.switch, closed);
      if (!toHost.has(name)) return { host };
      return { host, port: host.at.switch === name ? host.at.port : closerLinks(topology, name, toHost)[0]!.from.port };
    });
    const ports = links.map(({ from }) => from.port);
    const tree = ports.filter((port) => inTree.has(`${name}:${port}`));
    const here = hosts.filter(({ at }) => at.switch === name).map(({ at }) => at.port);
    const all = [...new Set([...tree, ...here])].toSorted((a, b) => a - b);
    return [{ switch: name, towards, flood: tree.length === ports.length ? undefined : all }];
  });
}
