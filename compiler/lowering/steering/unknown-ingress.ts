/**
 * Drops steered flows that enter where no host is known, since no path is computed from there. The entries stand in the
 * Spoof table below its other entries. Frames between switches and frames back from waypoints match higher entries
 * there; those from known ports go on and are steered.
 */
import { endPortsOf } from "../../paths/end-ports.ts";
import { goesFromAnywhere, type Topology } from "../../paths/index.ts";
import type { Cube } from "../../flowgroup/cube.ts";
import { constraint, cube as cubeOf, withConstraint } from "../../flowgroup/cubes.ts";
import { numbers } from "../../flowgroup/sets.ts";
import type { DerivedRule } from "../../derived/rule.ts";
import type { EntryPosition } from "../contributions/contribution.ts";
import type { UserIndex } from "../encode/user-index.ts";
import { draft } from "../encode/draft.ts";
import type { LowerContext } from "../pipeline/options.ts";
import type { LoweringRefusal } from "../pipeline/refusal.ts";
import { KNOWN_INGRESS, UNKNOWN_INGRESS } from "../spoof/spoof-entries.ts";
import { sentToPort } from "./senders.ts";
import type { SteeredEntries } from "./steered.ts";

interface DroppedIngress {
  readonly entries: readonly SteeredEntries[];
  readonly refusal?: LoweringRefusal;
}

/**
 * The entries that drop such flows of a waypoint or avoid; a refusal if only connection tracking could recognize them.
 */
export function dropUnknownIngress(
  rule: DerivedRule,
  topology: Topology,
  userIndex: UserIndex,
  context: LowerContext,
): DroppedIngress {
  const entries: SteeredEntries[] = [];
  const switches = [...topology.trunks.keys()].filter(
    (name) => !goesFromAnywhere(topology, rule.effect, rule.nodes ?? [], name),
  );
  for (const { sources, destinations } of endPortsOf(topology, { cubes: [rule.cube] })) {
    if (sources !== undefined || switches.length === 0) continue;
    if (constraint(rule.cube, "direction") !== undefined) return { entries: [], refusal: { kind: "unknownIngress" } };
    const open = withConstraint(rule.cube, "dstAP", undefined);
    // Hosts tell where flows go that `dstAP` alone holds. All others show it themselves.
    const isToPorts = destinations !== undefined && constraint(rule.cube, "dstAP") !== undefined;
    const cubes = !isToPorts ? [open] : destinations.flatMap((to) => sentToPort(open, topology, to));
    for (const switchName of switches) {
      const put = (cube: Cube, position: EntryPosition): LoweringRefusal | undefined => {
        const { drafts, refusal } = draft({ ...rule, cube }, context, userIndex, switchName, { tags: false });
        if (drafts.length > 0) entries.push({ switchName, rule, position, drafts });
        return refusal;
      };
      for (const cube of cubes) {
        const refusal = put(cube, { stage: "Spoof", priority: UNKNOWN_INGRESS, effect: "deny" });
        if (refusal !== undefined) return { entries: [], refusal };
      }
      if (!entries.some((one) => one.switchName === switchName)) continue;
      for (const port of knownPorts(topology, switchName)) {
        put(cubeOf({ inPort: numbers("inPort", port) }), { stage: "Spoof", priority: KNOWN_INGRESS, effect: "allow" });
      }
    }
  }
  return { entries };
}

/** The ports of a switch at which hosts are known. */
const knownPorts = ({ hosts }: Topology, switchName: string): ReadonlySet<number> =>
  new Set([...hosts.values()].flatMap(({ at }) => (at.switch === switchName ? [at.port] : [])));
