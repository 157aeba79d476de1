/**
 * The part of the checker for certificates about paths. It checks that exactly the statements which leave flows without
 * a path are blamed, that there is no path between the named places and the gap is where the certificate says, and that
 * the offer is everything that has a path.
 */
import type { Flow } from "../flowgroup/cube.ts";
import type { RequestDemand } from "../model/model.ts";
import type { Port } from "../paths/topology.ts";
import type { Certificate, NoPath } from "../certificates/verdict.ts";
import type { Case } from "./case.ts";
import { isContrary, type ReferenceDecision } from "./granted.ts";
import { isIn } from "./points.ts";
import { areJoined, portOf, type PathQuery } from "./path-reference.ts";

/** The faults of a certificate about paths. */
export function pathFaults(one: Case, decision: ReferenceDecision, certificate: Certificate): string[] {
  const { demand } = one.statement;
  if (demand.kind !== "request" || demand.nodes === undefined) return [];
  if (certificate.code === "conflict" && demand.mode === "strict")
    return offerFaults(one, demand, decision, certificate);
  if (certificate.code !== "no-path") return [];
  return [
    ...blameFaults(one, demand, decision, certificate),
    ...placeFaults(one, demand, certificate),
    ...offerFaults(one, demand, decision, certificate),
  ];
}

/**
 * Faults unless without the blamed statements all flows have a path and nothing contradicts the request, and with any
 * one of them this does not hold. None may be blamed if the request alone has no path.
 */
function blameFaults(
  { before, id }: Case,
  demand: RequestDemand,
  { blockers: contrary }: ReferenceDecision,
  { blockers }: Certificate,
): string[] {
  const blamed = blockers.map((blocker) => blocker.id);
  const { flows, instants } = before.universe;
  const isFree = (gone: readonly string[]): boolean => {
    const beside = before.accepted.filter((one) => !gone.includes(one.id));
    return !instants.some((at) => flows.some((flow) => before.isWithoutPath(demand, id, flow, at, beside)));
  };
  if (blamed.length === 0) {
    return isFree(before.accepted.map((one) => one.id)) ? ["no statement is blamed, and alone it has a path"] : [];
  }
  if (!isFree(blamed)) return [`there would be no path without ${blamed.join()} either`];
  const spared = [...contrary].filter((name) => !blamed.includes(name));
  if (spared.length > 0) return [`${spared.join()} contradicts it, and is not blamed`];
  const idle = blamed.filter((name) => !contrary.has(name) && isFree(blamed.filter((other) => other !== name)));
  return idle.map((name) => `${name} is blamed without need`);
}

/** Faults unless the witness has no path, and there is none between the named places through the named nodes. */
function placeFaults({ before, id }: Case, demand: RequestDemand, { noPath, witness }: Certificate): string[] {
  if (!noPath || !witness) return ["no places, or no witness"];
  const { flow, instant } = witness;
  const topology = before.paths!.topology;
  if (!before.isWithoutPath(demand, id, flow, instant)) return ["the witness has a path"];
  const from = portOf(topology, flow.srcHost)!;
  const to = noPath.to === undefined ? undefined : portOf(topology, flow.dstHost);
  const faults: string[] = [];
  if (name(from) !== noPath.from || (to && name(to)) !== noPath.to)
    faults.push("the witness is not from there to there");
  const asked = [...noPath.passes, ...noPath.avoids];
  if (before.paths!.has({ from, to, ...nodesOf(noPath) })) faults.push("there is a path between the places");
  for (const by of new Set(asked.map((one) => one.by))) {
    const fewer = {
      passes: noPath.passes.filter((one) => one.by !== by),
      avoids: noPath.avoids.filter((one) => one.by !== by),
    };
    if (!before.paths!.has({ from, to, ...nodesOf(fewer) }))
      faults.push(`there is no path without ${by ?? "its own nodes"} either`);
  }
  for (const [kind, nodes] of [
    ["waypoint", noPath.passes],
    ["avoid", noPath.avoids],
  ] as const) {
    for (const { node, by } of nodes) if (!asks(kind, node, by)) faults.push(`${by ?? "it"} does not ask for ${node}`);
  }
  return [...faults, ...gapFaults(noPath)];

  function asks(kind: string, node: string, by: string | undefined): boolean {
    if (by === undefined) return demand.action === kind && demand.nodes!.includes(node);
    const other = before.accepted.find((one) => one.id === by);
    return other?.kind === kind && other.nodes!.includes(node) && other.holds(flow, instant);
  }

  function gapFaults({ gap, avoids }: NoPath): string[] {
    if (gap === undefined) return [];
    if (areJoined(topology, gap.from, gap.to) !== gap.connected) return [`joined: ${!gap.connected}`];
    const all = [...topology.trunks.keys()].filter((one) => areJoined(topology, gap.from, one));
    if (gap.reached.join() !== all.join()) return [`reached are ${all.join()}`];
    // From switch to switch, by any port.
    const at = (place: string): Port => ({ switch: place, port: 0 });
    const leg = {
      from: at(gap.from),
      to: { switch: gap.to, port: -1 },
      lists: [],
      avoid: avoids.map(({ node }) => node),
    };
    return before.paths!.has(leg) ? [`there is a path from ${gap.from} to ${gap.to}`] : [];
  }
}

