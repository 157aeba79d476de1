/**
 * Waypoints and avoids → entries above ordinary forwarding, switch by switch along the way (SEMANTICS, "waypoint /
 * avoid"): of several that hold a flow all waypoints are passed, in order of their statements, and no avoided node is
 * crossed, so the flows that they share are regions of their own. What has no way left is dropped, and so is what enters
 * where no host is known: from there no way is prescribed.
 */
import { byText } from "../../net/order.ts";
import { endPortsOf } from "../../paths/end-ports.ts";
import {
  forwardingAround,
  avoidedSwitches,
  mergedOrder,
  portKey,
  samePort,
  steer,
  type ForwardingAround,
  type IngressEgress,
  type Port as Place,
  type Topology,
} from "../../paths/index.ts";
import type { Cube } from "../../flowgroup/cube.ts";
import { constraint, cube as cubeOf, intersectCubes, withConstraint } from "../../flowgroup/cubes.ts";
import { cubeKey } from "../../flowgroup/keys.ts";
import { addressSet, numbers, setHolds } from "../../flowgroup/sets.ts";
import type { DerivedRule } from "../../derived/rule.ts";
import { narrow, framedTo, sentFrom, sentTo, within } from "../encode/endpoints.ts";
import type { Draft } from "../encode/choose.ts";
import { DEFAULT_LIMIT, type LowerContext } from "../pipeline/options.ts";
import { contribute, type Contribution, type Position } from "../contributions/contribution.ts";
import { draft } from "../encode/draft.ts";
import { STEERED } from "./forwarding.ts";
import { fragmentsOf, holdsFragments } from "../encode/fragments.ts";
import type { Layout } from "../pipeline/pipeline.ts";
import type { UserIndex } from "../encode/directory-sets.ts";
import { TRUSTED } from "../pipeline/priority.ts";
import type { Refusal } from "../pipeline/refusal.ts";
import { saysWhere, toldAnywhere, type Returned } from "./returning.ts";
import { KNOWN_PLACE, RETURNED, RETURNED_UNKNOWN, UNKNOWN_PLACE } from "./spoof-guard.ts";
import type { Tagging } from "../encode/tag.ts";

/** Entries of one step on one switch. */
export interface SteeredEntries {
  readonly switchName: string;
  readonly rule: DerivedRule;
  readonly position: Position;
  readonly drafts: readonly Draft[];
}

export interface Steering {
  readonly led: readonly SteeredEntries[];
  readonly refusals: readonly { readonly rule: DerivedRule; readonly refusal: Refusal }[];
  /** What comes back from waypoints. */
  readonly returns: readonly Returned[];
  /** Statements some of whose flows have no way left. */
  readonly withoutPath: readonly string[];
  /** Statements some of whose flows may enter where no host is known. */
  readonly unknownIngress: readonly string[];
}

/** What steps ask of the table of their switch. */
export function steeredContributions(
  { led }: Steering,
  layout: Layout,
  tagging: Tagging,
): readonly (readonly [switchName: string, contribution: Contribution])[] {
  return led.flatMap(({ switchName, rule, position, drafts }) => {
    // What comes back was limited before: twice through a meter would be half its rate.
    const past = position.effect === "trust" && layout.has("Limit 1");
    const seats = past ? [position, { ...position, stage: "Limit 1" as const, priority: TRUSTED }] : [position];
    return seats.flatMap((one) =>
      contribute(rule, one, drafts, tagging).map((contribution) => [switchName, contribution] as const),
    );
  });
}

/** Flows that are steered by the same rules. */
interface Region {
  readonly cube: Cube;
  readonly members: readonly DerivedRule[];
  readonly fragments: "apart" | "only";
}

/**
 * The steps of all waypoints and avoids in force. A fragment that could be of the flows of several is led as one of all
 * of them: its regions are those of what fragments show, and stand above.
 */
