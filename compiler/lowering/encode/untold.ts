/**
 * Flows and a host without a stated MAC → whether some of them may be for it and show no switch that they are. By its
 * addresses it is known: by IP to one, and by ARP that asks for one (NETWORK, "Forward"). And the flows of rules to ports.
 */
import type { DerivedRule } from "../../derived/rule.ts";
import type { Cube } from "../../flowgroup/cube.ts";
import { constraint, withConstraint } from "../../flowgroup/cubes.ts";
import { IPV4, IPV6 } from "../../flowgroup/prerequisites.ts";
import { addressSet, nameSet, numberSet, present, setDifference, setHolds } from "../../flowgroup/sets.ts";
import { possible } from "../../flowgroup/universe.ts";
import type { Host } from "../../model/model.ts";
import { byText } from "../../net/order.ts";
import { portKey, type AttachedHost, type Topology } from "../../paths/index.ts";
import { arpOf, EVERY_SOURCE, isToAddresses, lackedBy, narrow } from "./endpoints.ts";

const KNOWN_TYPES = numberSet("ethType", [
  [IPV4, IPV4],
  [0x0806, 0x0806],
  [IPV6, IPV6],
])!;

/** Rules that hold something, and what others would hold. */
export interface KnownEnds {
  readonly rules: readonly DerivedRule[];
  /** Statements → the ports that they name as those where flows leave and where no host is known. */
  readonly nobody: ReadonlyMap<string, readonly string[]>;
}

/**
 * Rules → what they hold. A frame shows whom it is for, and not where it leaves: so by a port where no host is known, which may
 * be that of a link, they hold nothing.
 */
export function toKnownEnds(rules: readonly DerivedRule[], { hosts }: Topology): KnownEnds {
  const known = new Set([...hosts.values()].map(({ at }) => portKey(at)));
  const nobody = new Map<string, readonly string[]>();
  const held = rules.flatMap((rule): readonly DerivedRule[] => {
    const goesTo = constraint(rule.cube, "dstAP");
    if (goesTo?.kind !== "name" || goesTo.not || goesTo.names.every((name) => known.has(name))) return [rule];
    const none = goesTo.names.filter((name) => !known.has(name));
    nobody.set(rule.statement, [...new Set([...(nobody.get(rule.statement) ?? []), ...none])].sort(byText));
    const names = nameSet(goesTo.names.filter((name) => known.has(name)));
    return names === undefined ? [] : [{ ...rule, cube: withConstraint(rule.cube, "dstAP", names) }];
  });
  return { rules: held, nobody };
}

/** The names of those hosts of which it is so. IP to others, which one would forward as a router, is for it, too. */
export const untoldAmong = (flows: Cube, hosts: readonly AttachedHost[], topology: Topology): ReadonlySet<string> =>
  new Set(
    hosts.flatMap((host) => {
      const goesTo = constraint(flows, "dstAP");
      const isMeant = goesTo === undefined || setHolds(goesTo, portKey(host.at));
      return isMeant && isUntold(flows, topology, host) ? [host.name] : [];
    }),
  );

function isUntold(flows: Cube, topology: Topology, host: Host): boolean {
  if (host.macs.length > 0 || isToAddresses(flows, topology)) return false;
  const cube = beyondMacs(flows, topology);
  if (cube === undefined) return false;
  const type = setDifference(constraint(cube, "ethType") ?? present("ethType"), KNOWN_TYPES);
  if (type !== undefined && possible(withConstraint(cube, "ethType", type))) return true;
  if (lackedBy([host]).includes(4) && arpOf(cube) !== undefined) return true;
  const [all, own] = [addressSet(EVERY_SOURCE), addressSet(host.addresses)];
  const others = all && own ? setDifference(all, own) : all;
  const packets = others && narrow(cube, "dstHost", others);
  return packets !== undefined && possible(packets);
}

/** The part of some flows to no MAC that facts state for a host at a port. */
function beyondMacs(flows: Cube, { hosts }: Topology): Cube | undefined {
  const had = constraint(flows, "dstEth");
  const macs = [...hosts.values()].flatMap((host) => host.macs);
  const stated = numberSet(
    "dstEth",
    macs.map((mac) => [mac, mac] as const),
  );
  if (had === undefined || stated === undefined) return flows;
  const left = setDifference(had, stated);
  return left && withConstraint(flows, "dstEth", left);
}
