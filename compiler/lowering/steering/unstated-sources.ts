/**
 * Drops what a waypoint sends with its own MAC from an address that no fact states for it (NETWORK, "Spoof"). A box that
 * forwards as a router gives back packets of others so. Of these no switch could tell whose they are, and what is left
 * of their path: they would pass later nodes by, cross what they avoid, or go to and fro between two boxes. Nothing is
 * dropped of the only box, where it gets what comes from stated addresses alone or no other node steers.
 */
import type { Prefix } from "../../net/address.ts";
import { by, byText } from "../../net/order.ts";
import { constraint, cube as cubeOf } from "../../flowgroup/cubes.ts";
import type { Cube } from "../../flowgroup/cube.ts";
import { addressSet, numbers, numberSet } from "../../flowgroup/sets.ts";
import { possible } from "../../flowgroup/universe.ts";
import { boxFault, hostsAtPorts, portKey, samePort, type AttachedHost, type Topology } from "../../paths/index.ts";
import type { DerivedRule } from "../../derived/rule.ts";
import { draft } from "../encode/draft.ts";
import { EVERY_SOURCE, lackedBy, narrow, NO_SOURCE } from "../encode/endpoints.ts";
import type { UserIndex } from "../encode/user-index.ts";
import type { LowerContext } from "../pipeline/options.ts";
import { UNSTATED_OF_BOX, WITHOUT_ADDRESS_OF_BOX } from "../spoof/spoof-entries.ts";
import type { Returned } from "./returning.ts";
import type { RefusedSteering, SteeredEntries, UnstatedBox, UnstatedSenders } from "./steered.ts";

interface DroppedSources {
  readonly entries: readonly SteeredEntries[];
  readonly refusals: readonly RefusedSteering[];
  /** Statement → the waypoints of which it is so, sorted. */
  readonly boxes: ReadonlyMap<string, readonly UnstatedBox[]>;
}

/** The entries that drop such packets. They are those of the rule that ends last. */
export function dropUnstatedSources(
  rules: readonly DerivedRule[],
  topology: Topology,
  userIndex: UserIndex,
  context: LowerContext,
): DroppedSources {
  const entries: SteeredEntries[] = [];
  const refusals: RefusedSteering[] = [];
  const boxes = new Map<string, UnstatedBox[]>();
  for (const { box, lacked, rules: its } of boxesOfStatedSources(rules, topology)) {
    const rule = its[0]!;
    const first = its.map(({ statement }) => statement).toSorted(byText)[0]!;
    const all = [...(boxes.get(first) ?? []), { name: box.name, lacked }];
    boxes.set(first, all.toSorted(by((one) => one.name)));
    const put = (priority: number, effect: "allow" | "deny", sources: readonly Prefix[]): void => {
      const { drafts, refusal } = draft({ ...rule, cube: sentBy(box, sources) }, context, userIndex, box.at.switch, {
        tags: false,
      });
      if (refusal !== undefined) refusals.push({ rule, refusal });
      entries.push({ switchName: box.at.switch, rule, position: { stage: "Spoof", priority, effect }, drafts });
    };
    const isLacked = ({ address }: Prefix): boolean => lacked.includes(address.family);
    // What it sends while it has no address, and to find its neighbours, no router forwards.
    put(WITHOUT_ADDRESS_OF_BOX, "allow", NO_SOURCE.filter(isLacked));
    put(UNSTATED_OF_BOX, "deny", EVERY_SOURCE.filter(isLacked));
  }
  return { entries, refusals, boxes };
}

/** A waypoint that sends from stated addresses alone. */
interface StatedSources {
  readonly box: AttachedHost;
  /** The families of which no address of it is stated. */
  readonly lacked: readonly (4 | 6)[];
  /** The rules that it is a waypoint of, the one that ends last first. */
  readonly rules: readonly DerivedRule[];
}

