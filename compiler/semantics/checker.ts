/**
 * The independent checker of certificates (SEMANTICS, "Certificates"). It checks that every blocker blocks and all are
 * listed, that the witness shows the reason, that the chain is right, that the pieces are exactly what is left, and
 * that the nearest acceptable request is accepted. It works on points, with the reference network alone.
 */
import type { Flow } from "../flowgroup/cube.ts";
import type { RequestDemand } from "../model/model.ts";
import type { Certificate, Grant, Piece } from "../certificates/verdict.ts";
import type { Case } from "./case.ts";
import type { ReferenceDecision } from "./granted.ts";
import { bandwidthFaults } from "./scarcity-checker.ts";
import { isIn } from "./points.ts";
import { pathFaults } from "./path-checker.ts";

/** The faults of a verdict and its certificate; none if both are right. */
export function faultsOf(one: Case): string[] {
  const { statement, id, verdict, now, before } = one;
  const decision = before.decide(statement, id, now);
  if (verdict.kind === "accepted") {
    const faults = decision.reasons.size > 0 ? [`accepted in spite of ${[...decision.reasons].join()}`] : [];
    if (decision.blockers.size > 0) faults.push(`accepted in spite of ${[...decision.blockers].join()}`);
    return [...faults, ...grantFaults(one, decision, verdict)];
  }
  const { certificate } = verdict;
  const faults = chainFaults(one, certificate);
  if (verdict.kind === "rejected") {
    if (!decision.reasons.has(certificate.code)) {
      faults.push(`rejected as ${certificate.code}, where ${[...decision.reasons].join() || "nothing"} is the reason`);
    }
  } else {
    if (decision.reasons.size > 0) faults.push(`granted in part in spite of ${[...decision.reasons].join()}`);
    faults.push(...grantFaults(one, decision, verdict));
  }
  if (certificate.code === "conflict" || certificate.code === "nothing-left") {
    const listed = certificate.blockers.map((blocker) => blocker.id).toSorted();
    const real = [...decision.blockers].toSorted();
    if (listed.join() !== real.join()) faults.push(`lists ${listed.join()} as blockers, where ${real.join()} block`);
  }
  const { nearest, otherwise = [] } = certificate;
  return [
    ...faults,
    ...witnessFaults(one, certificate),
    ...nearestFaults(one, decision, { ...certificate, nearest }),
    ...nearestFaults(one, decision, { ...certificate, code: "another choice", nearest: otherwise }),
    ...silenceFaults(one, certificate),
    ...bandwidthFaults(one, certificate),
    ...pathFaults(one, decision, certificate),
  ];
}

function chainFaults({ statement: { demand }, before }: Case, { chain }: Certificate): string[] {
  const named =
    demand.kind === "NewShare"
      ? demand.parent
      : demand.kind === "Cancel"
        ? before.accepted.find((one) => one.id === demand.request)?.share
        : "share" in demand
          ? demand.share
          : undefined;
  const real: string[] = [];
  for (let at = before.shares.get(named ?? ""); at; at = at.parent) real.push(at.name);
  return chain.join() === real.join() ? [] : [`walked ${chain.join()} instead of ${real.join()}`];
}

/** Faults unless the grant is exactly what the reference grants: flows, times and rate. */
function grantFaults(one: Case, decision: ReferenceDecision, { pieces, rate }: Grant): string[] {
  const due = rate === undefined ? undefined : decision.granted?.rate;
  const faults = rate === due ? [] : [`granted ${rate} where ${due} is due`];
  return [...faults, ...piecesFaults(one, decision, pieces)];
}

/** Faults unless the pieces are disjoint and exactly what no blocker holds. */
function piecesFaults(
  { statement: { demand }, before }: Case,
  { granted }: ReferenceDecision,
  pieces: readonly Piece[],
): string[] {
  if (demand.kind !== "request" || !granted) return [];
  for (const instant of before.universe.instants) {
    for (const flow of before.universe.flows) {
      const held = pieces.filter((piece) => holds(piece, flow, instant)).length;
      const due = granted.holds(flow, instant) ? 1 : 0;
      if (held !== due) return [`${JSON.stringify(flow)} at ${instant} is in ${held} pieces instead of ${due}`];
    }
  }
  return [];
}

