/**
 * Drops what comes from a waypoint without a stated MAC and shows no stated address, where there is another such waypoint
 * (NETWORK, "Spoof"). Nothing tells what such a box sends itself from what it gives back of others, so a broadcast would
 * go to and fro between two of them. What is led to it has entries above these.
 */
import { byText } from "../../net/order.ts";
import { constraint, cube as cubeOf } from "../../flowgroup/cubes.ts";
import type { Cube } from "../../flowgroup/cube.ts";
import { possible } from "../../flowgroup/universe.ts";
import { addressSet, numbers } from "../../flowgroup/sets.ts";
import {
  namedSources,
  portKey,
  samePort,
  type AttachedHost,
  type IngressEgress,
  type Port,
  type SteeredHops,
  type Topology,
} from "../../paths/index.ts";
import type { DerivedRule } from "../../derived/rule.ts";
import type { EntryPosition } from "../contributions/contribution.ts";
import { draft } from "../encode/draft.ts";
import { arpOf, narrow, NO_SOURCE } from "../encode/endpoints.ts";
import type { UserIndex } from "../encode/user-index.ts";
import type { LowerContext } from "../pipeline/options.ts";
import { UNSHOWN_OF_BARE, UNSHOWN_SOURCE_OF_BARE } from "../spoof/spoof-entries.ts";
import { namesIngress } from "./returning.ts";
import { sentToPort, withUnstatedMac, type SentPart } from "./senders.ts";
import type { RefusedSteering, SteeredEntries } from "./steered.ts";

interface DroppedUnshown {
  readonly entries: readonly SteeredEntries[];
  readonly refusals: readonly RefusedSteering[];
  /** Statement → its waypoints of which it is so, sorted. */
  readonly boxes: ReadonlyMap<string, readonly string[]>;
}

/** The entries that drop such packets. They are those of the rule that ends last. `rules`: those that steer. */
export function dropUnshown(
  rules: readonly DerivedRule[],
  topology: Topology,
  userIndex: UserIndex,
  context: LowerContext,
): DroppedUnshown {
  const entries: SteeredEntries[] = [];
  const refusals: RefusedSteering[] = [];
  const boxes = new Map<string, readonly string[]>();
  for (const { at, bare, rules: its } of bareBoxes(rules, topology)) {
    const rule = its[0]!;
    const first = its.map(({ statement }) => statement).toSorted(byText)[0]!;
    boxes.set(first, [...(boxes.get(first) ?? []), ...bare].toSorted(byText));
    const drop = (priority: number, cube: Cube): void => {
      const position: EntryPosition = { stage: "Spoof", priority, effect: "deny" };
      const { drafts, refusal } = draft({ ...rule, cube }, context, userIndex, at.switch, { tags: false });
      if (refusal !== undefined) refusals.push({ rule, refusal });
      entries.push({ switchName: at.switch, rule, position, drafts });
    };
    const all = cubeOf({ inPort: numbers("inPort", at.port) });
    for (const { flows, priority } of unshownOf(all)) drop(priority, flows);
  }
  return { entries, refusals, boxes };
}

/**
 * What a box without a stated MAC sends of some flows and shows no stated address, with the priorities in Spoof at which
 * it is dropped. ARP from its own address stands above, as packets do.
 */
export function unshownOf(flows: Cube): readonly { readonly flows: Cube; readonly priority: number }[] {
  const parts: readonly (readonly [Cube | undefined, number])[] = [
    [narrow(flows, "srcHost", addressSet(NO_SOURCE)!), UNSHOWN_SOURCE_OF_BARE],
    [arpOf(flows), UNSHOWN_SOURCE_OF_BARE],
    [flows, UNSHOWN_OF_BARE],
  ];
  return parts.flatMap(([part, priority]) => (part && possible(part) ? [{ flows: part, priority }] : []));
}

/**
 * The ports whose flows come to a switch, or come back from a box without a stated MAC, where the port no more tells whose
 * they are. Those that avoid switches have to be told behind the last box, too.
 */
