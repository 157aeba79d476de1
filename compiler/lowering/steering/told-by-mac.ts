/**
 * Rules that tell by what boxes may change → where boxes that forward as routers take that away. What comes back has one MAC of its
 * sender (`restored.ts`), for N866, and from a router between VLANs another tag, for N869. What is for another host by its address than by its
 * MAC goes on to that, for N870.
 */
import type { DerivedRule } from "../../derived/rule.ts";
import { constraint, cubesOverlap } from "../../flowgroup/cubes.ts";
import type { Cube, FieldSet } from "../../flowgroup/cube.ts";
import { setHolds } from "../../flowgroup/sets.ts";
import { byText } from "../../net/order.ts";
import { boxFault, hostsAtPorts, portKey, restoredMacs, type AttachedHost, type Topology } from "../../paths/index.ts";
import type { Returned } from "./returning.ts";

/** The rules by `srcEth` and the senders of which each holds some MACs and not all, and the pairs of rules by `vlan` and with boxes, at most. */
const MOST_TOLD = 20_000;

/**
 * Such statements with these hosts, sorted. `byMac`: the rules in force that ask for a MAC of the sender, which are few; `all` gives all
 * rules. `returns`: where flows come back from boxes.
 */
export function toldByMac(
  byMac: Iterable<DerivedRule>,
  all: () => readonly DerivedRule[],
  topology: Topology,
  returns: readonly Returned[],
): readonly { readonly statement: string; readonly hosts: readonly string[] }[] {
  if (returns.length === 0) return [];
  const ports = new Map(returns.map(({ from }) => [portKey(from), from]));
  // Only what shows a stated address gets a MAC back.
  const senders = hostsAtPorts(topology, [...ports.values()]).filter(
    ({ addresses, macs }) => addresses.length > 0 && macs.length !== 1,
  );
  if (senders.length === 0) return [];
  const bound = new Set([...topology.hosts.values()].flatMap(({ macs }) => macs));
  const macOf = restoredMacs(topology);
  const found = new Map<string, Set<AttachedHost>>();
  let left = MOST_TOLD;
  for (const { statement, cube } of byMac) {
    const macs = constraint(cube, "srcEth")!;
    for (const host of senders) {
      if (left-- === 0) return sorted(found);
      if (isTold(macs, host, macOf(host), bound)) found.set(statement, (found.get(statement) ?? new Set()).add(host));
    }
  }
  if (found.size === 0) return [];
  for (const { statement, cube } of all())
    for (const host of found.get(statement) ?? []) if (isByAddress(cube, host)) found.get(statement)!.delete(host);
  return sorted(found);
}

/**
 * The statements that steer and name `vlan`, with the hosts that are waypoints of their flows, by them or by others, sorted. `steering`:
 * the rules in force that steer.
 */
export function toldByVlan(
  steering: readonly DerivedRule[],
  topology: Topology,
): ReadonlyMap<string, readonly string[]> {
  const withBoxes = steering.flatMap((rule) => {
    const boxes = boxesOf(rule, topology);
    return boxes.length === 0 ? [] : [{ cube: rule.cube, boxes }];
  });
  const found = new Map<string, Set<string>>();
  let left = MOST_TOLD;
  for (const { statement, cube } of steering) {
    if (constraint(cube, "vlan") === undefined) continue;
    for (const other of withBoxes) {
      if (left-- === 0) break;
      if (!cubesOverlap(cube, other.cube)) continue;
      const boxes = found.get(statement) ?? new Set();
      found.set(statement, boxes);
      for (const name of other.boxes) boxes.add(name);
    }
  }
  const sorted = [...found].map(([statement, boxes]) => [statement, [...boxes].toSorted(byText)] as const);
  return new Map(sorted.toSorted(([a], [b]) => byText(a, b)));
}

/** The hosts that are waypoints of a rule. */
const boxesOf = ({ effect, nodes = [] }: DerivedRule, topology: Topology): readonly string[] =>
  effect === "waypoint"
    ? nodes.filter((name) => topology.hosts.has(name) && boxFault(topology, name) === undefined)
    : [];

/** Hosts that are waypoints, and the ends of their flows. */
export interface BoxesToEnds {
  readonly boxes: readonly string[];
  readonly ends: readonly string[];
}

/**
 * The statements that hold what is for some hosts by their MACs, and others not, with these and the waypoints that may send such flows
 * on to others as routers, sorted.
 */
export function toldByEnds(steering: readonly DerivedRule[], topology: Topology): ReadonlyMap<string, BoxesToEnds> {
  const hosts = [...topology.hosts.values()];
  const found = new Map<string, BoxesToEnds>();
  for (const rule of steering) {
    const boxes = boxesOf(rule, topology);
    const ends = boxes.length === 0 ? [] : endsByMac(rule.cube, topology);
    const isOther = ({ name, addresses }: AttachedHost): boolean =>
      addresses.length > 0 && !ends.includes(name) && !boxes.includes(name);
    if (ends.length === 0 || !hosts.some(isOther)) continue;
    const known = found.get(rule.statement);
    const both = (own: readonly string[], more: readonly string[] = []): readonly string[] =>
      [...new Set([...own, ...more])].toSorted(byText);
    found.set(rule.statement, { boxes: both(boxes, known?.boxes), ends: both(ends, known?.ends) });
  }
  return new Map([...found].toSorted(([a], [b]) => byText(a, b)));
}

/** The hosts for whom it is by their MAC that a cube names them. */
function endsByMac(flows: Cube, { hosts, userHosts }: Topology): readonly string[] {
  const [goesTo, framed, users] = [
    constraint(flows, "dstAP"),
    constraint(flows, "dstEth"),
    constraint(flows, "dstUser"),
  ];
  const isNamed = (set: FieldSet | undefined): set is FieldSet => set?.kind === "name" && !set.not;
  return [...hosts.values()].flatMap(({ name, at, macs, addresses }) => {
    const isAt = isNamed(goesTo) && setHolds(goesTo, portKey(at));
    const isFramed = framed !== undefined && macs.some((mac) => setHolds(framed, mac));
    const isOf =
      isNamed(users) &&
      addresses.length === 0 &&
      userHosts.some(({ user, host }) => host === name && setHolds(users, user));
    return macs.length > 0 && (isAt || isFramed || isOf) ? [name] : [];
  });
}

/** Whether flows are those of a host by its addresses, whatever its MAC. */
function isByAddress(flows: Cube, { addresses }: AttachedHost): boolean {
  const named = constraint(flows, "srcHost");
  return named !== undefined && !constraint(flows, "srcEth") && addresses.every((one) => setHolds(named, one));
}

/** Whether a set holds a MAC that a host may have, and not the one that it gets back, or the reverse. */
function isTold(set: FieldSet, { macs }: AttachedHost, restored: number, bound: ReadonlySet<number>): boolean {
  const isHeld = setHolds(set, restored);
  if (macs.length > 0) return macs.some((mac) => setHolds(set, mac) !== isHeld);
  // It has some MAC that is of no host; most sets of MACs are lists.
  return !isHeld && set.kind === "number" && set.ranges.some((mac) => !bound.has(mac));
}

const sorted = (found: ReadonlyMap<string, ReadonlySet<AttachedHost>>): ReturnType<typeof toldByMac> =>
  [...found]
    .flatMap(([statement, hosts]) =>
      hosts.size === 0 ? [] : [{ statement, hosts: [...hosts].map(({ name }) => name).toSorted(byText) }],
    )
    .toSorted((a, b) => byText(a.statement, b.statement));
