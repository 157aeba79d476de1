/**
 * Rules with users → rules of packets, where two policies have their people at other places: what is of Bob at his old desk
 * and at his new one are other packets under one name (NETWORK, "Addresses, users, hosts").
 */
import { constraint, constraintsOf, cube, withConstraint } from "../flowgroup/cubes.ts";
import { flowsInBoth } from "../flowgroup/universe.ts";
import type { Directory } from "../model/model.ts";
import type { DerivedRule } from "../derived/rule.ts";
import { UserIndex, seenBy } from "../lowering/encode/directory-sets.ts";

/** Whether two directories have the same hosts with the same users at the same places. */
export function samePlaces(a: Directory, b: Directory): boolean {
  return a === b || placesKey(a) === placesKey(b);
}

function placesKey({ hosts, userHosts, links, switches }: Directory): string {
  const ofHosts = [...hosts.values()].map(({ name, addresses, macs, at }) =>
    [name, at?.switch, at?.port, ...addresses.map(({ family, value }) => `${family}:${value}`), "", ...macs].join(),
  );
  const ofUsers = userHosts.map(({ user, host }) => `${user} ${host}`);
  const ofLinks = links.map(({ from, fromPort, to, toPort }) => `${from}:${fromPort} ${to}:${toPort}`);
  return [ofHosts, ofUsers, ofLinks, [...switches.keys()]].map((list) => list.sort().join("\n")).join("\n\n");
}

/** The rules as one switch (undefined: the only one) sees their packets; their other constraints stay. */
export function placed(
  rules: readonly DerivedRule[],
  directory: Directory,
  switchName: string | undefined,
): readonly DerivedRule[] {
  const users = new UserIndex(directory);
  return rules.flatMap((rule) => {
    if (constraint(rule.cube, "user") === undefined && constraint(rule.cube, "dstUser") === undefined) return [rule];
    const { switch: at, srcAP } = constraintsOf(rule.cube);
    const kept = cube({ ...(at && { switch: at }), ...(srcAP && { srcAP }) });
    const bare = withConstraint(withConstraint(rule.cube, "switch", undefined), "srcAP", undefined);
    const { cubes, refusal } = seenBy(bare, users, ANY_TARGET, switchName);
    if (refusal !== undefined) return [rule];
    return cubes.flatMap((one) => {
      const both = flowsInBoth(one, kept);
      return both === undefined ? [] : [{ ...rule, cube: both }];
    });
  });
}

/** Nothing is refused here for what a target lacks. */
const ANY_TARGET = { name: "ovs", conntrack: true } as const;
