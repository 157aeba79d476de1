/**
 * Drops what comes from the port of a waypoint and may be a broadcast of another host that it gives back (NETWORK, "Spoof"): it
 * would go to and fro between it and another waypoint. Nothing tells it from what the box sends itself where hosts there have no
 * stated MAC and it shows no stated address, and where facts state its MAC or its address for a host at another port, too.
 */
import { byText } from "../../net/order.ts";
import { cube as cubeOf } from "../../flowgroup/cubes.ts";
import type { Cube } from "../../flowgroup/cube.ts";
import { addressSet, numbers, numberSet } from "../../flowgroup/sets.ts";
import { portKey, samePort, type AttachedHost, type Port, type Topology } from "../../paths/index.ts";
import type { DerivedRule } from "../../derived/rule.ts";
import type { EntryPosition } from "../contributions/contribution.ts";
import { draft } from "../encode/draft.ts";
import { arpOf, narrow, NO_SOURCE } from "../encode/endpoints.ts";
import type { UserIndex } from "../encode/user-index.ts";
import type { Ip } from "../../net/address.ts";
import type { LowerContext } from "../pipeline/options.ts";
import { SHARED_OF_BOXES, UNSHOWN_OF_BARE, UNSHOWN_SOURCE_OF_BARE } from "../spoof/spoof-entries.ts";
import { addressKey } from "../encode/whereabouts.ts";
import { tellingHosts, type SharedMark, type TellingHosts } from "../encode/telling-hosts.ts";
import type { RefusedSteering, SteeredEntries } from "./steered.ts";

interface DroppedAtBoxes {
  readonly entries: readonly SteeredEntries[];
  readonly refusals: readonly RefusedSteering[];
  /** Statement → its waypoints with hosts without a stated MAC at their ports: these hosts, sorted. */
  readonly bare: ReadonlyMap<string, readonly string[]>;
  /** Statement → the hosts at ports of its waypoints with a MAC or an address that hosts at other ports have, too, sorted. */
  readonly sharing: ReadonlyMap<string, readonly string[]>;
}

/** The entries that drop such packets. They are those of the rule that ends last. `rules`: those that steer. */
export function dropUnshown(
  rules: readonly DerivedRule[],
  network: Topology,
  userIndex: UserIndex,
  context: LowerContext,
): DroppedAtBoxes {
  const entries: SteeredEntries[] = [];
  const refusals: RefusedSteering[] = [];
  const [bare, sharing] = [new Map<string, readonly string[]>(), new Map<string, readonly string[]>()];
  const drop = ({ at, rules: [rule] }: BoxPort, priority: number, cube: Cube): void => {
    const position: EntryPosition = { stage: "Spoof", priority, effect: "deny" };
    const { drafts, refusal } = draft({ ...rule!, cube }, context, userIndex, at.switch, { tags: false });
    if (refusal !== undefined) refusals.push({ rule: rule!, refusal });
    entries.push({ switchName: at.switch, rule: rule!, position, drafts });
  };
  for (const one of boxPorts(rules, network)) {
    const { macs, addresses } = sharedAt(one, network);
    const srcEth = numberSet(
      "srcEth",
      macs.map(({ value }) => [value, value] as const),
    );
    const srcHost = addressSet(addresses.map(({ value }) => value));
    const has = new Set([...macs, ...addresses].flatMap(({ hosts }) => hosts.map(({ name }) => name)));
    // Beside a waypoint that can be none for that others lose it, too.
    const names = one.here.flatMap(({ name }) => (has.has(name) ? [name] : []));
    for (const { statement } of names.length > 0 ? one.rules : []) addNames(sharing, statement, names);
    const inPort = numbers("inPort", one.at.port);
    if (srcEth !== undefined) drop(one, SHARED_OF_BOXES, cubeOf({ inPort, srcEth }));
    if (srcHost !== undefined) drop(one, SHARED_OF_BOXES, cubeOf({ inPort, srcHost }));
  }
  const bareOf = ({ here }: BoxPort): readonly string[] =>
    here.flatMap(({ name, macs }) => (macs.length === 0 ? [name] : []));
  const found = boxPorts(rules, tellingHosts(network, rules).topology).filter((one) => bareOf(one).length > 0);
  for (const one of found.length > 1 ? found : []) {
    const first = one.rules.map(({ statement }) => statement).toSorted(byText)[0]!;
    addNames(bare, first, bareOf(one));
    const all = cubeOf({ inPort: numbers("inPort", one.at.port) });
    drop(one, UNSHOWN_SOURCE_OF_BARE, narrow(all, "srcHost", addressSet(NO_SOURCE)!)!);
    drop(one, UNSHOWN_SOURCE_OF_BARE, arpOf(all)!);
    drop(one, UNSHOWN_OF_BARE, all);
  }
  return { entries, refusals, bare, sharing };
}

function addNames(map: Map<string, readonly string[]>, statement: string, names: readonly string[]): void {
  map.set(statement, [...new Set([...(map.get(statement) ?? []), ...names])].toSorted(byText));
}

/** A port where a waypoint stands. */
interface BoxPort {
  readonly at: AttachedHost["at"];
  readonly here: readonly AttachedHost[];
  /** The rules that have a waypoint there, the one that ends last first. */
  readonly rules: readonly DerivedRule[];
}

/** The MACs and addresses of hosts there that hosts at other ports have, too. */
function sharedAt({ at }: BoxPort, network: Topology): Pick<TellingHosts, "macs" | "addresses"> {
  const { macs, addresses } = tellingHosts(network);
  const isHere = ({ hosts }: SharedMark): boolean => hosts.some((host) => samePort(host.at, at));
  return { macs: macs.filter(isHere), addresses: addresses.filter(isHere) };
}

/** The MAC or address of several hosts that a packet shows and no waypoint at this port may send with; undefined: it shows none. */
export function sharedOfBox(
  rules: readonly DerivedRule[],
  network: Topology,
  from: Port,
  { mac, ip }: { readonly mac: number; readonly ip: Ip | undefined },
): SharedMark | undefined {
  for (const one of boxPorts(rules, network).filter(({ at }) => samePort(at, from))) {
    const { macs, addresses } = sharedAt(one, network);
    const isIts = ({ value }: SharedMark<Ip>): boolean => ip !== undefined && addressKey(value) === addressKey(ip);
    const found = macs.find(({ value }) => value === mac) ?? addresses.find(isIts);
    if (found !== undefined) return found;
  }
  return undefined;
}

function boxPorts(rules: readonly DerivedRule[], { hosts }: Topology): readonly BoxPort[] {
  const named = new Map<string, DerivedRule[]>();
  for (const rule of rules)
    for (const name of (rule.effect === "waypoint" && rule.nodes) || []) {
      const known = named.get(name);
      if (known === undefined) named.set(name, [rule]);
      else known.push(rule);
    }
  const byPort = Map.groupBy(hosts.values(), ({ at }) => portKey(at));
  return [...byPort.values()].flatMap((here): readonly BoxPort[] => {
    const its = here.flatMap(({ name }) => named.get(name) ?? []);
    const sorted = its.toSorted((a, b) => b.end - a.end || byText(a.statement, b.statement));
    return its.length === 0 ? [] : [{ at: here[0]!.at, here, rules: sorted }];
  });
}
