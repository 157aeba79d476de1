/**
 * Rules that name users → rules of the packets that these users send (NETWORK, "Addresses, users, hosts"). Two policies
 * that place their users at different hosts are compared by packets: Bob's flows from his old desk and from his new one
 * are different packets, although both are flows of `bob`.
 */
import { constraint, constraintsOf, cube, withConstraint } from "../flowgroup/cubes.ts";
import { flowsInBoth } from "../flowgroup/universe.ts";
import type { Directory } from "../model/model.ts";
import type { DerivedRule } from "../derived/rule.ts";
import { seenBy } from "../lowering/encode/directory-sets.ts";
import { UserIndex } from "../lowering/encode/user-index.ts";
import { RESTRICTIONS } from "../lowering/encode/fragments.ts";

/** Whether two directories have the same switches and links, and the same hosts and users at the same places. */
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

/**
 * The rules by the packets that one switch sees; `switchName` undefined: the only switch. Constraints on the switch and
 * the access point stay, and a rule whose users cannot be turned into packets stays as it is.
 */
export function packetRules(
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
    const { cubes, refusal } = seenBy(bare, users, ANY_TARGET, switchName, {
      could: RESTRICTIONS.has(rule.effect),
    });
    if (refusal !== undefined) return [rule];
    return cubes.flatMap((one) => {
      const both = flowsInBoth(one, kept);
      return both === undefined ? [] : [{ ...rule, cube: both }];
    });
  });
}

/** A target that lacks nothing, so that no rule is refused for its target. */
const ANY_TARGET = { name: "ovs", conntrack: true } as const;
