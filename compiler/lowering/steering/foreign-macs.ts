/**
 * Drops what a waypoint without a stated MAC gives back with the MAC of a host at another port, where it is not led.
 * The box might take broadcasts of that host for its own, and two such boxes would give them to each other for ever.
 * The entries stand in the Spoof table below those of flows that come back, and above what hosts send before they have
 * an address.
 */
import { cube as cubeOf } from "../../flowgroup/cubes.ts";
import { numbers, numberSet } from "../../flowgroup/sets.ts";
import { samePort, type Topology } from "../../paths/index.ts";
import type { DerivedRule } from "../../derived/rule.ts";
import { draft } from "../encode/draft.ts";
import type { UserIndex } from "../encode/user-index.ts";
import type { LowerContext } from "../pipeline/options.ts";
import { FOREIGN_MAC } from "../spoof/spoof-entries.ts";
import type { RefusedSteering, SteeredEntries } from "./steered.ts";

/** The entries that drop such frames of the waypoints of a rule, and what cannot be lowered. */
export function dropForeignMacs(
  rule: DerivedRule,
  { hosts }: Topology,
  userIndex: UserIndex,
  context: LowerContext,
): { readonly entries: readonly SteeredEntries[]; readonly refusals: readonly RefusedSteering[] } {
  const entries: SteeredEntries[] = [];
  const refusals: RefusedSteering[] = [];
  for (const node of rule.effect === "waypoint" ? (rule.nodes ?? []) : []) {
    const box = hosts.get(node);
    if (box === undefined || box.macs.length > 0) continue;
    const elsewhere = [...hosts.values()].filter(({ at }) => !samePort(at, box.at));
    const foreign = numberSet(
      "srcEth",
      elsewhere.flatMap(({ macs }) => macs.map((mac) => [mac, mac] as const)),
    );
    if (foreign === undefined) continue;
    const cube = cubeOf({ inPort: numbers("inPort", box.at.port), srcEth: foreign });
    const { drafts, refusal } = draft({ ...rule, cube }, context, userIndex, box.at.switch, { tags: false });
    if (refusal !== undefined) refusals.push({ rule, refusal });
    const position = { stage: "Spoof", priority: FOREIGN_MAC, effect: "deny" } as const;
    entries.push({ switchName: box.at.switch, rule, position, drafts });
  }
  return { entries, refusals };
}