export function lead(
  rules: readonly DerivedRule[],
  topology: Topology,
  userIndex: UserIndex,
  context: LowerContext,
): Steering {
  const led: SteeredEntries[] = [];
  const refusals: { rule: DerivedRule; refusal: Refusal }[] = [];
  const returned = new Map<string, Returned>();
  const withoutPath = new Set<string>();
  const limit = context.limit ?? DEFAULT_LIMIT;
  const whole = regions(
    rules.map((rule) => ({ rule, cube: rule.cube })),
    limit,
  );
  const held = rules.filter(({ effect }) => holdsFragments(effect, context.defaults.fragments));
  const shown = held.flatMap((rule) => fragmentsOf(rule.cube).map((one) => ({ rule, ...one })));
  const could = new Set(shown.flatMap((one) => (one.could ? [one.rule] : [])));
  const parts = could.size === 0 ? [] : regions(shown, limit);
  if (whole === undefined || parts === undefined) {
    const why = "waypoints and avoids that overlap";
    return {
      led,
      refusals: [{ rule: rules[0]!, refusal: { kind: "entries", entries: limit, limit, why } }],
      returns: [],
      withoutPath: [],
      unknownIngress: [],
    };
  }
  const found: readonly Region[] = [
    ...whole.map((one) => ({ ...one, fragments: "apart" as const })),
    ...parts
      .filter(({ members }) => members.some((one) => could.has(one)))
      .map((one) => ({ ...one, fragments: "only" as const })),
  ];
  for (const { cube, members, fragments } of found) {
    const rule = { ...members[0]!, end: Math.min(...members.map(({ end }) => end)) };
    const nodes = (effect: string): readonly string[] =>
      mergedOrder(members.flatMap((one) => (one.effect === effect ? [one.nodes ?? []] : [])));
    const steering = { waypoints: nodes("waypoint"), avoid: nodes("avoid") };
    const { hops, drops, returns } = steer(topology, { cubes: [cube] }, steering);
    const open = ENDS.reduce((rest, field) => withConstraint(rest, field, undefined), cube);
    /** Says whether anything of these flows is left where the directory has been asked. */
    const put = (switchName: string, flows: Cube, position: Position): boolean => {
      const { drafts, refusal } = draft({ ...rule, cube: flows }, context, userIndex, switchName, {
        tags: false,
        fragments,
      });
      if (refusal !== undefined) refusals.push({ rule, refusal });
      led.push({ switchName, rule, position, drafts });
      return drafts.length > 0 || refusal !== undefined;
    };
    const putAt = (at: Place, flows: Cube, position: Position): boolean => {
      const inside = narrow(flows, "inPort", numbers("inPort", at.port));
      return inside !== undefined && put(at.switch, inside, position);
    };
    // Where others come back from a waypoint, what it sends itself is told by its source.
    const toldApart = (port: Place): Place | undefined =>
      returns.some((one) => samePort(one.at, port)) ? port : undefined;
    const base = STEERED + RANKS * members.length;
    const priority = ({ to }: IngressEgress): number => base + (to === undefined ? ANYWHERE : THERE);
    const closed = avoidedSwitches(topology, steering);
    // Who has a way of his own may be a router, and is known by his MAC then.
    const byMac = (flows: Cube, from: Place | undefined, { to }: IngressEgress): readonly Cube[] => {
      if (steering.waypoints.length === 0 || to === undefined) return [];
      return within(flows, topology, from, undefined).flatMap((part) => framedTo(part, topology, to) ?? []);
    };
    for (const { hop, ...bound } of hops) {
      const at = { switch: hop.switch, port: hop.in };
      const enters = bound.from.switch === at.switch && bound.from.port === at.port;
      const port = hop.in === hop.out ? "IN_PORT" : hop.out;
      const entering = enters ? sendable(open, topology, bound.from) : open;
      if (entering === undefined) continue;
      const from = enters ? toldApart(bound.from) : bound.from;
      const position = { stage: "Forward", priority: priority(bound), effect: "send", port } as const;
      for (const flows of within(entering, topology, from, bound.to)) putAt(at, flows, position);
      for (const flows of byMac(entering, from, bound))
        putAt(at, flows, { ...position, priority: base + THERE_BY_MAC });
    }
    for (const bound of drops) {
      const entering = sendable(open, topology, bound.from);
      if (entering === undefined) continue;
      let some = false;
      for (const flows of within(entering, topology, toldApart(bound.from), bound.to)) {
        const left = putAt(bound.from, flows, { stage: "Forward", priority: priority(bound), effect: "deny" });
        some ||= left && isSent(flows, topology, bound.from);
      }
      if (some) for (const { statement } of members) withoutPath.add(statement);
      for (const flows of byMac(entering, toldApart(bound.from), bound)) {
        putAt(bound.from, flows, { stage: "Forward", priority: base + THERE_BY_MAC, effect: "deny" });
      }
    }
    for (const one of closed.size === 0 ? [] : forwardingAround(topology, closed)) {
      for (const flows of toldAnywhere(open, cube, topology)) {
        if (steering.waypoints.length === 0)
          goAround(one, flows, base, (part, position) => put(one.switch, part, position));
        // Whom no step leads from the last waypoint on has no known end, and might cross what is to be avoided.
        else put(one.switch, flows, { stage: "Forward", priority: base + FLOOD, effect: "deny" });
      }
      const untold = withConstraint(cube, "dstAP", undefined);
      if (saysWhere(cube)) put(one.switch, untold, { stage: "Forward", priority: base, effect: "deny" });
    }
    // What comes back is not yet tracked.
    const back = withConstraint(open, "direction", undefined);
    for (const { at, from } of returns) returned.set(`${portKey(at)} ${portKey(from)}`, { at, from });
    const alike = Map.groupBy(returns, ({ at, from, to }) =>
      [portKey(at), to && portKey(to), isKnown(topology, from)].join(" "),
    );
    for (const some of alike.values()) {
      const { at, from, to } = some[0]!;
      const sources = some.map((one) => one.from);
      const priority = isKnown(topology, from) ? RETURNED : RETURNED_UNKNOWN;
      for (const sent of sentFrom(back, topology, sources)) {
        for (const flows of within(sent, topology, undefined, to)) {
          putAt(at, flows, { stage: "Spoof", priority, effect: "trust" });
        }
      }
    }
  }
  const unknownIngress = new Set<string>();
  for (const rule of rules) {
    const { steps, refusal } = bar(rule, topology, userIndex, context);
    if (refusal !== undefined) refusals.push({ rule, refusal });
    if (steps.length > 0) unknownIngress.add(rule.statement);
    led.push(...steps);
  }
  const returns = [...returned.values()];
  return { led, refusals, returns, withoutPath: [...withoutPath].sort(), unknownIngress: [...unknownIngress].sort() };
}

