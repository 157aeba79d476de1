/**
 * Drops what a waypoint sends with a bound MAC and the address of a host whose MAC is another, or not known (NETWORK,
 * "Spoof"). The address goes with any MAC but a bound one, so two tables look at the two: Spoof at the address, Sender at
 * the MAC. Together they have as many entries as there are addresses and MACs, and not as there are pairs.
 */
import type { Cube, FieldSet } from "../../flowgroup/cube.ts";
import { constraint, cube as cubeOf, withConstraint } from "../../flowgroup/cubes.ts";
import { addressSet, numbers, numberSet, setDifference, setHolds } from "../../flowgroup/sets.ts";
import { possible } from "../../flowgroup/universe.ts";
import { comesInAt, isOfUsersAt, leavesAt } from "../../paths/end-ports.ts";
import {
  leavesOut,
  portKey,
  samePort,
  type AttachedHost,
  type PassingOrder,
  type Port,
  type Topology,
} from "../../paths/index.ts";
import type { Field } from "../../flowgroup/fields.ts";
import { ICMPV6, IPV6 } from "../../flowgroup/prerequisites.ts";
import type { DerivedRule } from "../../derived/rule.ts";
import type { Ip } from "../../net/address.ts";
import type { Draft } from "../encode/choose.ts";
import { draft } from "../encode/draft.ts";
import { narrow } from "../encode/endpoints.ts";
import type { UserIndex } from "../encode/user-index.ts";
import { MAX_MAC, setBut } from "../encode/seats.ts";
import { addressKey } from "../encode/whereabouts.ts";
import type { LowerContext } from "../pipeline/options.ts";
import { BOUND_SENDER } from "../spoof/sender-entries.ts";
import { FOREIGN_END, FOREIGN_OF_UNNAMED, uncheckedMacs } from "../spoof/spoof-entries.ts";
import { exact } from "../../table/match.ts";
import type { LostBetween } from "./losses.ts";
import { isSent, sendable, sentToNamed, tellingHosts, type TellingHosts } from "./senders.ts";
import { withoutLeftOut } from "./unknown-ingress.ts";
import type { RefusedSteering, SteeredEntries } from "./steered.ts";

/** A port where addresses come back, and a rule whose entries stand there as long as any that let them in. */
export interface CheckedPort {
  readonly at: Port;
  readonly rule: DerivedRule;
}

/** The entries that the table Sender needs for these ports and has not for hosts of their switches. */
export function dropForeignMacs(
  ports: Iterable<CheckedPort>,
  userIndex: UserIndex,
  context: LowerContext,
): { readonly entries: readonly SteeredEntries[]; readonly refusals: readonly RefusedSteering[] } {
  const entries: SteeredEntries[] = [];
  const refusals: RefusedSteering[] = [];
  for (const { at, rule } of ports) {
    const macs = uncheckedMacs(context.directory, at.switch).map((mac) => [mac, mac] as const);
    const srcEth = numberSet("srcEth", macs);
    if (srcEth === undefined) continue;
    const cube = cubeOf({ inPort: numbers("inPort", at.port), srcEth });
    const { drafts, refusal } = draft({ ...rule, cube }, context, userIndex, at.switch, { tags: false });
    if (refusal !== undefined) refusals.push({ rule, refusal });
    const position = { stage: "Sender", priority: BOUND_SENDER, effect: "deny" } as const;
    entries.push({ switchName: at.switch, rule, position, drafts });
  }
  return { entries, refusals };
}

/**
 * The entries that drop what comes in at these ports with the MAC of a host elsewhere, or gives it: nothing of a port of which
 * nothing is known comes back so. What neighbour discovery gives is not looked at here, so none comes back.
 */
