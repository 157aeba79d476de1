/**
 * The rules of a claim → the switches and ports where it is enforced. A limit is enforced once, where its traffic
 * enters the network (NETWORK, "Edges"), and a reservation on every port by which its traffic leaves a switch. Without
 * known ends a limit is enforced on every switch at which its flows can be, and a reservation on all ports of these.
 */
import {
  endPortsOf,
  linksOn,
  MOST_PAIRS,
  route,
  steeredPartsOf,
  type SteeringStatement,
  type Topology,
  type SteeredPart,
} from "../../paths/index.ts";
import type { DerivedRule } from "../../derived/rule.ts";
import type { Cube } from "../../flowgroup/cube.ts";
import { cubesOverlap } from "../../flowgroup/index.ts";
import type { ClaimedRule, EnforcementPoints } from "./claim.ts";

/** The switches of a network and their topology. */
interface Network {
  readonly switches: readonly (string | undefined)[];
  readonly topology: Topology;
}

/** The switches at which traffic of a limit enters the network. */
export function ingressSwitches(rules: Iterable<ClaimedRule>, { switches, topology }: Network): EnforcementPoints {
  const points = new Map<string | undefined, undefined>();
  for (const { rule, switches: seenOn } of rules) {
    const [ends] = switches.length > 1 ? endPortsOf(topology, { cubes: [rule.cube] }) : [];
    const known = ends?.sources && new Set<string | undefined>(ends.sources.map((port) => port.switch));
    for (const name of seenOn) if (known === undefined || known.has(name)) points.set(name, undefined);
  }
  return points;
}

/** The ports by which traffic of a reservation leaves switches, as these waypoints and avoids steer it. */
export function egressPorts(
  rules: Iterable<ClaimedRule>,
  steering: readonly DerivedRule[],
  network: Network,
): EnforcementPoints {
  const points = new Map<string | undefined, Set<number> | undefined>();
  for (const { rule, switches } of rules) {
    const ports = portsOf(rule.cube, steering, network);
    for (const name of switches) {
      const here = ports?.get(name);
      if (ports !== undefined && here === undefined) continue;
      const had = points.has(name) ? points.get(name) : new Set<number>();
      points.set(name, here && had && new Set([...had, ...here]));
    }
  }
  return new Map([...points].map(([name, ports]) => [name, ports && [...ports].sort((a, b) => a - b)]));
}

type Ports = Map<string | undefined, Set<number>>;

/** Switch → the ports by which a cube's traffic leaves it; undefined if they are not known. */
function portsOf(cube: Cube, steering: readonly DerivedRule[], network: Network): Ports | undefined {
  const all: Ports = new Map();
  const overlapping = steering.filter((rule) => cubesOverlap(rule.cube, cube));
  const paths = steeredPartsOf(
    { cubes: [cube] },
    overlapping.map((rule) => steersOf(rule, network.topology)),
  );
  for (const path of paths ?? []) {
    // Behind the last waypoint ordinary forwarding leads flows of unknown destination on.
    if ((path.isSteered && !path.isExitKnown) || !addPorts(all, path, network)) return undefined;
  }
  return paths && all;
}

/** Adds the ports of one path; returns false if they are not known. */
function addPorts(
  all: Ports,
  { flows, waypoints, lists, avoid, isSteered }: SteeredPart,
  { switches, topology }: Network,
): boolean {
  for (const { sources, destinations } of endPortsOf(topology, flows)) {
    if (destinations === undefined) return false;
    if (switches.length === 1 && !isSteered) {
      // Traffic leaves the only switch by these, wherever it comes from.
      for (const { switch: name, port } of destinations) add(all, name, port);
      continue;
    }
    if (sources === undefined || sources.length * destinations.length > MOST_PAIRS) return false;
    for (const from of sources) {
      for (const to of destinations) {
        const found = route(topology, { from, to, waypoints, lists, avoid });
        if (found === undefined && (isSteered || from.switch !== to.switch)) return false;
        const links = found === undefined ? [] : linksOn(topology, found);
        for (const { from: out } of links) if (out !== undefined) add(all, out.switch, out.port);
      }
    }
  }
  return true;
}

function steersOf({ statement, effect, nodes = [], cube }: DerivedRule, topology: Topology): SteeringStatement {
  const flows = { cubes: [cube] };
  const isExitKnown = endPortsOf(topology, flows).every(({ destinations }) => destinations !== undefined);
  return { id: statement, kind: effect as SteeringStatement["kind"], nodes, flows, isExitKnown };
}

function add(ports: Ports, name: string, port: number): void {
  const known = ports.get(name);
  if (known === undefined) ports.set(name, new Set([port]));
  else known.add(port);
}