export const toldLater = (
  topology: Topology,
  hops: SteeredHops["hops"],
  { boxPorts, avoidsSwitches }: { readonly boxPorts: ReadonlySet<string>; readonly avoidsSwitches: boolean },
): ReadonlySet<string> => {
  const found = new Set<string>();
  for (const { hop, from } of hops) {
    const isBareBox = (port: number): boolean => {
      const at = { switch: hop.switch, port };
      return boxPorts.has(portKey(at)) && !samePort(at, from) && withUnstatedMac(topology, at).length > 0;
    };
    if (hop.switch !== from.switch || isBareBox(hop.in) || (avoidsSwitches && isBareBox(hop.out)))
      found.add(portKey(from));
  }
  return found;
};

/** The ports of boxes without a stated MAC. They give back a flood as if it were their own, and nothing tells what that avoids. */
export const bareBoxAt = ({ hosts }: Topology, boxPorts: ReadonlySet<string>): readonly Port[] =>
  [...hosts.values()].flatMap(({ macs, at }) => (macs.length === 0 && boxPorts.has(portKey(at)) ? [at] : []));

/** The boxes among the ports where a cube says that its flows come in. */
export const bareSources = (cube: Cube, topology: Topology, boxPorts: ReadonlySet<string>): readonly IngressEgress[] =>
  namesIngress(cube) || constraint(cube, "user") !== undefined
    ? (namedSources(topology, cube)?.known ?? []).flatMap((from) => (boxPorts.has(portKey(from)) ? [{ from }] : []))
    : [];

/** A port of boxes without a stated MAC, and what they send of some flows. */
export interface UnshownAt {
  readonly at: Port;
  /** The names of the hosts there without a stated MAC. */
  readonly bare: readonly string[];
  readonly parts: readonly SentPart[];
}

/**
 * What boxes without a stated MAC send of some flows, where these have a path from there, or none. What shows no stated
 * address would pass by the nodes that are left: nothing tells it from what a box gives back of hosts that no fact states.
 */
export function unshownAt(
  topology: Topology,
  bounds: readonly IngressEgress[],
  boxPorts: ReadonlySet<string>,
  flows: readonly SentPart[],
): readonly UnshownAt[] {
  const led = Map.groupBy(bounds, ({ from }) => portKey(from));
  return [...led].flatMap(([key, some]): readonly UnshownAt[] => {
    const at = some[0]!.from;
    const bare = boxPorts.has(key) ? withUnstatedMac(topology, at) : [];
    if (bare.length === 0) return [];
    const ends = new Map(some.map(({ to }) => [to && portKey(to), to]));
    const to = ends.has(undefined) ? [undefined] : [...ends.values()];
    return [
      {
        at,
        bare,
        parts: flows.flatMap((one) => to.flatMap((end) => narrowed(one, sentToPort(one.flows, topology, end)))),
      },
    ];
  });
}

/** What is left of ARP for some addresses is for these. */
const narrowed = ({ asked }: SentPart, parts: readonly SentPart[]): readonly SentPart[] =>
  asked === undefined ? parts : parts.map((one) => ({ ...one, asked }));

/** A port with a waypoint and hosts without a stated MAC. */
interface BareBoxes {
  readonly at: AttachedHost["at"];
  /** The names of these hosts. */
  readonly bare: readonly string[];
  /** The rules that have a waypoint there, the one that ends last first. */
  readonly rules: readonly DerivedRule[];
}

function bareBoxes(rules: readonly DerivedRule[], { hosts }: Topology): readonly BareBoxes[] {
  const waypoints = rules.filter(({ effect }) => effect === "waypoint");
  const named = new Map<string, DerivedRule[]>();
  for (const rule of waypoints.toSorted((a, b) => b.end - a.end || byText(a.statement, b.statement)))
    for (const name of rule.nodes ?? []) {
      const known = named.get(name);
      if (known === undefined) named.set(name, [rule]);
      else known.push(rule);
    }
  const byPort = Map.groupBy(hosts.values(), ({ at }) => portKey(at));
  const found = [...byPort.values()].flatMap((here): readonly BareBoxes[] => {
    const its = here.flatMap(({ name }) => named.get(name) ?? []);
    const bare = here.flatMap(({ name, macs }) => (macs.length === 0 ? [name] : []));
    if (its.length === 0 || bare.length === 0) return [];
    return [
      { at: here[0]!.at, bare, rules: its.toSorted((a, b) => b.end - a.end || byText(a.statement, b.statement)) },
    ];
  });
  return found.length > 1 ? found : [];
}
