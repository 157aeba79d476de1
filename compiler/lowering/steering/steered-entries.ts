/**
 * Waypoints and avoids → entries above ordinary forwarding, switch by switch along their paths (SEMANTICS,
 * "waypoint / avoid"). Flows without a path are dropped, and so are flows that enter where no host is known.
 */
import { boxFault, endPortsOf, portKey, type AttachedHost, type Port, type Topology } from "../../paths/index.ts";
import type { DerivedRule } from "../../derived/rule.ts";
import { constraint } from "../../flowgroup/cubes.ts";
import { setHolds } from "../../flowgroup/sets.ts";
import { toKnownEnds, untoldAmong } from "../encode/untold.ts";
import type { UserIndex } from "../encode/user-index.ts";
import type { LowerContext } from "../pipeline/options.ts";
import { dropUnshownOfShared } from "./shared-hosts.ts";
import type { LoweringRefusal } from "../pipeline/refusal.ts";
import { dropUnshown } from "./bare-boxes.ts";
import {
  dropForeignEnds,
  dropForeignMacs,
  dropForeignOfUnnamed,
  foreignEndsOf,
  foreignLost,
  type CheckedPort,
} from "./foreign-macs.ts";
import { EntryBudget, MOST_WAYS } from "./entry-budget.ts";
import { Losses, unshownOf, type LostBetween } from "./losses.ts";
import type { Returned } from "./returning.ts";
import { tellingHosts, type SharedMark } from "../encode/telling-hosts.ts";
import { beyondUntold, dropUntold, indexOfTold, sharedHelp } from "./untold.ts";
import { RegionEntries } from "./region-entries.ts";
import { leadersOf, regionsOf, type Region } from "./regions.ts";
import { restoreMacs, sharedAddresses } from "./restored.ts";
import {
  NOTHING_STEERED,
  steeredOnce,
  type RefusedSteering,
  type Steered,
  type SteeredEntries,
  type UnstatedSenders,
} from "./steered.ts";
import { toldByEnds, toldByVlan } from "./told-by-mac.ts";
import { dropUnknownIngress } from "./unknown-ingress.ts";
import { LaterHops, UnnamedEntries } from "./unnamed-ports.ts";
import { boxesOfStatedSources, dropUnstatedSources, unstatedSenders } from "./unstated-sources.ts";
import { append } from "../../net/lists.ts";
import { by } from "../../net/order.ts";

/** The entries of all waypoints and avoids in force, and what has to be reported about them. */
export function steeredEntries(
  inForce: readonly DerivedRule[],
  network: Topology,
  userIndex: UserIndex,
  context: LowerContext,
): Steered {
  const make = (): Steered => entriesOf(inForce, network, userIndex, context);
  return context.steersAlike === undefined ? make() : steeredOnce(context.steersAlike, inForce, make);
}