const name = (port: Port): string => `${port.switch}:${port.port}`;

const nodesOf = ({ passes, avoids }: Pick<NoPath, "passes" | "avoids">): Pick<PathQuery, "lists" | "avoid"> => ({
  lists: [...Map.groupBy(passes, ({ by }) => by).values()].map((some) => some.map(({ node }) => node)),
  avoid: avoids.map(({ node }) => node),
});

/**
 * Faults unless the offer holds all flows with a path and no blocker, and the other offer holds all flows, through as
 * many nodes as possible.
 */
function offerFaults(
  { before, id, now, read, statement }: Case,
  demand: RequestDemand,
  { reasons, blockers }: ReferenceDecision,
  { code, nearest, otherwise = [] }: Certificate,
): string[] {
  if ([...reasons].some((reason) => reason !== "no-path" && reason !== "conflict")) return [];
  const taken = before.accepted.filter((one) => blockers.has(one.id));
  const isFree = (flow: Flow, at: number): boolean =>
    isIn(demand.flows, flow) &&
    demand.interval.start <= at &&
    at < demand.interval.end &&
    !before.isWithoutPath(demand, id, flow, at) &&
    !taken.some((one) => one.holds(flow, at));
  /** Whether there is a path between the flow's own hosts, whatever ends the statements list. */
  const hasOwnPath = (flow: Flow, at: number): boolean => {
    const [enters, leaves] = [flow.srcHost, flow.dstHost].map((ip) => portOf(before.paths!.topology, ip));
    const beside = before.accepted.filter((one) => one.nodes && !isContrary(one, demand) && one.holds(flow, at));
    const steerers = [{ id, kind: demand.action, nodes: demand.nodes! }, ...beside].toSorted((a, b) =>
      a.id < b.id ? -1 : 1,
    );
    const nodes = (kind: string) => steerers.flatMap((one) => (one.kind === kind ? [one.nodes!] : []));
    const query = { lists: nodes("waypoint"), avoid: nodes("avoid").flat() };
    return !enters || [leaves, undefined].every((to) => before.paths!.has({ from: enters, to, ...query }));
  };
  const { flows, instants } = before.universe;
  const offers = nearest.map((text) => read(text).demand as RequestDemand);
  const whole = offers.every(({ nodes }) => nodes?.join() === demand.nodes?.join()) ? offers : [];
  // An offer that is submitted has another identity, and waypoints of several statements are passed in that order.
  const reordered = demand.action === "waypoint" && before.accepted.some(({ kind }) => kind === "waypoint");
  if (reordered && whole.length === 0) return [];
  const faults: string[] = [];
  for (const at of instants) {
    for (const flow of flows) {
      const offered = whole.some((one) => isIn(one.flows, flow) && one.interval.start <= at && at < one.interval.end);
      const free = isFree(flow, at);
      // A proposal may list destinations although the request did not. Then flows need a path to these.
      if (free && !offered && !hasOwnPath(flow, at)) continue;
      if (offered !== free) return [`${JSON.stringify(flow)} at ${at} is offered: ${offered}`];
    }
  }
  const fewer =
    (whole.length > 0 ? otherwise : nearest).map((text) => (read(text).demand as RequestDemand).nodes!)[0] ?? [];
  if (reordered || code === "conflict") return faults;
  const missing = demand.nodes!.filter((node) => !fewer.includes(node));
  for (const node of missing) {
    const nodes = demand.nodes!.filter((one) => one === node || fewer.includes(one));
    if (nodes.length === demand.nodes!.length) continue;
    const more = { ...statement, demand: { ...demand, nodes } };
    const tried = before.decide(more, id, now);
    if (tried.reasons.size === 0 && tried.blockers.size === 0) faults.push(`it could have ${nodes.join()}`);
  }
  return faults;
}
