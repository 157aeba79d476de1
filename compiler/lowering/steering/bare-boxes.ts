/**
 * Drops what comes from the port of a waypoint with hosts without a stated MAC and shows no stated address, where there is
 * another such port (NETWORK, "Spoof"). Nothing is led to such a waypoint (`boxFault`), but a box gives back what is flooded to
 * it, too, and nothing tells that from what it sends itself: a broadcast would go to and fro between two of them.
 */
import { byText } from "../../net/order.ts";
import { cube as cubeOf } from "../../flowgroup/cubes.ts";
import type { Cube } from "../../flowgroup/cube.ts";
import { addressSet, numbers } from "../../flowgroup/sets.ts";
import { portKey, type AttachedHost, type Topology } from "../../paths/index.ts";
import type { DerivedRule } from "../../derived/rule.ts";
import type { EntryPosition } from "../contributions/contribution.ts";
import { draft } from "../encode/draft.ts";
import { arpOf, narrow, NO_SOURCE } from "../encode/endpoints.ts";
import type { UserIndex } from "../encode/user-index.ts";
import type { LowerContext } from "../pipeline/options.ts";
import { UNSHOWN_OF_BARE, UNSHOWN_SOURCE_OF_BARE } from "../spoof/spoof-entries.ts";
import type { RefusedSteering, SteeredEntries } from "./steered.ts";

interface DroppedUnshown {
  readonly entries: readonly SteeredEntries[];
  readonly refusals: readonly RefusedSteering[];
  /** Statement → its waypoints of which it is so, sorted. */
  readonly boxes: ReadonlyMap<string, readonly string[]>;
}

/** The entries that drop such packets. They are those of the rule that ends last. `rules`: those that steer. */
export function dropUnshown(
  rules: readonly DerivedRule[],
  topology: Topology,
  userIndex: UserIndex,
  context: LowerContext,
): DroppedUnshown {
  const entries: SteeredEntries[] = [];
  const refusals: RefusedSteering[] = [];
  const boxes = new Map<string, readonly string[]>();
  for (const { at, bare, rules: its } of bareBoxes(rules, topology)) {
    const rule = its[0]!;
    const first = its.map(({ statement }) => statement).toSorted(byText)[0]!;
    boxes.set(first, [...(boxes.get(first) ?? []), ...bare].toSorted(byText));
    const drop = (priority: number, cube: Cube): void => {
      const position: EntryPosition = { stage: "Spoof", priority, effect: "deny" };
      const { drafts, refusal } = draft({ ...rule, cube }, context, userIndex, at.switch, { tags: false });
      if (refusal !== undefined) refusals.push({ rule, refusal });
      entries.push({ switchName: at.switch, rule, position, drafts });
    };
    const all = cubeOf({ inPort: numbers("inPort", at.port) });
    drop(UNSHOWN_SOURCE_OF_BARE, narrow(all, "srcHost", addressSet(NO_SOURCE)!)!);
    drop(UNSHOWN_SOURCE_OF_BARE, arpOf(all)!);
    drop(UNSHOWN_OF_BARE, all);
  }
  return { entries, refusals, boxes };
}

/** A port with a waypoint and hosts without a stated MAC. */
interface BareBoxes {
  readonly at: AttachedHost["at"];
  /** The names of these hosts. */
  readonly bare: readonly string[];
  /** The rules that have a waypoint there, the one that ends last first. */
  readonly rules: readonly DerivedRule[];
}

function bareBoxes(rules: readonly DerivedRule[], { hosts }: Topology): readonly BareBoxes[] {
  const waypoints = rules.filter(({ effect }) => effect === "waypoint");
  const named = new Map<string, DerivedRule[]>();
  for (const rule of waypoints.toSorted((a, b) => b.end - a.end || byText(a.statement, b.statement)))
    for (const name of rule.nodes ?? []) {
      const known = named.get(name);
      if (known === undefined) named.set(name, [rule]);
      else known.push(rule);
    }
  const byPort = Map.groupBy(hosts.values(), ({ at }) => portKey(at));
  const found = [...byPort.values()].flatMap((here): readonly BareBoxes[] => {
    const its = here.flatMap(({ name }) => named.get(name) ?? []);
    const bare = here.flatMap(({ name, macs }) => (macs.length === 0 ? [name] : []));
    if (its.length === 0 || bare.length === 0) return [];
    return [
      { at: here[0]!.at, bare, rules: its.toSorted((a, b) => b.end - a.end || byText(a.statement, b.statement)) },
    ];
  });
  return found.length > 1 ? found : [];
}
