/**
 * Drops what statements steer from or to an address or a MAC that tells nobody, since several hosts have it (SEMANTICS, "What the
 * network takes away").
 */
import type { Cube, FieldSet } from "../../flowgroup/cube.ts";
import { constraint, withConstraint } from "../../flowgroup/cubes.ts";
import type { Field } from "../../flowgroup/fields.ts";
import { addressSet, numberSet, setDifference, setHolds } from "../../flowgroup/sets.ts";
import { possible } from "../../flowgroup/universe.ts";
import { comesInAt, isOfUsersAt, leavesAt } from "../../paths/end-ports.ts";
import { samePort, type AttachedHost, type Port, type Topology } from "../../paths/index.ts";
import type { DerivedRule } from "../../derived/rule.ts";
import type { Ip } from "../../net/address.ts";
import { draft } from "../encode/draft.ts";
import { narrow } from "../encode/endpoints.ts";
import { MAX_MAC, setBut } from "../encode/seats.ts";
import { isSent, sendable, sentToNamed } from "../encode/senders.ts";
import { tellingHosts, type TellingHosts } from "../encode/telling-hosts.ts";
import type { UserIndex } from "../encode/user-index.ts";
import type { LowerContext } from "../pipeline/options.ts";
import { FOREIGN_END } from "../spoof/spoof-entries.ts";
import type { LostBetween } from "./losses.ts";
import type { RefusedSteering, SteeredEntries } from "./steered.ts";
import { withoutLeftOut } from "./returning.ts";

/** What is dropped of one rule, between which ports, and the hosts whose MACs would tell it. */
export interface DroppedUntold {
  readonly rule: DerivedRule;
  readonly entries: readonly SteeredEntries[];
  readonly refusals: readonly RefusedSteering[];
  readonly lost: readonly LostBetween[];
  readonly hosts: ReadonlySet<string>;
}

type EndField = "srcHost" | "dstHost" | "srcEth" | "dstEth";

/** Flows of a rule that are dropped, and the hosts that share what they show in a field. */
interface UntoldPart {
  readonly flows: Cube;
  readonly field: EndField;
  readonly owners: readonly AttachedHost[];
  /** Whether their MACs tell, and these flows show another, so that none of them loses anything. */
  readonly isTold?: true;
}

/**
 * What a rule holds of what shows an address or a MAC that tells nobody, in both directions and also by ports that it leaves out: no
 * switch could tell of which host it is, or for which (SEMANTICS, "What the network takes away"). An address of several hosts of
 * which each has a MAC of its own tells nobody beside any other MAC.
 */
export function untoldParts(rule: DerivedRule, network: Topology): readonly UntoldPart[] {
  const { twins, untold, toldByMac } = tellingHosts(network);
  if (twins.length + untold.length + toldByMac.length === 0) return [];
  const undirected = withConstraint(rule.cube, "direction", undefined);
  const open = withConstraint(withoutLeftOut(undirected), "dstAP", undefined);
  const goesTo = ({ hosts }: { readonly hosts: readonly AttachedHost[] }): boolean =>
    hosts.some(({ at }) => leavesAt(rule.cube, at));
  const shows = (field: EndField): readonly UntoldPart[] => {
    const isSource = isOfSource(field);
    const some = [...(field === "srcHost" || field === "dstHost" ? untold : twins)].filter(
      (one) => isSource || goesTo(one),
    );
    const set = setOfValues(field, some);
    const held = set && narrow(open, field, set);
    const cubes = held && isSource ? sentToNamed(held, network, rule.cube) : [{ flows: held }];
    return cubes.flatMap(({ flows }) => {
      if (flows === undefined || !possible(flows)) return [];
      const owners = some.filter(({ value }) => setHolds(constraint(flows, field)!, value));
      return [{ flows, field, owners: owners.flatMap(({ hosts }) => hosts) }];
    });
  };
  const macsOf = (hosts: readonly AttachedHost[]): readonly number[] => hosts.flatMap(({ macs }) => macs);
  const alike = Map.groupBy(toldByMac.filter(goesTo), ({ hosts }) =>
    macsOf(hosts)
      .toSorted((a, b) => a - b)
      .join(),
  );
  const byOthers = [...alike.values()].flatMap((some): readonly UntoldPart[] => {
    const held = narrow(open, "dstHost", setOfValues("dstHost", some)!);
    const flows = held && narrow(held, "dstEth", setBut(macsOf(some[0]!.hosts), MAX_MAC));
    return flows !== undefined && possible(flows)
      ? [{ flows, field: "dstHost", owners: some[0]!.hosts, isTold: true }]
      : [];
  });
  return [...(["srcHost", "dstHost", "srcEth", "dstEth"] as const).flatMap(shows), ...byOthers];
}

