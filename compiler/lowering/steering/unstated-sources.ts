/**
 * Drops what a waypoint sends with its own MAC from an address that no fact states for it (NETWORK, "Spoof"). A box that
 * forwards as a router gives back packets of others so. Of these no switch could tell whose they are, and what is left
 * of their path: they would pass later nodes by, cross what they avoid, or go to and fro between two boxes. Nothing is
 * dropped of the only box, where it gets what comes from stated addresses alone or no other node steers. A box without a
 * stated MAC sends with any that is not bound; what comes back with another's stands above these entries.
 */
import type { Prefix } from "../../net/address.ts";
import { by, byText } from "../../net/order.ts";
import { constraint, cube as cubeOf } from "../../flowgroup/cubes.ts";
import type { Cube } from "../../flowgroup/cube.ts";
import { addressSet, numbers, numberSet } from "../../flowgroup/sets.ts";
import { portKey, samePort, type AttachedHost, type Topology } from "../../paths/index.ts";
import type { DerivedRule } from "../../derived/rule.ts";
import { draft } from "../encode/draft.ts";
import { EVERY_SOURCE, lackedBy, NO_SOURCE } from "../encode/endpoints.ts";
import type { UserIndex } from "../encode/user-index.ts";
import type { LowerContext } from "../pipeline/options.ts";
import {
  UNSTATED_OF_BARE,
  UNSTATED_OF_BOX,
  WITHOUT_ADDRESS_OF_BARE,
  WITHOUT_ADDRESS_OF_BOX,
} from "../spoof/spoof-entries.ts";
import type { RefusedSteering, SteeredEntries, UnstatedBox } from "./steered.ts";

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
    const [withoutAddress, unstated] = isBare(box)
      ? [WITHOUT_ADDRESS_OF_BARE, UNSTATED_OF_BARE]
      : [WITHOUT_ADDRESS_OF_BOX, UNSTATED_OF_BOX];
    // What it sends while it has no address, and to find its neighbours, no router forwards.
    put(withoutAddress, "allow", NO_SOURCE.filter(isLacked));
    put(unstated, "deny", EVERY_SOURCE.filter(isLacked));
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
  const boxes = [...named].flatMap((name) => topology.hosts.get(name) ?? []);
  // Of several at ports of hosts without a stated MAC all is dropped that shows no stated address (`bare-boxes.ts`).
  const bare = new Set(boxes.filter((box) => bareAt(topology, box).length > 0).map(({ at }) => portKey(at)));
  return boxes.flatMap((box): readonly StatedSources[] => {
    const lacked = unstatedFamilies(topology, box, bare.size);
    if (lacked.length === 0) return [];
    const its = sorted.filter(({ nodes }) => nodes?.includes(box.name));
    // It gets floods of what avoids other nodes, too.
    const getsUnstated = [...its, ...avoids].some(({ cube }) => constraint(cube, "srcHost") === undefined);
    return boxes.length < 2 && !(getsUnstated && steering.size > 1) ? [] : [{ box, lacked, rules: its }];
  });
}

/** The families of which a waypoint sends with no stated address. `bare`: how many ports of them have hosts without MACs. */
function unstatedFamilies(topology: Topology, box: AttachedHost, bare: number): readonly (4 | 6)[] {
  if (!isBare(box)) return lackedBy([{ ...box, addresses: ofMachine(topology, box) }]);
  // A port with such hosts shows the addresses of all of them alike.
  return bare > 1 ? [] : lackedBy([{ ...box, addresses: bareAt(topology, box).flatMap(({ addresses }) => addresses) }]);
}

const isBare = ({ macs }: AttachedHost): boolean => macs.length === 0;

/** The hosts without a stated MAC at the port of a box, the box among them if it is one. */
const bareAt = ({ hosts }: Topology, { at }: AttachedHost): readonly AttachedHost[] =>
  [...hosts.values()].filter((host) => isBare(host) && samePort(host.at, at));

/** The addresses of a box, and of the hosts at its port that share a MAC with it: names of one machine. */
const ofMachine = ({ hosts }: Topology, { at, macs }: AttachedHost): AttachedHost["addresses"] =>
  [...hosts.values()]
    .filter((host) => samePort(host.at, at) && host.macs.some((mac) => macs.includes(mac)))
    .flatMap(({ addresses }) => addresses);

/** What comes in from a box with its MAC, or with any if it is not known, and these sources. */
const sentBy = ({ at, macs }: AttachedHost, sources: readonly Prefix[]): Cube => {
  const own = numberSet(
    "srcEth",
    macs.map((mac) => [mac, mac] as const),
  );
  const sent = { inPort: numbers("inPort", at.port), srcHost: addressSet(sources)! };
  return cubeOf(own === undefined ? sent : { ...sent, srcEth: own });
};
