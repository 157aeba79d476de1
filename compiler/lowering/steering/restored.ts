/**
 * What a waypoint forwards as a router shows the MAC of the box and the address of its sender. It gets the MAC of its sender back
 * where it comes out of the box (NETWORK, "Restore"), and from there on is what a wire would give back: neither this switch nor a later one
 * takes it for the box's own. A sender whose MAC no fact states gets one that nobody has, since any but a bound one will do.
 * An address of several hosts, the box among them, shows of none whose it is: with the MAC of a box it is dropped there (N867).
 */
import type { DerivedRule } from "../../derived/rule.ts";
import { cube as cubeOf } from "../../flowgroup/cubes.ts";
import { addressSet, numbers, numberSet } from "../../flowgroup/sets.ts";
import { printIp, type Ip } from "../../net/address.ts";
import { byText } from "../../net/order.ts";
import {
  hostsAtPorts,
  portKey,
  restoredMacs,
  samePort,
  type AttachedHost,
  type Port,
  type Topology,
} from "../../paths/index.ts";
import { draft } from "../encode/draft.ts";
import type { UserIndex } from "../encode/user-index.ts";
import type { LowerContext } from "../pipeline/options.ts";
import type { Returned } from "./returning.ts";
import type { RefusedSteering, SharedAddress, SteeredEntries } from "./steered.ts";

/** The rules in force, the boxes of all of them, and where something comes back from these. */
interface LedThroughBoxes {
  readonly rules: readonly DerivedRule[];
  readonly boxes: readonly AttachedHost[];
  readonly returns: Iterable<Returned>;
}

/** The entries for all that may come back from these boxes. They are those of the rule with such a box that ends last. */
export function restoreMacs(
  { rules, boxes, returns }: LedThroughBoxes,
  topology: Topology,
  userIndex: UserIndex,
  context: LowerContext,
): { readonly entries: readonly SteeredEntries[]; readonly refusals: readonly RefusedSteering[] } {
  const entries: SteeredEntries[] = [];
  const refusals: RefusedSteering[] = [];
  const macOf = restoredMacs(topology);
  const owners = ownersOf(topology);
  for (const { at, here, senders } of boxesOf(boxes, returns, topology)) {
    const rule = lastOf(rules, new Set(here.map(({ name }) => name)));
    const srcEth = numberSet(
      "srcEth",
      here.flatMap(({ macs }) => macs.map((mac) => [mac, mac] as const)),
    );
    if (rule === undefined || srcEth === undefined) continue;
    const put = (addresses: readonly Ip[], effect: "restore" | "deny", number?: number): void => {
      const srcHost = addressSet(addresses);
      if (srcHost === undefined) return;
      const cube = cubeOf({ inPort: numbers("inPort", at.port), srcEth, srcHost });
      const { drafts, refusal } = draft({ ...rule, cube }, context, userIndex, at.switch, { tags: false });
      if (refusal !== undefined) refusals.push({ rule, refusal });
      entries.push({
        switchName: at.switch,
        rule,
        position: { stage: "Restore", priority: 1, effect, number },
        drafts,
      });
    };
    const own = new Set(here.map(({ name }) => name));
    for (const host of senders) {
      const several = host.addresses.filter((one) => areSeveral(owners.get(printIp(one))!));
      // A host without a stated MAC is led by no address that others have, too.
      const isLed = (one: Ip): boolean => host.macs.length > 0 || owners.get(printIp(one))!.length === 1;
      put(several.filter(isLed), "deny");
      const addresses = host.addresses.filter((one) => isLed(one) && !several.includes(one));
      if (!own.has(host.name)) put(addresses, "restore", macOf(host));
    }
  }
  return { entries, refusals };
}

/** Where something comes back, the boxes there, and the hosts that it is from. */
interface BoxSenders {
  readonly at: Port;
  readonly here: readonly AttachedHost[];
  readonly senders: readonly AttachedHost[];
}

function boxesOf(
  boxes: readonly AttachedHost[],
  returns: Iterable<Returned>,
  topology: Topology,
): readonly BoxSenders[] {
  return [...Map.groupBy(returns, ({ at }) => portKey(at)).values()].map((back) => {
    const { at } = back[0]!;
    return { at, here: boxes.filter((box) => samePort(box.at, at)), senders: hostsAtPorts(topology, distinct(back)) };
  });
}

/** Whether among these are several machines of which facts state the MACs. */
const areSeveral = (hosts: readonly AttachedHost[]): boolean => {
  const [first, ...others] = hosts.flatMap(({ macs }) => macs[0] ?? []);
  return others.some((mac) => mac !== first);
};

/** Address → the hosts that have it. */
function ownersOf({ hosts }: Pick<Topology, "hosts">): ReadonlyMap<string, readonly AttachedHost[]> {
  const owners = new Map<string, AttachedHost[]>();
  for (const host of hosts.values())
    for (const address of host.addresses) {
      const text = printIp(address);
      const known = owners.get(text);
      if (known === undefined) owners.set(text, [host]);
      else known.push(host);
    }
  return owners;
}

/** The addresses of senders that several hosts have, of which nothing tells whose packets a box forwarded as a router. */
export function sharedAddresses(
  { rules, boxes, returns }: LedThroughBoxes,
  topology: Topology,
): readonly SharedAddress[] {
  const owners = ownersOf(topology);
  const found = new Map<string, { readonly hosts: readonly AttachedHost[]; readonly boxes: Set<string> }>();
  for (const { here, senders } of boxesOf(boxes, returns, topology))
    for (const address of senders.flatMap((host) => host.addresses)) {
      const text = printIp(address);
      const hosts = owners.get(text)!;
      if (!areSeveral(hosts)) continue;
      const known = found.get(text) ?? { hosts, boxes: new Set() };
      found.set(text, known);
      for (const { name } of here) known.boxes.add(name);
    }
  return [...found].flatMap(([address, { hosts, boxes: all }]) => {
    const rule = lastOf(rules, all);
    const names = hosts.map(({ name }) => name).toSorted(byText);
    return rule ? [{ address, hosts: names, boxes: [...all].toSorted(byText), statement: rule.statement }] : [];
  });
}

const distinct = (back: readonly Returned[]): readonly Port[] => [
  ...new Map(back.map(({ from }) => [portKey(from), from])).values(),
];

/** The rule that leads to one of these boxes and ends last. */
function lastOf(rules: readonly DerivedRule[], boxes: ReadonlySet<string>): DerivedRule | undefined {
  let last: DerivedRule | undefined;
  for (const rule of rules) {
    if (rule.effect !== "waypoint" || !rule.nodes?.some((name) => boxes.has(name))) continue;
    const isLater =
      last === undefined || rule.end > last.end || (rule.end === last.end && rule.statement < last.statement);
    if (isLater) last = rule;
  }
  return last;
}
