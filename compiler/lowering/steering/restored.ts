/**
 * What a waypoint forwards as a router shows the MAC of the box and the address of its sender. It gets the MAC of its sender back
 * where it comes out of the box (NETWORK, "Restore"), and from there on is what a wire would give back: neither this switch nor a later one
 * takes it for the box's own. A sender whose MAC no fact states gets one that nobody has, since any but a bound one will do.
 */
import type { DerivedRule } from "../../derived/rule.ts";
import { cube as cubeOf } from "../../flowgroup/cubes.ts";
import { addressSet, numbers, numberSet } from "../../flowgroup/sets.ts";
import { printIp } from "../../net/address.ts";
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
import type { RefusedSteering, SteeredEntries } from "./steered.ts";

/** The entries for all that may come back from these boxes. They are those of the rule with such a box that ends last. */
export function restoreMacs(
  {
    rules,
    boxes,
    returns,
  }: {
    readonly rules: readonly DerivedRule[];
    readonly boxes: readonly AttachedHost[];
    readonly returns: Iterable<Returned>;
  },
  topology: Topology,
  userIndex: UserIndex,
  context: LowerContext,
): { readonly entries: readonly SteeredEntries[]; readonly refusals: readonly RefusedSteering[] } {
  const entries: SteeredEntries[] = [];
  const refusals: RefusedSteering[] = [];
  const macOf = restoredMacs(topology);
  for (const back of Map.groupBy(returns, ({ at }) => portKey(at)).values()) {
    const { at } = back[0]!;
    const here = boxes.filter((box) => samePort(box.at, at));
    const rule = lastOf(rules, new Set(here.map(({ name }) => name)));
    const srcEth = numberSet(
      "srcEth",
      here.flatMap(({ macs }) => macs.map((mac) => [mac, mac] as const)),
    );
    if (rule === undefined || srcEth === undefined) continue;
    const taken = new Set(hostsAtPorts(topology, [at]).flatMap(textsOf));
    for (const host of hostsAtPorts(topology, distinct(back))) {
      const addresses = host.addresses.filter((one) => !taken.has(printIp(one)));
      const srcHost = addressSet(addresses);
      if (srcHost === undefined) continue;
      // An address of several hosts at one port is taken for that of the first.
      for (const text of textsOf(host)) taken.add(text);
      const cube = cubeOf({ inPort: numbers("inPort", at.port), srcEth, srcHost });
      const { drafts, refusal } = draft({ ...rule, cube }, context, userIndex, at.switch, { tags: false });
      if (refusal !== undefined) refusals.push({ rule, refusal });
      const position = { stage: "Restore", priority: 1, effect: "restore", number: macOf(host) } as const;
      entries.push({ switchName: at.switch, rule, position, drafts });
    }
  }
  return { entries, refusals };
}

const textsOf = ({ addresses }: AttachedHost): readonly string[] => addresses.map((one) => printIp(one));

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