/**
 * Drops what enters at a port where nobody is known to stand, if the sources may be there. It is done in the Spoof
 * table, below its other entries: frames between switches and back from waypoints have left it above, and those from
 * known ports go on to be steered. A flow that can only be told once it is tracked is refused.
 */
function bar(
  rule: DerivedRule,
  topology: Topology,
  userIndex: UserIndex,
  context: LowerContext,
): { readonly steps: readonly SteeredEntries[]; readonly refusal?: Refusal } {
  const steps: SteeredEntries[] = [];
  for (const { sources, destinations } of endPortsOf(topology, { cubes: [rule.cube] })) {
    if (sources !== undefined) continue;
    if (constraint(rule.cube, "direction") !== undefined) return { steps: [], refusal: { kind: "unknownIngress" } };
    const open = withConstraint(rule.cube, "dstAP", undefined);
    const cubes = (destinations ?? [undefined]).flatMap((to) => within(open, topology, undefined, to));
    for (const switchName of topology.trunks.keys()) {
      // Whoever enters at the only waypoint has passed it.
      if (rule.effect === "waypoint" && rule.nodes?.every((node) => node === switchName) === true) continue;
      const put = (cube: Cube, position: Position): Refusal | undefined => {
        const { drafts, refusal } = draft({ ...rule, cube }, context, userIndex, switchName, { tags: false });
        if (drafts.length > 0) steps.push({ switchName, rule, position, drafts });
        return refusal;
      };
      const known = new Set(
        [...topology.hosts.values()].flatMap(({ at }) => (at.switch === switchName ? [at.port] : [])),
      );
      for (const cube of cubes) {
        const refusal = put(cube, { stage: "Spoof", priority: UNKNOWN_PLACE, effect: "deny" });
        if (refusal !== undefined) return { steps: [], refusal };
      }
      if (!steps.some((one) => one.switchName === switchName)) continue;
      for (const port of known) {
        put(cubeOf({ inPort: numbers("inPort", port) }), { stage: "Spoof", priority: KNOWN_PLACE, effect: "allow" });
      }
    }
  }
  return { steps };
}

/**
 * What a switch does with flows that no step of their own leads around closed switches. What goes to everybody, or to
 * nobody known, is flooded along a tree.
 */
