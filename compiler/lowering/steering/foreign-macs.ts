/**
 * Drops what hosts without a stated MAC send with the MAC of a host at another port, where waypoints are in force.
 * Switches would lead such a packet by its address and by its MAC, and perhaps round. A waypoint would take broadcasts
 * of other hosts for its own, and two such boxes would give them to each other for ever. What is led back from a
 * waypoint stands above these entries.
 */
import { byText } from "../../net/order.ts";
import { cube as cubeOf, withConstraint } from "../../flowgroup/cubes.ts";
import type { Cube } from "../../flowgroup/cube.ts";
import { addressSet, numberSet } from "../../flowgroup/sets.ts";
import { portKey, type AttachedHost, type Topology } from "../../paths/index.ts";
import type { DerivedRule } from "../../derived/rule.ts";
import { draft } from "../encode/draft.ts";
import type { UserIndex } from "../encode/user-index.ts";
import type { LowerContext } from "../pipeline/options.ts";
import { FOREIGN_MAC, FOREIGN_OWNER } from "../spoof/spoof-entries.ts";
import type { RefusedSteering, SteeredEntries } from "./steered.ts";

/** The entries that drop such packets, and what cannot be lowered. The rule that ends last owns them. */
export function dropForeignMacs(
  rules: readonly DerivedRule[],
  topology: Topology,
  userIndex: UserIndex,
  context: LowerContext,
): { readonly entries: readonly SteeredEntries[]; readonly refusals: readonly RefusedSteering[] } {
  const entries: SteeredEntries[] = [];
  const refusals: RefusedSteering[] = [];
  const waypoints = rules.filter(({ effect }) => effect === "waypoint");
  const [rule] = waypoints.toSorted((a, b) => b.end - a.end || byText(a.statement, b.statement));
  if (rule === undefined) return { entries, refusals };
  const boxes = new Set(waypoints.flatMap(({ nodes }) => nodes ?? []));
  const byPort = [...Map.groupBy(topology.hosts.values(), ({ at }) => portKey(at)).values()];
  const unstated = byPort.filter((some) => some.some(({ macs }) => macs.length === 0));
  const put = (switchName: string, priority: number, cube: Cube | undefined): void => {
    if (cube === undefined) return;
    const { drafts, refusal } = draft({ ...rule, cube }, context, userIndex, switchName, { tags: false });
    if (refusal !== undefined) refusals.push({ rule, refusal });
    entries.push({ switchName, rule, position: { stage: "Spoof", priority, effect: "deny" }, drafts });
  };
  for (const [switchName, ports] of Map.groupBy(unstated, ([one]) => one!.at.switch)) {
    const isBox = (some: readonly AttachedHost[]): boolean => some.some(({ name }) => boxes.has(name));
    put(switchName, FOREIGN_OWNER, foreign(topology, ports.filter((some) => !isBox(some)).flat()));
    for (const some of ports.filter(isBox)) {
      // What comes back by its MAC alone stands between both.
      const addresses = addressSet(some.flatMap((host) => host.addresses));
      const sent = foreign(topology, some);
      put(switchName, FOREIGN_MAC, sent);
      put(switchName, FOREIGN_OWNER, sent && addresses && withConstraint(sent, "srcHost", addresses));
    }
  }
  return { entries, refusals };
}

/** What comes in where these hosts of one switch stand, with the MAC of a host that stands elsewhere. */
function foreign({ hosts }: Topology, here: readonly AttachedHost[]): Cube | undefined {
  const ports = new Set(here.map(({ at }) => portKey(at)));
  const inPort = numberSet(
    "inPort",
    here.map(({ at }) => [at.port, at.port] as const),
  );
  const srcEth = numberSet(
    "srcEth",
    [...hosts.values()].flatMap(({ at, macs }) =>
      ports.has(portKey(at)) ? [] : macs.map((mac) => [mac, mac] as const),
    ),
  );
  return inPort && srcEth && cubeOf({ inPort, srcEth });
}
