/**
 * Statements that hold flows by one of several MACs of a host → where boxes that forward them as routers take them out of these, for
 * they come back with another of these MACs (`restored.ts`): for W853 and N854.
 */
import { byText } from "../../net/order.ts";
import type { Cube } from "../../flowgroup/cube.ts";
import { constraint, withConstraint } from "../../flowgroup/cubes.ts";
import { subset } from "../../flowgroup/index.ts";
import { addressSet, setHolds } from "../../flowgroup/sets.ts";
import { possible } from "../../flowgroup/universe.ts";
import type { DerivedRule } from "../../derived/rule.ts";
import type { Topology } from "../../paths/index.ts";
import { narrow } from "../encode/endpoints.ts";
import type { Region } from "./regions.ts";
import type { HeldByMac } from "./steered.ts";

/**
 * The statements of a region of which it is so, unless they hold these flows by the address as well. `rules`: all that steer.
 */
export function heldByMac(
  { cube }: Pick<Region, "cube">,
  leaders: readonly DerivedRule[],
  rules: readonly DerivedRule[],
  { hosts }: Topology,
): readonly HeldByMac[] {
  return leaders.flatMap((one): readonly HeldByMac[] => {
    const sources = constraint(one.cube, "srcEth");
    const others = leaders.filter(({ effect, statement }) => effect === "waypoint" && statement !== one.statement);
    const boxes = [...new Set(others.flatMap(({ nodes = [] }) => nodes.filter((name) => hosts.has(name))))];
    const left = (one.nodes ?? []).filter((name) =>
      one.effect === "avoid" ? !hosts.has(name) : !boxes.includes(name),
    );
    const passing = left.length > 0 ? boxes : [];
    // What another statement leads through the same box comes back by that one.
    const isOwn = (name: string): boolean => hosts.has(name) && !passing.includes(name);
    const own = one.effect === "waypoint" ? (one.nodes ?? []).filter(isOwn) : [];
    if (sources === undefined || passing.length + own.length === 0) return [];
    const open = withConstraint(cube, "srcEth", undefined);
    const all = rules.filter(({ statement }) => statement === one.statement).map((rule) => shownByAddress(rule.cube));
    const senders = [...hosts.values()].filter(({ macs, addresses }) => {
      const [restored] = macs;
      const isChanged = restored !== undefined && !setHolds(sources, restored);
      const stated = isChanged && macs.some((mac) => setHolds(sources, mac)) ? addressSet(addresses) : undefined;
      const sent = stated && narrow(open, "srcHost", stated);
      return sent && possible(sent) && subset({ cubes: [sent] }, { cubes: all }) !== true;
    });
    const names = senders.map(({ name }) => name).toSorted(byText);
    if (names.length === 0) return [];
    return [{ statement: one.statement, boxes: passing.toSorted(byText), own: own.toSorted(byText), hosts: names }];
  });
}

/** An address shows the family, so nothing else needs to. */
const shownByAddress = (cube: Cube): Cube =>
  constraint(cube, "srcHost") === undefined ? cube : withConstraint(cube, "ethType", undefined);