function goAround(
  { towards, flood }: ForwardingAround,
  flows: Cube,
  base: number,
  put: (flows: Cube, position: Position) => void,
): void {
  for (const { host, port } of towards) {
    const part = sentTo(flows, host);
    const position = { stage: "Forward", priority: base + (host.macs.length > 0 ? BY_MAC : BY_ADDRESS) } as const;
    if (part !== undefined)
      put(part, port === undefined ? { ...position, effect: "deny" } : { ...position, effect: "send", port });
  }
  const position = { stage: "Forward", priority: base + FLOOD } as const;
  put(flows, { ...position, effect: "send", port: flood ?? "ALL" });
}

/** Of several entries that hold a packet which is led by as many statements, the highest of these. */
const RANKS = 7;
const [THERE, THERE_BY_MAC, ANYWHERE, BY_MAC, BY_ADDRESS, FLOOD] = [6, 5, 4, 3, 2, 1];

/** Where flows enter and leave is said by the steps. */
const ENDS = ["srcAP", "dstAP", "switch", "inPort"] as const;

/**
 * The cubes and their intersections; more members stand above. Of those with the same flows only what outlives the ones
 * with more members is kept, so ten rules for the same flows are one region, not a thousand. Undefined: too many.
 */
function regions(
  parts: readonly { readonly rule: DerivedRule; readonly cube: Cube }[],
  limit: number,
): readonly Omit<Region, "fragments">[] | undefined {
  const sorted = [...parts].sort((a, b) => byText(a.rule.statement, b.rule.statement));
  const found = new Map<string, readonly Omit<Region, "fragments">[]>();
  let size = 0;
  for (const { rule, cube } of sorted) {
    const joint = [...found.values()].flat().flatMap(({ cube: other, members }) => {
      const both = intersectCubes(other, cube);
      return both === undefined ? [] : [{ cube: both, members: [...members, rule] }];
    });
    for (const one of [{ cube, members: [rule] }, ...joint]) {
      const key = cubeKey(one.cube);
      const known = found.get(key) ?? [];
      if (known.some((other) => replaces(other, one))) continue;
      const left = known.filter((other) => !replaces(one, other));
      size += left.length + 1 - known.length;
      found.set(key, [...left, one]);
    }
    if (size > limit) return undefined;
  }
  return [...found.values()].flat();
}

type Members = Pick<Region, "members">;

/** Whether everybody of `one` is among the members of `other`, which stay as long. */
function replaces(other: Members, one: Members): boolean {
  const all = new Set(other.members);
  return endOf(other) >= endOf(one) && one.members.every((rule) => all.has(rule));
}

const endOf = ({ members }: Members): number => Math.min(...members.map(({ end }) => end));

/**
 * The part of the flows that may come in at a port: what else claims to be of them is a spoof, and dropped as one
 * (`spoof.ts`). So n sources at n ports are n entries and not n × n. A family that a host there does not state is not
 * checked, so all of it stays. Undefined: nothing.
 */
function sendable(flows: Cube, { hosts }: Topology, port: Place): Cube | undefined {
  const here = [...hosts.values()].filter(({ at }) => samePort(at, port));
  const bySource = constraint(flows, "srcHost") ?? (constraint(flows, "user") && constraint(flows, "transport"));
  if (here.length === 0 || bySource === undefined) return flows;
  const states = (family: 4 | 6): boolean =>
    here.every(({ addresses }) => addresses.some((address) => address.family === family));
  const rest = [states(4) ? NO_ADDRESS_YET : EVERY_V4, states(6) ? LINK_LOCAL : EVERY_V6];
  return narrow(flows, "srcHost", addressSet([...here.flatMap(({ addresses }) => addresses), ...rest])!);
}

const isKnown = ({ hosts }: Topology, port: Place): boolean => [...hosts.values()].some(({ at }) => samePort(at, port));

/** Whether the MAC of somebody who stands there is among the sources of these flows; a host without MACs has any. */
function isSent(flows: Cube, { hosts }: Topology, port: Place): boolean {
  const sources = constraint(flows, "srcEth");
  const here = [...hosts.values()].filter(({ at }) => samePort(at, port));
  if (sources === undefined || here.length === 0) return true;
  return here.some(({ macs }) => macs.length === 0 || macs.some((mac) => setHolds(sources, mac)));
}

const NO_ADDRESS_YET = { family: 4, value: 0 } as const;
const EVERY_V4 = { address: NO_ADDRESS_YET, length: 0 } as const;
const EVERY_V6 = { address: { family: 6, value: 0n }, length: 0 } as const;
const LINK_LOCAL = { address: { family: 6, value: 0xfe80n << 112n }, length: 10 } as const;