function entriesOf(
  inForce: readonly DerivedRule[],
  network: Topology,
  userIndex: UserIndex,
  context: LowerContext,
): Steered {
  const telling = tellingHosts(network, inForce);
  const { topology } = telling;
  // A box is one, and may send anything, though a statement that names it holds nothing.
  const { rules, nobody } = toKnownEnds(beyondUntold(inForce, telling), topology);
  const { entries: mostEntries, combinations } = context.ways ?? MOST_WAYS;
  const limit = Math.min(context.limit ?? combinations, combinations);
  // Nearly every rule takes an entry, so nothing is made of too many.
  if (rules.length > mostEntries)
    return refused(rules, { kind: "steered", limit: mostEntries, statements: [rules[0]!.statement] });
  const regions = regionsOf(rules, context, limit, topology);
  if ("statements" in regions) return refused(rules, { kind: "regions", limit, statements: regions.statements });
  const indexOf = indexOfTold(telling, userIndex, context);
  const dropped = dropUntold(inForce, network, telling, indexOf, context);
  const most = dropped.reduce((sum, { entries }) => sum + entries.reduce((n, { drafts }) => n + drafts.length, 0), 0);
  if (most > mostEntries)
    return refused(inForce, {
      kind: "steered",
      limit: mostEntries,
      statements: [...new Set(dropped.map(({ rule }) => rule.statement))],
      help: sharedHelp([...new Set(dropped.flatMap(({ shared }) => shared))]),
    });
  const entries: SteeredEntries[] = [];
  const refusals: RefusedSteering[] = [];
  const returns = new Map<string, Returned>();
  const checked = new Map<string, CheckedPort>();
  const unnamedBack = new Map<string, CheckedPort>();
  const withoutPath = new Map<string, Losses>();
  const unstatedMacs = new Map<string, readonly string[]>();
  const sharedMarks = new Map<string, readonly SharedMark[]>();
  const untold = new Map<string, readonly string[]>();
  const senders = new Map<string, UnstatedSenders>();
  const unknownEnd = new Map<string, Losses>();
  const endedAtBox = new Map<string, Losses>();
  const givenUp = new Set<string>();
  const budget = new EntryBudget(mostEntries);
  const nodes = new Set(inForce.flatMap((rule) => (rule.effect === "waypoint" ? (rule.nodes ?? []) : [])));
  const boxes = [...topology.hosts.values()].filter(({ name }) => nodes.has(name) && !boxFault(topology, name));
  const boxPorts = new Set(boxes.map(({ at }) => portKey(at)));
  const taken = new LaterHops();
  const stated = boxesOfStatedSources(inForce, topology);
  const unnamedPorts = new Map<string, readonly string[]>();
  const ends: Port[] = [];
  const isOfUnnamed = ({ laterLevel }: Region): boolean => laterLevel !== undefined;
  const made: { readonly region: Region; readonly asked: RegionEntries | UnnamedEntries }[] = [];
  for (const region of [...regions.filter((one) => !isOfUnnamed(one)), ...regions.filter(isOfUnnamed)]) {
    const asked = isOfUnnamed(region)
      ? new UnnamedEntries(region, topology, indexOf(region.cube), context, { budget, taken, ends })
      : new RegionEntries(region, topology, indexOf(region.cube), context, { budget, boxPorts });
    append(ends, asked.ends);
    made.push({ region, asked });
    if (budget.isSpent) break;
  }
  if (budget.isSpent) return refused(rules, { kind: "steered", limit: budget.most, statements: budget.greatest() });
  for (const { region, asked } of made) {
    for (const one of asked.entries) entries.push(one);
    append(refusals, asked.refusals);
    for (const one of asked.checked) addLongest(checked, one);
    if (asked instanceof UnnamedEntries) for (const one of asked.unnamedBack) addLongest(unnamedBack, one);
    for (const { at, from } of asked.returns) returns.set(`${portKey(at)} ${portKey(from)}`, { at, from });
    const leaders = leadersOf(region);
    // One warning is enough: the region of whole packets gives it, and not those of their fragments.
    if (region.fragments === "apart" && region.undirected === "apart")
      for (const { statement, cube, nodes: own = [] } of leaders) {
        // Two known ends that disagree mean packets of a router. They are not unknown.
        const isOpen = endPortsOf(topology, { cubes: [cube] }).some((one) => one.destinations === undefined);
        if (isOpen) addLosses(unknownEnd, statement, asked.missed.all);
        const boxesAt = new Set(own.flatMap((name) => topology.hosts.get(name)?.at ?? []).map((at) => portKey(at)));
        const ended = asked.ended.all.filter(({ to }) => to !== undefined && boxesAt.has(portKey(to)));
        addLosses(endedAtBox, statement, ended);
      }
    if (asked.isGivenUp) for (const { statement } of leaders) givenUp.add(statement);
    for (const { statement } of leaders) addLosses(withoutPath, statement, asked.lost.all);
    for (const { statement, cube } of leaders) {
      const unstated = senders.has(statement) ? undefined : unstatedSenders(cube, asked.returns, topology, stated);
      if (unstated !== undefined) senders.set(statement, unstated);
      addNames(unstatedMacs, statement, asked.unstatedMacs);
      if (asked instanceof UnnamedEntries) addNames(unnamedPorts, statement, asked.untold);
    }
  }
  const restored = restoreMacs({ rules: inForce, boxes, returns: returns.values() }, topology, userIndex, context);
  append(refusals, restored.refusals);
  append(entries, restored.entries);
  const unknownIngress = new Set<string>();
  for (const rule of rules) {
    addNames(untold, rule.statement, untoldAmong(rule.cube, namedEnds(rule, topology), topology));
    const ofUnknown = dropUnknownIngress(rule, rules, topology, userIndex, context);
    if (ofUnknown.refusal !== undefined) refusals.push({ rule, refusal: ofUnknown.refusal });
    if (ofUnknown.entries.length > 0) unknownIngress.add(rule.statement);
    append(entries, ofUnknown.entries);
  }
  const unstated = dropUnstatedSources(inForce, topology, userIndex, context);
  append(refusals, unstated.refusals);
  append(entries, unstated.entries);
  const foreign = dropForeignMacs(checked.values(), userIndex, context);
  append(refusals, foreign.refusals);
  append(entries, foreign.entries);
  append(entries, dropForeignOfUnnamed(unnamedBack.values(), topology, userIndex, context));
  for (const { rule, shared, lost, ...of } of dropped) {
    append(refusals, of.refusals);
    append(entries, of.entries);
    addLosses(withoutPath, rule.statement, lost);
    const known = sharedMarks.get(rule.statement) ?? [];
    sharedMarks.set(rule.statement, [...new Set([...known, ...shared])]);
  }
  const foreignEnds = foreignEndsOf(rules, topology);
  const droppedEnds = dropForeignEnds(foreignEnds, userIndex, context);
  append(refusals, droppedEnds.refusals);
  append(entries, droppedEnds.entries);
  for (const one of foreignEnds) {
    addLosses(withoutPath, one.rule.statement, foreignLost(one, topology));
    addNames(unstatedMacs, one.rule.statement, new Set(one.bare.map(({ name }) => name)));
  }
  const ofShared = dropUnshownOfShared(rules, userIndex, context);
  append(entries, ofShared.entries);
  for (const [statement, hosts] of ofShared.hosts) {
    const unshown = rules.flatMap((rule) => (rule.statement === statement ? (unshownOf(rule.cube) ?? []) : []));
    const ports = hosts.map((name) => topology.hosts.get(name)!.at);
    addLosses(
      withoutPath,
      statement,
      ports.flatMap((from) => unshown.map((flows) => ({ flows, from }))),
    );
    unstatedMacs.set(statement, [...new Set([...hosts, ...(unstatedMacs.get(statement) ?? [])])]);
  }
  const unshown = dropUnshown(inForce, network, userIndex, context);
  append(refusals, unshown.refusals);
  append(entries, unshown.entries);
  return {
    entries,
    refusals,
    unstatedSources: unstated.boxes,
    unstatedSenders: senders,
    bareBoxes: unshown.bare,
    macsOfBoxes: unshown.sharing,
    taggedByBoxes: toldByVlan(inForce, topology),
    endsByMac: toldByEnds(inForce, topology),
    untoldEnds: untold,
    nobodysEnds: nobody,
    shared: sharedAddresses({ rules: inForce, boxes, returns: returns.values() }, topology),
    returns: [...returns.values()],
    withoutPath: byStatement(withoutPath),
    unstatedMacs,
    sharedMarks,
    unnamedPorts,
    givenUp: [...givenUp].sort(),
    unknownIngress: [...unknownIngress].sort(),
    unknownEnd: byStatement(unknownEnd),
    endedAtBox: byStatement(endedAtBox),
  };
}