const holds = ({ flows, interval }: Piece, flow: Flow, instant: number): boolean =>
  interval.start <= instant && instant < interval.end && isIn(flows, flow);

/** Faults unless a conflict or flows outside of a share have a witness that shows them. */
function witnessFaults(
  { statement: { demand, position }, before }: Case,
  { code, witness, blockers }: Certificate,
): string[] {
  const owed = code === "conflict" || code === "nothing-left" || code === "outside-share";
  if (!owed || (demand.kind !== "request" && demand.kind !== "NewShare")) return [];
  if (!witness) return [`${code} without a witness`];
  const { flow, instant } = witness;
  if (!isIn(demand.flows, flow)) return ["the witness is none of the flows asked for"];
  if (position?.passes(flow, instant)) return ["the witness is handed on"];
  if (code === "outside-share") {
    const share = before.shares.get(demand.kind === "request" ? demand.share : demand.parent)!;
    return isIn(share.flows, flow) ? ["the witness lies inside the share"] : [];
  }
  const standing = before.accepted.filter(({ id }) => blockers.some((blocker) => blocker.id === id));
  return standing.some((one) => one.holds(flow, instant)) ? [] : ["no blocker holds the witness"];
}

/**
 * Faults if nothing is proposed instead of an allow or a deny, although a part of it would be granted at a later time.
 */
function silenceFaults({ statement, id, now, before }: Case, { code, nearest }: Certificate): string[] {
  const { demand, position } = statement;
  if (nearest.length > 0 || position || demand.kind !== "request" || demand.rate !== undefined || demand.nodes)
    return [];
  if (code !== "conflict" && code !== "nothing-left") return [];
  const { start, end } = demand.interval;
  const later = before.universe.instants.find((at) => {
    const interval = { start: at, end: at + (end - start) };
    const moved: RequestDemand = { ...demand, mode: "partial", interval };
    return at >= start && before.decide({ ...statement, demand: moved }, `${id} instead`, now).reasons.size === 0;
  });
  return later === undefined ? [] : [`some of it is free ${later - start} s later, and nothing is proposed`];
}

/** Faults unless all proposals are accepted together, and those for a conflict are everything that is left. */
function nearestFaults(
  { statement, now, before, read }: Case,
  decision: ReferenceDecision,
  certificate: Certificate,
): string[] {
  const { code, nearest } = certificate;
  const trial = before.fork();
  const demands: RequestDemand[] = [];
  for (const [at, text] of nearest.entries()) {
    const proposal = { ...read(text), speaker: statement.speaker };
    // Waypoints of several statements are passed in order of their identities, so a waypoint keeps its own.
    const id = "nodes" in proposal.demand ? proposal.id : `proposal ${at}`;
    const { reasons, blockers } = trial.submit(proposal, id, now);
    if (reasons.size > 0) return [`\`${text}\` is not accepted: ${[...reasons].join()}`];
    if (blockers.size > 0) return [`\`${text}\` is not accepted whole`];
    if (proposal.demand.kind === "request") demands.push(proposal.demand);
  }
  const { demand } = statement;
  // `path-checker.ts` checks the proposals for waypoints and avoids.
  if (code !== "conflict" || demand.kind !== "request" || demand.nodes !== undefined) return [];
  if ([...decision.reasons].some((reason) => reason !== "conflict")) return [];
  const { start, end } = demand.interval;
  const isLeft = before.universe.instants.some((at) =>
    before.universe.flows.some((flow) => decision.granted!.holds(flow, at)),
  );
  // If nothing is left in its span, the same flows are proposed for another span.
  if (!isLeft)
    return demands.every(({ interval }) => interval.start > start && interval.end === interval.start + end - start)
      ? []
      : ["nothing is left, and less is proposed"];
  for (const instant of before.universe.instants) {
    for (const flow of before.universe.flows) {
      const free = decision.granted!.holds(flow, instant);
      const proposed = demands.some((one) => holds(one, flow, instant));
      // The rest may exceed a bound that the whole did not. Then there is no proposal at all.
      if (free !== proposed && nearest.length > 0)
        return [`${JSON.stringify(flow)} at ${instant} is free: ${free}, proposed: ${proposed}`];
      if (free && nearest.length === 0) return ["something is left, and nothing is proposed"];
    }
  }
  return [];
}
