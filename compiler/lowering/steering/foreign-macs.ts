/**
 * Drops what a waypoint sends with a bound MAC and the address of a host whose MAC is another, or not known (NETWORK,
 * "Spoof"). The address goes with any MAC but a bound one, so two tables look at the two: Spoof at the address, Sender at
 * the MAC. Together they have as many entries as there are addresses and MACs, and not as there are pairs.
 */
import type { Cube } from "../../flowgroup/cube.ts";
import { constraint, cube as cubeOf } from "../../flowgroup/cubes.ts";
import { addressSet, numbers, numberSet, setHolds } from "../../flowgroup/sets.ts";
import { portKey, samePort, type AttachedHost, type Port, type Topology } from "../../paths/index.ts";
import { ICMPV6, IPV6 } from "../../flowgroup/prerequisites.ts";
import type { DerivedRule } from "../../derived/rule.ts";
import type { Draft } from "../encode/choose.ts";
import { draft } from "../encode/draft.ts";
import type { UserIndex } from "../encode/user-index.ts";
import type { LowerContext } from "../pipeline/options.ts";
import { BOUND_SENDER } from "../spoof/sender-entries.ts";
import { FOREIGN_END, FOREIGN_OF_UNNAMED, uncheckedMacs } from "../spoof/spoof-entries.ts";
import { exact } from "../../table/match.ts";
import type { LostBetween } from "./losses.ts";
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

const ARP = 0x0806;
/** Neighbour solicitations and advertisements (RFC 4861, 4.3 and 4.4). */
const DISCOVERS = [135, 136];
