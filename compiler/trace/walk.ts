/**
 * A packet through all switches of a network, table by table and link by link, as the tables say. At the port of a
 * waypoint that is a host it comes back in as it went out, as a middlebox sends it on.
 */
import { portKey, samePort, type Port, type Topology } from "../paths/topology.ts";
import type { Table } from "../table/entry.ts";
import type { Packet } from "./packet.ts";
import { Switch, type SwitchOutcome } from "./switch.ts";

/** One pass through one switch. */
export interface Visit {
  readonly at: Port;
  readonly outcome: SwitchOutcome;
  /** Where it goes out, and where it comes in next: by a link, or `back` from a waypoint. */
  readonly leaves: readonly { readonly port: Port; readonly next?: Port; readonly back?: boolean }[];
}

export interface Walk {
  /** In the order of the passes; after a flood the branches one after the other. */
  readonly visits: readonly Visit[];
  /** The ports at which it leaves the network, each once, in order of the passes. */
  readonly out: readonly Port[];
  /** Whether it was still under way after `MOST_VISITS` passes. */
  readonly circles: boolean;
}

/** A walk ends after this many passes through switches: it goes in circles. */
const MOST_VISITS = 1000;

/** The path that the policy asks for. */
export interface AskedPath {
  /** The waypoints of each statement, in their order. */
  readonly lists: readonly (readonly string[])[];
  readonly avoid: readonly string[];
  /** Where it is to arrive; undefined: anywhere. */
  readonly to: Port | undefined;
}

/**
 * Sends a packet in at a port. A waypoint that is a host gives it back, but for the last one where the packet is to
 * arrive. `isRouted`: it does so with its own MAC, as a router.
 */
export function walk(
  tables: ReadonlyMap<string, Table>,
  topology: Topology,
  packet: Packet,
  from: Port,
  { lists, to }: Pick<AskedPath, "lists" | "to">,
  isRouted = false,
): Walk {
  const switches = new Map([...tables].map(([name, table]) => [name, new Switch(table)]));
  const visits: Visit[] = [];
  const out = new Map<string, Port>();
  const queue = [{ at: from, packet, left: afterAll(lists, standsAt(topology, from)) }];
  while (queue.length > 0 && visits.length < MOST_VISITS) {
    const { at, packet: here, left: before } = queue.shift()!;
    const left = afterAll(before, isSwitch(topology, at.switch));
    const outcome = switches.get(at.switch)!.run({ ...here, inPort: at.port });
    const { dscp, ethSrc = here.ethSrc } = outcome;
    const ip = here.ip && { ...here.ip, dscp: dscp ?? here.ip.dscp };
    const sent: Packet = { ...here, ethSrc, ...(ip && { ip }) };
    const leaves = portsOf(topology, at, outcome).map((port): Visit["leaves"][number] => {
      const still = afterAll(left, standsAt(topology, port));
      const link = topology.trunks.get(at.switch)!.find((one) => samePort(one.from, port));
      const isEnd = still.every((list) => list.length === 0) && to !== undefined && samePort(port, to);
      const back = !link && still.some((list, i) => list.length < left[i]!.length) && !isEnd;
      const next = link?.to ?? (back ? port : undefined);
      const own = isRouted && back ? macAt(topology, port) : undefined;
      if (next) queue.push({ at: next, packet: own === undefined ? sent : { ...sent, ethSrc: own }, left: still });
      else out.set(portKey(port), port);
      return { port, ...(next && { next }), ...(back && { back }) };
    });
    visits.push({ at, outcome, leaves });
  }
  return { visits, out: [...out.values()], circles: queue.length > 0 };
}

const macAt = ({ hosts }: Topology, port: Port): number | undefined =>
  [...hosts.values()].find(({ at }) => samePort(at, port))?.macs[0];

const afterAll = (
  lists: readonly (readonly string[])[],
  isAt: (node: string) => boolean,
): readonly (readonly string[])[] => lists.map((list) => after(list, isAt));

/** The waypoints that are left when the packet is at some of those that come next. */
function after(waypoints: readonly string[], isAt: (node: string) => boolean): readonly string[] {
  const next = waypoints.findIndex((node) => !isAt(node));
  return next < 0 ? [] : waypoints.slice(next);
}

const standsAt =
  ({ hosts }: Topology, port: Port) =>
  (node: string): boolean =>
    hosts.has(node) && samePort(hosts.get(node)!.at, port);

const isSwitch =
  ({ hosts }: Topology, name: string) =>
  (node: string): boolean =>
    !hosts.has(node) && node === name;

/** The ports at which a packet leaves a switch; a flood leaves at all known ones but the one where it came in. */
function portsOf({ trunks, hosts }: Topology, at: Port, { outputs }: SwitchOutcome): readonly Port[] {
  const here = [...hosts.values()].filter((host) => host.at.switch === at.switch).map((host) => host.at.port);
  const known = [...new Set([...trunks.get(at.switch)!.map(({ from }) => from.port), ...here])].sort((a, b) => a - b);
  const ports = outputs.flatMap((one): number[] => {
    if (one === "IN_PORT") return [at.port];
    if (typeof one === "number") return one === at.port ? [] : [one];
    return one === "ALL" || one === "NORMAL" || one === "FLOOD" ? known.filter((port) => port !== at.port) : [];
  });
  return ports.map((port) => ({ switch: at.switch, port }));
}

/** The differences of a walk from the path that is asked for: waypoints in order, no avoided node, the right end. */
export function faultsOfWalk(
  topology: Topology,
  { visits, out, circles }: Walk,
  { lists, avoid, to }: AskedPath,
): readonly string[] {
  const faults: string[] = circles ? ["it circles"] : [];
  let left = visits[0] ? afterAll(lists, standsAt(topology, visits[0].at)) : lists;
  for (const { at, leaves } of visits) {
    left = afterAll(left, isSwitch(topology, at.switch));
    for (const { port } of leaves) left = afterAll(left, standsAt(topology, port));
    if (avoid.some(isSwitch(topology, at.switch))) faults.push(`it crosses \`${at.switch}\``);
  }
  for (const [next] of left) if (next !== undefined) faults.push(`it does not pass \`${next}\` in its turn`);
  if (to !== undefined && !out.some((port) => samePort(port, to)))
    faults.push(`it does not come out at ${portKey(to)}`);
  return faults;
}
