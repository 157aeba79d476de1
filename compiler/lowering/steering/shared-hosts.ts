/**
 * Hosts of several users. A packet of theirs may be of each of them, and does not show of which; so statements about one
 * and about another both hold it, though no flow has two users (NETWORK, "Addresses, users, hosts"). What both hold is told
 * by the host: by its port and MAC where it sends, by its address or MAC where it gets. And ports of several hosts without
 * stated MACs, where nothing tells whose a frame without an address is.
 */
import type { Cube } from "../../flowgroup/cube.ts";
import { constraint, cube as cubeOf, intersectCubes, withConstraint } from "../../flowgroup/cubes.ts";
import { addressSet, nameSet, numbers, numberSet, setHolds } from "../../flowgroup/sets.ts";
import { possible } from "../../flowgroup/universe.ts";
import { withSenders } from "../../paths/end-ports.ts";
import { hostsAtPorts, portKey, type AttachedHost, type Port, type Topology } from "../../paths/index.ts";
import { byText } from "../../net/order.ts";
import type { DerivedRule } from "../../derived/rule.ts";
import type { EntryPosition } from "../contributions/contribution.ts";
import { draft, sharedPorts, SHOWS_ADDRESS, type Drafted } from "../encode/draft.ts";
import { narrow, sentTo } from "../encode/endpoints.ts";
import type { UserIndex } from "../encode/user-index.ts";
import type { LowerContext } from "../pipeline/options.ts";
import { SHOWN_OF_SHARED, UNSHOWN_OF_SHARED } from "../spoof/spoof-entries.ts";
import type { SteeredEntries } from "./steered.ts";

export interface SharedHost {
  readonly host: AttachedHost;
  readonly users: readonly string[];
}

/** The hosts of several users. */
export function sharedHosts({ hosts, userHosts }: Topology): readonly SharedHost[] {
  const byHost = Map.groupBy(userHosts, ({ host }) => host);
  return [...hosts.values()].flatMap((host) => {
    const users = (byHost.get(host.name) ?? []).map(({ user }) => user);
    return users.length > 1 ? [{ host, users }] : [];
  });
}

/** The packets that a cube holds as one user's and another holds as another's, host by host. */
export function ofSeveralUsers(a: Cube, b: Cube, shared: readonly SharedHost[]): readonly Cube[] {
  let found: readonly Cube[] = [];
  for (const side of shared.length === 0 ? [] : SIDES) {
    const [one, other] = [constraint(a, side), constraint(b, side)];
    if (one === undefined || other === undefined) continue;
    const some = shared.filter(({ users }) => {
      const [ofOne, ofOther] = [one, other].map((set) => users.filter((user) => setHolds(set, user)));
      return ofOne!.length > 0 && ofOther!.length > 0 && !ofOne!.some((user) => ofOther!.includes(user));
    });
    const [x, y] = [a, b].map((cube) => withConstraint(cube, side, undefined));
    const open = intersectCubes(x!, y!);
    const others = [...(open ? [open] : []), ...ofSeveralUsers(x!, y!, shared)];
    found = [...found, ...some.flatMap((each) => others.flatMap((cube) => ofHost(cube, side, each.host) ?? []))];
  }
  return found;
}

/** The fields that name users. */
export const SIDES = ["user", "dstUser"] as const;

/** The part of some flows that a host sends or gets. */
function ofHost(flows: Cube, side: (typeof SIDES)[number], host: AttachedHost): Cube | undefined {
  let part: Cube | undefined;
  if (side === "dstUser") part = toHost(flows, host);
  else {
    const at = intersectCubes(flows, withConstraint(EVERYTHING, "srcAP", nameSet([portKey(host.at)])!));
    const macs = numberSet(
      "srcEth",
      host.macs.map((mac) => [mac, mac] as const),
    );
    part = at && macs ? intersectCubes(at, withConstraint(EVERYTHING, "srcEth", macs)) : at;
  }
  return part && possible(part) ? part : undefined;
}

const EVERYTHING: Cube = { mask: 0, sets: [] };

/** Packets are for a user by an address, and by the MAC of a host without one. */
function toHost(flows: Cube, host: AttachedHost): Cube | undefined {
  const addresses = addressSet(host.addresses);
  if (addresses === undefined) return sentTo(flows, host);
  return intersectCubes(flows, withConstraint(EVERYTHING, "dstHost", addresses));
}

interface DroppedUnshown {
  readonly entries: readonly SteeredEntries[];
  /** Statement → hosts whose MACs would tell these frames apart, sorted. */
  readonly hosts: ReadonlyMap<string, readonly string[]>;
}

/**
 * The entries that drop frames of flows that a waypoint or an avoid of users holds, where several hosts without stated MACs
 * stand at a port and a frame has no field for an address: no entries could lead them all (SEMANTICS, "What the network takes
 * away").
 */
export function dropUnshownOfShared(
  rules: readonly DerivedRule[],
  userIndex: UserIndex,
  context: LowerContext,
): DroppedUnshown {
  const entries: SteeredEntries[] = [];
  const found = new Map<string, Set<string>>();
  for (const rule of rules)
    for (const switchName of context.directory.switches.keys())
      for (const { port, hosts } of sharedPorts(rule.cube, context, switchName)) {
        const inPort = numbers("inPort", port);
        const flows = narrow(rule.cube, "inPort", inPort);
        const drafted = (cube: Cube, shared?: "refused"): Drafted =>
          draft({ ...rule, cube }, context, userIndex, switchName, { tags: false, shared });
        if (flows === undefined || drafted(flows, "refused").refusal?.kind !== "sharedPort") continue;
        const put = (cube: Cube, priority: number, effect: "allow" | "deny"): void => {
          const position: EntryPosition = { stage: "Spoof", priority, effect };
          entries.push({ switchName, rule, position, drafts: drafted(cube).drafts });
        };
        put(cubeOf({ inPort, ethType: SHOWS_ADDRESS }), SHOWN_OF_SHARED, "allow");
        const shown = LINK.map((field) => [field, constraint(rule.cube, field)] as const);
        put(cubeOf({ ...Object.fromEntries(shown.filter(([, set]) => set)), inPort }), UNSHOWN_OF_SHARED, "deny");
        const known = found.get(rule.statement) ?? new Set();
        found.set(rule.statement, new Set([...known, ...hosts]));
      }
  return { entries, hosts: new Map([...found].map(([statement, some]) => [statement, [...some].toSorted(byText)])) };
}

/** The fields that a frame shows without an address. */
const LINK = ["srcEth", "dstEth", "vlan"] as const;

/**
 * The hosts at a port, as topologies, with those of some regions that lead what they send: of hosts of several users these are not
 * the same. Where they are, it is the whole topology.
 */
export function sendersAt<T extends { readonly region: { readonly cube: Cube } }>(
  topology: Topology,
  port: Port,
  regions: readonly T[],
): readonly (readonly [sources: Topology, led: readonly T[]])[] {
  const here = hostsAtPorts(topology, [port]);
  if (here.length < 2) return [[topology, regions]];
  const users = regions.map(({ region: { cube } }) => withSenders(topology, cube).hosts);
  const alike = [...Map.groupBy(here, ({ name }) => users.map((hosts) => hosts.has(name)).join()).values()];
  return alike.map((some) => {
    const sources =
      alike.length === 1 ? topology : { ...topology, hosts: new Map(some.map((host) => [host.name, host] as const)) };
    return [sources, regions.filter((_, i) => users[i]!.has(some[0]!.name))];
  });
}