export function dropForeignOfUnnamed(
  ports: Iterable<CheckedPort>,
  { hosts }: Topology,
  userIndex: UserIndex,
  context: LowerContext,
): readonly SteeredEntries[] {
  const position = { stage: "Spoof", priority: FOREIGN_OF_UNNAMED, effect: "deny" } as const;
  return [...ports].flatMap(({ at, rule }): readonly SteeredEntries[] => {
    const elsewhere = [...hosts.values()].filter((host) => !samePort(host.at, at)).flatMap(({ macs }) => macs);
    const draftsOf = (fields: Parameters<typeof cubeOf>[0]): readonly Draft[] => {
      const cube = cubeOf({ inPort: numbers("inPort", at.port), ...fields });
      return draft({ ...rule, cube }, context, userIndex, at.switch, { tags: false }).drafts;
    };
    const srcEth = numberSet(
      "srcEth",
      elsewhere.map((mac) => [mac, mac] as const),
    );
    const arp = draftsOf({ ethType: numbers("ethType", ARP) });
    const drafts = [
      ...(srcEth ? draftsOf({ srcEth }) : []),
      ...elsewhere.flatMap((mac) => arp.map((one) => ({ ...one, match: [...one.match, exact("arp_sha", mac)] }))),
      ...DISCOVERS.flatMap((type) =>
        draftsOf({
          ethType: numbers("ethType", IPV6),
          transport: numbers("transport", ICMPV6),
          icmpType: numbers("icmpType", type),
        }),
      ),
    ];
    return [{ switchName: at.switch, rule, position, drafts }];
  });
}

/** Hosts without a stated MAC at ports that a statement names by `dstAP`, and others with one, for whom may be what shows their addresses. */
export interface ForeignEnds {
  readonly rule: DerivedRule;
  readonly bare: readonly AttachedHost[];
  readonly others: readonly AttachedHost[];
}

/**
 * What shows the address of one of `bare` and the MAC of one of `others` is for the latter. A statement by `dstAP` goes by the
 * address, and would let pass what it leaves out, or lead what one by the port of the other holds.
 */
export function foreignEndsOf(rules: readonly DerivedRule[], { hosts }: Topology): readonly ForeignEnds[] {
  const all = [...hosts.values()];
  const bare = all.filter(({ macs, addresses }) => macs.length === 0 && addresses.length > 0);
  if (bare.length === 0) return [];
  const named = rules.flatMap((rule) => {
    const goesTo = constraint(rule.cube, "dstAP");
    return goesTo?.kind === "name" ? [{ rule, goesTo }] : [];
  });
  const holders = new Map<string, Set<string>>();
  for (const { rule, goesTo } of named)
    for (const port of goesTo.not ? all.map(({ at }) => portKey(at)) : goesTo.names)
      if (setHolds(goesTo, port)) holders.set(port, (holders.get(port) ?? new Set()).add(rule.statement));
  return named.flatMap(({ rule, goesTo }): readonly ForeignEnds[] => {
    const isHere = ({ at }: AttachedHost): boolean => goesTo.names.includes(portKey(at));
    const own = bare.filter(isHere);
    if (own.length === 0) return [];
    const isOfOther = ({ at }: AttachedHost): boolean => {
      const by = holders.get(portKey(at));
      return by !== undefined && by.size > (by.has(rule.statement) ? 1 : 0);
    };
    const others = all.filter((one) => one.macs.length > 0 && !isHere(one) && (goesTo.not || isOfOther(one)));
    return others.length === 0 ? [] : [{ rule, bare: own, others }];
  });
}

/** The entries that drop these. */
export function dropForeignEnds(
  found: readonly ForeignEnds[],
  userIndex: UserIndex,
  context: LowerContext,
): { readonly entries: readonly SteeredEntries[]; readonly refusals: readonly RefusedSteering[] } {
  const position = { stage: "Spoof", priority: FOREIGN_END, effect: "deny" } as const;
  const entries: SteeredEntries[] = [];
  const refusals: RefusedSteering[] = [];
  for (const { rule, ...of } of found) {
    const cube = foreignFlows(of);
    for (const switchName of context.directory.switches.keys()) {
      const { drafts, refusal } = draft({ ...rule, cube }, context, userIndex, switchName, { tags: false });
      if (refusal !== undefined) refusals.push({ rule, refusal });
      entries.push({ switchName, rule, position, drafts });
    }
  }
  return { entries, refusals };
}