/** The hosts at the ports that a rule names as those where its flows leave. */
function namedEnds({ cube }: DerivedRule, { hosts }: Topology): readonly AttachedHost[] {
  const goesTo = constraint(cube, "dstAP");
  if (goesTo?.kind !== "name" || goesTo.not) return [];
  return [...hosts.values()].filter(({ at }) => setHolds(goesTo, portKey(at)));
}

function addLosses(map: Map<string, Losses>, statement: string, some: readonly LostBetween[]): void {
  if (some.length === 0) return;
  const known = map.get(statement) ?? new Losses();
  known.add(some);
  map.set(statement, known);
}

const byStatement = (losses: ReadonlyMap<string, Losses>): ReadonlyMap<string, Losses> =>
  new Map([...losses].toSorted(by(([statement]) => statement)));

/** Adds a port with the rule that ends last. */
function addLongest(ports: Map<string, CheckedPort>, one: CheckedPort): void {
  const known = ports.get(portKey(one.at));
  if (known === undefined || known.rule.end < one.rule.end) ports.set(portKey(one.at), one);
}

function addNames(map: Map<string, readonly string[]>, statement: string, names: ReadonlySet<string>): void {
  if (names.size > 0) map.set(statement, [...new Set([...(map.get(statement) ?? []), ...names])].sort());
}

/** Nothing but a refusal, at the first of its statements. */
function refused(
  rules: readonly DerivedRule[],
  refusal: Extract<LoweringRefusal, { kind: "steered" | "regions" }>,
): Steered {
  const rule = rules.find(({ statement }) => statement === refusal.statements[0]) ?? rules[0]!;
  return { ...NOTHING_STEERED, refusals: [{ rule, refusal }] };
}
