/**
 * Drops what statements steer from or to an address or a MAC that tells nobody, since several hosts have it (SEMANTICS, "What the
 * network takes away").
 */
import type { Cube, FieldSet } from "../../flowgroup/cube.ts";
import { constraint, withConstraint } from "../../flowgroup/cubes.ts";
import type { Field } from "../../flowgroup/fields.ts";
import { addressSet, numbers, numberSet, setDifference, setHolds } from "../../flowgroup/sets.ts";
import { possible } from "../../flowgroup/universe.ts";
import { comesInAt, holdsUnknown, isOfUsersAt, leavesAt } from "../../paths/end-ports.ts";
import { portKey, type Port, type Topology } from "../../paths/index.ts";
import type { DerivedRule } from "../../derived/rule.ts";
import { draft } from "../encode/draft.ts";
import { narrow } from "../encode/endpoints.ts";
import { allBut } from "../encode/seats.ts";
import { isSent, sendable, sentByUsersAt, sentToNamed } from "../encode/senders.ts";
import type { SharedMark, TellingHosts } from "../encode/telling-hosts.ts";
import { UserIndex } from "../encode/user-index.ts";
import { nameText } from "../../certificates/text.ts";
import { printIp, printMac } from "../../net/address.ts";
import type { LowerContext } from "../pipeline/options.ts";
import { FOREIGN_END } from "../spoof/spoof-entries.ts";
import type { LostBetween } from "./losses.ts";
import type { RefusedSteering, SteeredEntries } from "./steered.ts";
import { withoutLeftOut } from "./returning.ts";

/** What is dropped of one rule, between which ports, and whose addresses and MACs it shows. */
export interface DroppedUntold {
  readonly rule: DerivedRule;
  readonly entries: readonly SteeredEntries[];
  readonly refusals: readonly RefusedSteering[];
  readonly lost: readonly LostBetween[];
  readonly shared: readonly SharedMark[];
}

type EndField = "srcHost" | "dstHost" | "srcEth" | "dstEth";

/** Flows of a rule that are dropped, and the addresses or MACs that they show in a field. */
interface UntoldPart {
  readonly flows: Cube;
  readonly field: EndField;
  readonly shared: readonly SharedMark[];
}

/**
 * What a rule holds of what shows an address or a MAC that tells nobody, in both directions and also by ports that it leaves out: no
 * switch could tell of which host it is, or for which (SEMANTICS, "What the network takes away").
 */
export function untoldParts(
  rule: DerivedRule,
  network: Topology,
  { macs, addresses }: TellingHosts,
): readonly UntoldPart[] {
  if (macs.length + addresses.length === 0) return [];
  const undirected = withConstraint(rule.cube, "direction", undefined);
  const open = withConstraint(withoutLeftOut(undirected), "dstAP", undefined);
  return ENDS.flatMap((field): readonly UntoldPart[] => {
    const isSource = isOfSource(field);
    const all: readonly SharedMark[] = field === "srcHost" || field === "dstHost" ? addresses : macs;
    const some = isSource ? all : all.filter(({ hosts }) => hosts.some(({ at }) => leavesAt(rule.cube, at)));
    const set = setOfValues(field, some);
    const held = set && narrow(open, field, set);
    const cubes = held && isSource ? sentToNamed(held, network, rule.cube) : [{ flows: held }];
    return cubes.flatMap(({ flows }) => {
      if (flows === undefined || !possible(flows)) return [];
      return [{ flows, field, shared: some.filter(({ value }) => setHolds(constraint(flows, field)!, value)) }];
    });
  });
}

const ENDS = ["srcHost", "dstHost", "srcEth", "dstEth"] as const;

const isOfSource = (field: EndField): boolean => field === "srcHost" || field === "srcEth";

/** The set of values that hosts share; undefined: there are none. */
function setOfValues(field: Field, some: readonly SharedMark[]): FieldSet | undefined {
  const values = some.map(({ value }) => value);
  const macs = values.filter((one) => typeof one === "number");
  if (macs.length > 0)
    return numberSet(
      field,
      macs.map((mac) => [mac, mac] as const),
    );
  return addressSet(values.filter((one) => typeof one !== "number"));
}

/** Which facts to change so that these tell their hosts; undefined if there are none. */
export function sharedHelp(marks: readonly SharedMark[]): string | undefined {
  const [first] = marks;
  if (first === undefined) return undefined;
  const value = typeof first.value === "number" ? printMac(first.value) : printIp(first.value);
  const [relation, ...of] = [
    typeof first.value === "number" ? "host_mac" : "host_ip",
    ...first.hosts.map(({ name }) => name),
  ];
  const facts = of.slice(0, MOST_NAMED).map((name) => `\`${relation}(${nameText(name)}, ${value})\``);
  const others = of.length > MOST_NAMED ? ` and ${of.length - MOST_NAMED} more` : "";
  const more = marks.length > 1 ? `, as it is with ${marks.length - 1} more` : "";
  return `${facts.join(", ")}${others} state it of several hosts, so nothing tells whose a packet is${more}: give each its own`;
}

