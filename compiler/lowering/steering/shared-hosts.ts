/**
 * Hosts of several users. A packet of theirs may be of each of them, and does not show of which; so statements about one
 * and about another both hold it, though no flow has two users (NETWORK, "Addresses, users, hosts"). What both hold is told
 * by the host: by its port and MAC where it sends, by its address or MAC where it gets.
 */
import type { Cube } from "../../flowgroup/cube.ts";
import { constraint, intersectCubes, withConstraint } from "../../flowgroup/cubes.ts";
import { addressSet, nameSet, numberSet, setHolds } from "../../flowgroup/sets.ts";
import { possible } from "../../flowgroup/universe.ts";
import { portKey, type AttachedHost, type Topology } from "../../paths/index.ts";
import { sentTo } from "../encode/endpoints.ts";

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
