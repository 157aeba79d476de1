/**
 * Topology → what every switch does with packets that may not cross some switches: as ordinary forwarding does
 * (`tree.ts`), in the network that is left without them. The ways are those that `route` finds.
 */
import { closer, distances } from "./distance.ts";
import type { Stationed, Topology } from "./topology.ts";
import { spanningTree } from "./tree.ts";

/** What one switch does; ports are in order. */
export interface Around {
  readonly switch: string;
  /** The port towards each host; absent: there is no way. */
  readonly towards: readonly { readonly host: Stationed; readonly port?: number }[];
  /** Where goes what is sent to everybody, or to nobody known: along a tree; undefined: out of all ports. */
  readonly flood: readonly number[] | undefined;
}

/** All switches but the closed ones. */
export function around(topology: Topology, closed: ReadonlySet<string>): readonly Around[] {
  const inTree = spanningTree(topology, closed);
  const hosts = [...topology.hosts.values()];
  return [...topology.trunks].flatMap(([name, links]): Around[] => {
    if (closed.has(name)) return [];
    const towards = hosts.map((host) => {
      const way = distances(topology, host.at.switch, closed);
      if (!way.has(name)) return { host };
      return { host, port: host.at.switch === name ? host.at.port : closer(topology, name, way)[0]!.from.port };
    });
    const ports = links.map(({ from }) => from.port);
    const tree = ports.filter((port) => inTree.has(`${name}:${port}`));
    const here = hosts.filter(({ at }) => at.switch === name).map(({ at }) => at.port);
    const all = [...new Set([...tree, ...here])].toSorted((a, b) => a - b);
    return [{ switch: name, towards, flood: tree.length === ports.length ? undefined : all }];
  });
}