/** The most facts that a help names. */
const MOST_NAMED = 4;

/** The entries that drop it. */
export function dropUntold(
  rules: readonly DerivedRule[],
  topology: Topology,
  telling: TellingHosts,
  indexOf: IndexOf,
  context: LowerContext,
): readonly DroppedUntold[] {
  const position = { stage: "Spoof", priority: FOREIGN_END, effect: "deny" } as const;
  return rules.flatMap((rule): readonly DroppedUntold[] => {
    const parts = untoldParts(rule, topology, telling);
    if (parts.length === 0) return [];
    const drafted = [...context.directory.switches.keys()].flatMap((switchName) =>
      parts.flatMap((part) =>
        droppedOf(part, topology, telling, switchName).map((cube) => ({
          switchName,
          ...draft({ ...rule, cube }, context, indexOf(cube), switchName, {
            tags: false,
          }),
        })),
      ),
    );
    const all = [...topology.hosts.values()];
    const isSource = (flows: Cube, at: Port): boolean =>
      comesInAt(flows, at) &&
      isOfUsersAt(topology, flows, at) &&
      isSent(flows, topology, at) &&
      sendable(flows, topology, at) !== undefined;
    // Of each end alone: between two ends there are as many as pairs of hosts.
    const lost = parts.flatMap(({ flows, field, shared }) =>
      (isOfSource(field) ? shared.flatMap(({ hosts }) => hosts) : all).flatMap(({ at: from }) =>
        isSource(flows, from) ? [{ flows, from }] : [],
      ),
    );
    return [
      {
        rule,
        entries: drafted.map(({ switchName, drafts }) => ({ switchName, rule, position, drafts })),
        refusals: drafted.flatMap(({ refusal }) => (refusal ? [{ rule, refusal }] : [])),
        lost,
        shared: [...new Set(parts.flatMap((part) => part.shared))],
      },
    ];
  });
}

/**
 * What a part drops on one switch. What users send from such a source their ports tell, where it comes in: by the source
 * itself it would be dropped of the others, too, whom the statement does not hold.
 */
function droppedOf(
  { flows, field, shared }: UntoldPart,
  topology: Topology,
  telling: TellingHosts,
  switchName: string,
): readonly Cube[] {
  if (constraint(flows, "user") === undefined) return [flows];
  if (!isOfSource(field)) {
    // The others are told by what else they have (`indexOfTold`).
    if (!holdsUnknown(flows) && constraint(flows, "dstUser") === undefined) return [flows];
    const others = allBut(
      telling.addresses.map(({ value }) => value),
      true,
    );
    const told = others === "all" ? flows : narrow(flows, "srcHost", others);
    return told === undefined ? [] : [told];
  }
  const ports = new Map(shared.flatMap(({ hosts }) => hosts.map(({ at }) => [portKey(at), at] as const)));
  return [...ports.values()].flatMap((at) => {
    if (at.switch !== switchName || !comesInAt(flows, at) || !isOfUsersAt(topology, flows, at)) return [];
    const inPort = numbers("inPort", at.port);
    return sentByUsersAt(flows, topology, at).flatMap((cube) => narrow(cube, "inPort", inPort) ?? []);
  });
}

export type IndexOf = (flows: Cube) => UserIndex;

/**
 * The index for flows that show none of these addresses and MACs: their users are told by what else they have. By one of them
 * what others send would be theirs, too, whom no statement holds. What has no user is told by all that has one.
 */
export function indexOfTold(
  { macs, addresses, topology }: TellingHosts,
  userIndex: UserIndex,
  { directory }: LowerContext,
): IndexOf {
  if (macs.length + addresses.length === 0) return () => userIndex;
  const told = new UserIndex({ ...directory, hosts: new Map([...directory.hosts, ...topology.hosts]) });
  return (flows) => (holdsUnknown(flows) || constraint(flows, "dstUser") !== undefined ? userIndex : told);
}

/** The rules without these flows, so that none is led for nothing. */
export const beyondUntold = (
  rules: readonly DerivedRule[],
  { macs, addresses }: TellingHosts,
): readonly DerivedRule[] => {
  if (macs.length + addresses.length === 0) return rules;
  return rules.flatMap((rule) => {
    const cube = ENDS.reduce((left: Cube | undefined, field): Cube | undefined => {
      const had = left && constraint(left, field);
      const some = setOfValues(field, field === "srcHost" || field === "dstHost" ? addresses : macs);
      const others = had && (some ? setDifference(had, some) : had);
      return left && had ? others && withConstraint(left, field, others) : left;
    }, rule.cube);
    return cube === undefined ? [] : [{ ...rule, cube }];
  });
};