/** The waypoints that send from stated addresses alone, and lack those of a family. `rules`: those that steer. */
export function boxesOfStatedSources(rules: readonly DerivedRule[], topology: Topology): readonly StatedSources[] {
  const waypoints = rules.filter(({ effect }) => effect === "waypoint");
  const sorted = waypoints.toSorted((a, b) => b.end - a.end || byText(a.statement, b.statement));
  const avoids = rules.filter(({ effect }) => effect === "avoid");
  const steering = new Set(rules.flatMap(({ nodes }) => nodes ?? []));
  const named = new Set(waypoints.flatMap(({ nodes }) => nodes ?? []));
  const boxes = [...named].flatMap((name) => (boxFault(topology, name) ? [] : (topology.hosts.get(name) ?? [])));
  return boxes.flatMap((box): readonly StatedSources[] => {
    // Other names of the machine may have addresses, too.
    const lacked = lackedBy([{ ...box, addresses: hostsAtPorts(topology, [box.at]).flatMap((one) => one.addresses) }]);
    if (lacked.length === 0) return [];
    const its = sorted.filter(({ nodes }) => nodes?.includes(box.name));
    // It gets floods of what avoids other nodes, too.
    const getsUnstated = [...its, ...avoids].some(({ cube }) => constraint(cube, "srcHost") === undefined);
    return boxes.length < 2 && !(getsUnstated && steering.size > 1) ? [] : [{ box, lacked, rules: its }];
  });
}

/**
 * Of flows that come back from boxes: the senders of which no fact states an address of a family in which the guard lets the boxes
 * send from stated addresses alone, and these boxes; undefined: there are none. `stated`: waypoints that it lets send so.
 */
export function unstatedSenders(
  flows: Cube,
  returns: readonly Returned[],
  topology: Topology,
  stated: ReturnType<typeof boxesOfStatedSources>,
): UnstatedSenders | undefined {
  if (constraint(flows, "srcHost") !== undefined) return undefined;
  const boxes = new Set<string>();
  const senders = new Map<string, readonly (4 | 6)[]>();
  for (const [, some] of Map.groupBy(returns, ({ at }) => portKey(at))) {
    const here = hostsAtPorts(topology, [some[0]!.at]);
    // Of a waypoint that sends from stated addresses alone the guard drops all others.
    const closed = stated.flatMap(({ box, lacked }) => (samePort(box.at, some[0]!.at) ? lacked : []));
    const open = lackedBy(here).filter((family) => !closed.includes(family));
    const checked = EVERY_SOURCE.filter(({ address }) => {
      const sent = narrow(flows, "srcHost", addressSet([{ address, length: 0 }])!);
      return !open.includes(address.family) && sent !== undefined && possible(sent);
    }).map(({ address }) => address.family);
    if (checked.length === 0) continue;
    for (const host of hostsAtPorts(
      topology,
      some.map(({ from }) => from),
    )) {
      const lacked = lackedBy([host]).filter((family) => checked.includes(family));
      if (lacked.length === 0 || host.macs.length + host.addresses.length === 0) continue;
      senders.set(
        host.name,
        [...new Set([...(senders.get(host.name) ?? []), ...lacked])].toSorted((a, b) => a - b),
      );
      for (const { name } of here) boxes.add(name);
    }
  }
  if (senders.size === 0) return undefined;
  return {
    boxes: [...boxes].toSorted(byText),
    senders: [...senders].map(([name, lacked]) => ({ name, lacked })).toSorted(by(({ name }) => name)),
  };
}

/** What comes in from a box with its MAC and these sources. */
const sentBy = ({ at, macs }: AttachedHost, sources: readonly Prefix[]): Cube => {
  const own = numberSet(
    "srcEth",
    macs.map((mac) => [mac, mac] as const),
  );
  return cubeOf({ inPort: numbers("inPort", at.port), srcHost: addressSet(sources)!, srcEth: own! });
};