const isOfSource = (field: EndField): boolean => field === "srcHost" || field === "srcEth";

/** The set of values that hosts share; undefined: there are none. */
function setOfValues(field: Field, some: readonly { readonly value: Ip | number }[]): FieldSet | undefined {
  const values = some.map(({ value }) => value);
  const macs = values.filter((one) => typeof one === "number");
  if (macs.length > 0)
    return numberSet(
      field,
      macs.map((mac) => [mac, mac] as const),
    );
  return addressSet(values.filter((one) => typeof one !== "number"));
}

/** The entries that drop it. */
export function dropUntold(
  rules: readonly DerivedRule[],
  topology: Topology,
  userIndex: UserIndex,
  context: LowerContext,
): readonly DroppedUntold[] {
  const position = { stage: "Spoof", priority: FOREIGN_END, effect: "deny" } as const;
  return rules.flatMap((rule): readonly DroppedUntold[] => {
    const parts = untoldParts(rule, topology);
    if (parts.length === 0) return [];
    const drafted = [...context.directory.switches.keys()].flatMap((switchName) =>
      parts.map(({ flows }) => ({
        switchName,
        ...draft({ ...rule, cube: flows }, context, userIndex, switchName, { tags: false }),
      })),
    );
    const all = [...topology.hosts.values()];
    const isSource = (flows: Cube, at: Port): boolean =>
      comesInAt(flows, at) &&
      isOfUsersAt(topology, flows, at) &&
      isSent(flows, topology, at) &&
      sendable(flows, topology, at) !== undefined;
    const lossy = parts.filter(({ isTold }) => isTold !== true);
    const lost = lossy.flatMap(({ flows, field, owners }) =>
      (isOfSource(field) ? owners : all)
        .filter(({ at }) => isSource(flows, at))
        .flatMap(({ at: from }): readonly LostBetween[] =>
          isOfSource(field)
            ? [{ flows, from }]
            : owners.flatMap(({ at: to }) => (samePort(from, to) ? [] : [{ flows, from, to }])),
        ),
    );
    const bare = parts.flatMap(({ owners }) => owners.filter(({ macs }) => macs.length === 0));
    return [
      {
        rule,
        entries: drafted.map(({ switchName, drafts }) => ({ switchName, rule, position, drafts })),
        refusals: drafted.flatMap(({ refusal }) => (refusal ? [{ rule, refusal }] : [])),
        lost,
        hosts: new Set(bare.map(({ name }) => name)),
      },
    ];
  });
}

/** The rules without these flows, so that none is led for nothing. */
export const beyondUntold = (
  rules: readonly DerivedRule[],
  { twins, untold }: TellingHosts,
): readonly DerivedRule[] => {
  if (twins.length + untold.length === 0) return rules;
  return rules.flatMap((rule) => {
    const cube = (["srcHost", "dstHost", "srcEth", "dstEth"] as const).reduce(
      (left: Cube | undefined, field): Cube | undefined => {
        const had = left && constraint(left, field);
        const some = setOfValues(field, field === "srcHost" || field === "dstHost" ? untold : twins);
        const others = had && (some ? setDifference(had, some) : had);
        return left && had ? others && withConstraint(left, field, others) : left;
      },
      rule.cube,
    );
    return cube === undefined ? [] : [{ ...rule, cube }];
  });
};
