/**
 * Flows that avoid switches, and that the switches behind the first cannot tell from others → where the first switch may
 * send them. From there on ordinary forwarding leads them (`forwarding.ts`), which knows nothing of what they avoid.
 */
import { forwarding } from "./forwarding.ts";
import type { ForwardingAround } from "./forwarding-around.ts";
import { portKey, type AttachedHost, type Port, type Topology } from "./topology.ts";

export interface BlindForwarding {
  /** The hosts to which ordinary forwarding would lead across closed switches, or not at all. */
  readonly lost: readonly { readonly host: AttachedHost; readonly port: number }[];
  /** The ports to flood to: those of hosts, and of links behind which no flood comes to a closed switch. */
  readonly flood: readonly number[];
  /** Whether every host that can be reached around the closed switches is reached so, by packets for it and by floods. */
  readonly isWhole: boolean;
}

/** How a switch sends such packets. `closed`: the switches that they avoid. */
export function blindForwarding(
  topology: Topology,
  closed: ReadonlySet<string>,
  { switch: from, towards, flood }: ForwardingAround,
): BlindForwarding {
  const links = topology.trunks.get(from)!;
  const behind = (port: number): Port | undefined => links.find((link) => link.from.port === port)?.to;
  const known = towards.flatMap(({ host, port }) => (port === undefined ? [] : [{ host, port }]));
  const lost = known.filter(({ host, port }) => {
    const next = behind(port);
    return next !== undefined && !leadsTo(topology, closed, next, host);
  });
  const reached = new Set([from]);
  const access = forwarding(topology).get(from)!.access;
  const all = flood ?? [...links.map((link) => link.from.port), ...access];
  const ports = all.filter((port) => {
    const next = behind(port);
    if (next === undefined) return true;
    const some = floodedFrom(topology, closed, next);
    for (const name of some ?? []) reached.add(name);
    return some !== undefined;
  });
  const isWhole =
    lost.length === 0 && ports.length === all.length && known.every(({ host }) => reached.has(host.at.switch));
  return { lost, flood: [...new Set(ports)].toSorted((a, b) => a - b), isWhole };
}

/** Whether ordinary forwarding leads a packet that comes in at a port to a host, and to no closed switch. */
function leadsTo(topology: Topology, closed: ReadonlySet<string>, from: Port, host: AttachedHost): boolean {
  const been = new Set<string>();
  for (let at = from; !closed.has(at.switch) && !been.has(portKey(at));) {
    if (at.switch === host.at.switch) return true;
    been.add(portKey(at));
    const out = forwarding(topology)
      .get(at.switch)!
      .towards.find((one) => one.host.name === host.name)?.port;
    const link = topology.trunks.get(at.switch)!.find((one) => one.from.port === out);
    if (link === undefined || out === at.port) return false;
    at = link.to;
  }
  return false;
}

/**
 * The switches that a flood comes to that comes in at a port; undefined if it comes to a closed one, or goes no further.
 * Ordinary flooding sends by links outside the tree, too: the switch behind them drops it, but has got it.
 */
function floodedFrom(topology: Topology, closed: ReadonlySet<string>, from: Port): ReadonlySet<string> | undefined {
  const isInTree = (port: Port): boolean => forwarding(topology).get(port.switch)!.tree.includes(port.port);
  const flooded = new Set<string>();
  const queue = [from];
  const been = new Set<string>();
  for (const at of queue) {
    if (closed.has(at.switch)) return undefined;
    if (been.has(portKey(at)) || !isInTree(at)) continue;
    been.add(portKey(at));
    flooded.add(at.switch);
    for (const link of topology.trunks.get(at.switch)!) if (link.from.port !== at.port) queue.push(link.to);
  }
  return flooded.size > 0 ? flooded : undefined;
}
