/**
 * Drops what comes from the port of a waypoint and may be a broadcast of another host that it gives back (NETWORK, "Spoof"): it
 * would go to and fro between it and another waypoint. Nothing tells it from what the box sends itself where hosts there have no stated MAC and it
 * shows no stated address, and where facts state its MAC for a host at another port, too.
 */
import { byText } from "../../net/order.ts";
import { cube as cubeOf } from "../../flowgroup/cubes.ts";
import type { Cube } from "../../flowgroup/cube.ts";
import { addressSet, numbers } from "../../flowgroup/sets.ts";
import { portKey, type AttachedHost, type Topology } from "../../paths/index.ts";
import type { DerivedRule } from "../../derived/rule.ts";
import type { EntryPosition } from "../contributions/contribution.ts";
import { draft } from "../encode/draft.ts";
import { arpOf, narrow, NO_SOURCE } from "../encode/endpoints.ts";
import type { UserIndex } from "../encode/user-index.ts";
import type { LowerContext } from "../pipeline/options.ts";
import { MAC_OF_BOXES, UNSHOWN_OF_BARE, UNSHOWN_SOURCE_OF_BARE } from "../spoof/spoof-entries.ts";
import type { RefusedSteering, SteeredEntries } from "./steered.ts";

interface DroppedAtBoxes {
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
): DroppedAtBoxes {
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
    drop(UNSHOWN_SOURCE_OF_BARE, narrow(all, "srcHost", addressSet(NO_SOURCE)!)!);
    drop(UNSHOWN_SOURCE_OF_BARE, arpOf(all)!);
    drop(UNSHOWN_OF_BARE, all);
  }
  return { entries, refusals, boxes };
}

/** The same for its MACs that facts state for hosts at other ports, too. What a router forwards has got the MAC of its sender back. */
export function dropSharedMacs(
  rules: readonly DerivedRule[],
  { hosts }: Topology,
  userIndex: UserIndex,
  context: LowerContext,
): DroppedAtBoxes {
  const entries: SteeredEntries[] = [];
  const refusals: RefusedSteering[] = [];
  const boxes = new Map<string, readonly string[]>();
  for (const { host, mac, rule } of sharedMacs(rules, hosts)) {
    boxes.set(rule.statement, [...new Set([...(boxes.get(rule.statement) ?? []), host.name])].toSorted(byText));
    const cube = cubeOf({ inPort: numbers("inPort", host.at.port), srcEth: numbers("srcEth", mac) });
    const position: EntryPosition = { stage: "Spoof", priority: MAC_OF_BOXES, effect: "deny" };
    const { drafts, refusal } = draft({ ...rule, cube }, context, userIndex, host.at.switch, { tags: false });
    if (refusal !== undefined) refusals.push({ rule, refusal });
    entries.push({ switchName: host.at.switch, rule, position, drafts });
  }
  return { entries, refusals, boxes };
}

/** The MACs of waypoints that facts state for hosts at other ports, too, and the rule with that waypoint that ends last. */
function sharedMacs(rules: readonly DerivedRule[], hosts: Topology["hosts"]) {
  const named = waypointsOf(rules);
  const ofBoxes = [...hosts.values()].flatMap((host) => {
    const rule = named.get(host.name)?.[0];
    return rule === undefined ? [] : host.macs.map((mac) => ({ host, mac, rule }));
  });
  const asked = new Map(ofBoxes.map(({ mac }) => [mac, new Set<string>()]));
  for (const { macs, at } of hosts.values()) for (const mac of macs) asked.get(mac)?.add(portKey(at));
  return ofBoxes.filter(({ mac }) => asked.get(mac)!.size > 1);
}

/** The rules that name a waypoint, by its name, the one that ends last first. */
function waypointsOf(rules: readonly DerivedRule[]): ReadonlyMap<string, readonly DerivedRule[]> {
  const named = new Map<string, DerivedRule[]>();
  const waypoints = rules.filter(({ effect }) => effect === "waypoint");
  for (const rule of waypoints.toSorted((a, b) => b.end - a.end || byText(a.statement, b.statement)))
    for (const name of rule.nodes ?? []) named.set(name, [...(named.get(name) ?? []), rule]);
  return named;
}

/** A port with a waypoint and hosts without a stated MAC. */
interface BareBoxes {
  readonly at: AttachedHost["at"];
  /** The names of these hosts. */
  readonly bare: readonly string[];
  /** The rules that have a waypoint there, the one that ends last first. */
  readonly rules: readonly DerivedRule[];
}

function bareBoxes(rules: readonly DerivedRule[], { hosts }: Topology): readonly BareBoxes[] {
  const named = waypointsOf(rules);
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