/** Between which ports they are lost. */
export const foreignLost = ({ bare, others, ...of }: ForeignEnds, { hosts }: Topology): readonly LostBetween[] => {
  const flows = foreignFlows({ bare, others, ...of });
  return bare.flatMap(({ at }) =>
    [...hosts.values()].flatMap((one) => (samePort(one.at, at) ? [] : [{ flows, from: one.at, to: at }])),
  );
};

const foreignFlows = ({ bare, others }: Omit<ForeignEnds, "rule">): Cube => {
  const macs = others.flatMap((one) => one.macs.map((mac) => [mac, mac] as const));
  return cubeOf({
    dstEth: numberSet("dstEth", macs)!,
    dstHost: addressSet(bare.flatMap(({ addresses }) => addresses))!,
  });
};

/** MACs of some hosts and addresses of others. */
export interface ForeignPair {
  readonly dstEth: FieldSet;
  readonly dstHost: FieldSet;
}

/**
 * What a router may send to another end than it was led to, past nodes that the way to that end takes before the router: with
 * these MACs and addresses, port by port where the flows enter. `ends`: the hosts by what shows that flows are for them.
 */
export function turnedAside(
  orders: readonly PassingOrder[],
  topology: Topology,
  ends: Topology,
): readonly { readonly from: Port; readonly pairs: readonly ForeignPair[] }[] {
  if (new Set(orders.map(({ waypoints }) => waypoints.join())).size < 2) return [];
  const alike = Map.groupBy(orders, ({ from }) => portKey(from));
  return [...alike.values()].map((some) => ({ from: some[0]!.from, pairs: turnedFromPort(some, topology, ends) }));
}

function turnedFromPort(orders: readonly PassingOrder[], { hosts }: Topology, ends: Topology): readonly ForeignPair[] {
  const isBox = (node: string): boolean => hosts.has(node);
  const own = new Map(orders.map(({ to, waypoints }) => [to && portKey(to), waypoints]));
  const orderTo = ({ at }: AttachedHost): readonly string[] | undefined => own.get(portKey(at)) ?? own.get(undefined);
  const others = [...hosts.values()].filter(({ at }) => !samePort(at, orders[0]!.from));
  const byOrder = [...Map.groupBy(others, (host) => orderTo(host)?.join()).values()];
  // What shows one of these addresses is led by it, whatever MAC it has.
  const isLedByAddress = ({ name, at }: AttachedHost): boolean =>
    own.has(portKey(at)) && ends.hosts.get(name)!.addresses.length > 0;
  return byOrder.flatMap((taken) =>
    byOrder.flatMap((due): readonly ForeignPair[] => {
      const [one, other] = [orderTo(taken[0]!), orderTo(due[0]!)];
      if (one === undefined || other === undefined || !leavesOut(one, other, isBox)) return [];
      // A waypoint may be the gateway of its flows.
      const macs = taken.flatMap((host) => (one.includes(host.name) ? [] : host.macs));
      const dstEth = numberSet(
        "dstEth",
        macs.map((mac) => [mac, mac] as const),
      );
      const theirs = new Set(taken.flatMap(({ addresses }) => addresses.map(addressKey)));
      const addresses = due.flatMap((host) => (isLedByAddress(host) ? [] : host.addresses));
      const dstHost = addressSet(addresses.filter((address) => !theirs.has(addressKey(address))));
      return dstEth && dstHost ? [{ dstEth, dstHost }] : [];
    }),
  );
}

/** Those of some flows that show these. */
export const foreignWithin = (flows: Cube, pairs: readonly ForeignPair[]): readonly Cube[] =>
  pairs.flatMap(({ dstEth, dstHost }) => {
    const framed = narrow(flows, "dstEth", dstEth);
    return (framed && narrow(framed, "dstHost", dstHost)) ?? [];
  });

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

const ARP = 0x0806;
/** Neighbour solicitations and advertisements (RFC 4861, 4.3 and 4.4). */
const DISCOVERS = [135, 136];
