/** What would be accepted in place of a refused statement, in words that can be sent back as they stand. */
import { suggest } from "../diagnostics/suggest.ts";
import { intersect, isEmpty } from "../flowgroup/index.ts";
import type { Demand, RequestDemand } from "../model/model.ts";
import { shareOf, type Refusal, type Scarcity, type Standing } from "./refusal.ts";
import { strandedPieces } from "./no-way.ts";
import { remainder } from "./remainder.ts";
import { lowered, postponed } from "./scarcity.ts";
import type { Share } from "./tree.ts";
import type { Piece } from "./verdict.ts";

/** Statements in place of the refused one. */
export interface Proposals {
  /** Accepted together; empty: there is nothing near. */
  readonly nearest: readonly string[];
  /** Another choice. */
  readonly otherwise?: readonly string[];
}

/** What would be accepted in its place; every proposal was tried. */
export function proposals(refusal: Refusal, scarce: Scarcity | undefined): Proposals {
  if (refusal.code === "no-path") return passable(refusal);
  if (!scarce) return { nearest: nearestOf(refusal) };
  // The same span first, then the earliest start (SEMANTICS, "Certificates").
  const { acceptable, now, say } = refusal;
  const choices = [lowered(scarce), scarce.booking.action === "reserve" ? postponed(scarce, now) : undefined];
  const good = choices.filter((one) => one !== undefined).map((one) => ({ ...one, mode: "strict" as const }));
  const [nearest, otherwise] = good.filter(acceptable).map(say);
  return { nearest: nearest ?? [], ...(otherwise && { otherwise }) };
}

function nearestOf(refusal: Refusal): readonly string[] {
  const { statement, code, tree } = refusal;
  const { demand } = statement;
  if (code === "unknown-share") {
    const meant = suggest(shareOf(demand)!, tree.names());
    return meant === undefined ? [] : tried(refusal, onShare(demand, meant));
  }
  if (code === "unknown-user" && "user" in demand) {
    const meant = suggest(demand.user, refusal.users());
    return meant === undefined ? [] : tried(refusal, { ...demand, user: meant });
  }
  if (code === "unknown-request" && demand.kind === "Cancel") {
    const meant = suggest(demand.request, refusal.requests());
    return meant === undefined ? [] : tried(refusal, { ...demand, request: meant });
  }
  if (demand.kind === "request") {
    const limit = tree.get(demand.share)?.privileges.limit;
    if (code === "above-cap") return tried(refusal, { ...demand, rate: limit!.cap });
    if (code === "below-floor") return tried(refusal, { ...demand, rate: limit!.floor });
    if (code === "conflict" || code === "nothing-left") {
      const isLed = demand.nodes !== undefined && demand.mode === "strict";
      return pieces(refusal, demand, isLed ? wayless(refusal, demand) : refusal.blockers.flatMap(piecesOf));
    }
    if (code === "outside-share") {
      const flows = intersect(demand.flows, tree.get(demand.share)!.flows);
      return isEmpty(flows) ? [] : tried(refusal, { ...demand, flows });
    }
    if (code === "node-outside") {
      const held = tree.get(demand.share)!.privileges[demand.action === "avoid" ? "avoid" : "waypoint"];
      const nodes = demand.nodes!.filter((node) => held === "all" || held.includes(node));
      return nodes.length === 0 ? [] : tried(refusal, { ...demand, nodes });
    }
    if (code === "starts-in-the-past" && demand.interval.end > refusal.now) {
      return tried(refusal, { ...demand, interval: { start: refusal.now, end: demand.interval.end } });
    }
  }
  if (code === "not-empty" && demand.kind === "RemoveShare") return tried(refusal, { ...demand, cascade: true });
  if (demand.kind === "NewShare") {
    const parent = tree.get(demand.parent);
    if (!parent) return [];
    if (code === "outside-share") {
      const flows = intersect(demand.flows, parent.flows);
      return isEmpty(flows) ? [] : tried(refusal, { ...demand, flows });
    }
    if (code === "too-permissive") return tried(refusal, { ...demand, privileges: within(demand, parent) });
  }
  return [];
}

/** A demand that is sent back: as it is if it is acceptable, else what its blockers leave of it. */
function tried(refusal: Refusal, demand: Demand): readonly string[] {
  if (refusal.acceptable(demand)) return refusal.say(demand);
  return demand.kind === "request" ? pieces(refusal, demand, refusal.blockersOf(demand).flatMap(piecesOf)) : [];
}

const piecesOf = ({ pieces: own }: Standing): readonly Piece[] => own;

/** Of flows without a way: those that have one; or all of them, by as many of the nodes as leave them a way. */
function passable(refusal: Refusal): Proposals {
  const { demand } = refusal.statement;
  if (demand.kind !== "request" || demand.nodes === undefined) return { nearest: [] };
  const nearest = pieces(refusal, demand, wayless(refusal, demand));
  let nodes: readonly string[] = [];
  for (const node of demand.nodes) {
    const more = [...nodes, node];
    if (more.length < demand.nodes.length && refusal.acceptable({ ...demand, nodes: more })) nodes = more;
  }
  const fewer = nodes.length === 0 ? [] : refusal.say({ ...demand, nodes });
  if (nearest.length === 0) return { nearest: fewer };
  return { nearest, ...(fewer.length > 0 && { otherwise: fewer }) };
}

/** What has no way or is led otherwise. A part may tell where its flows go as the whole did not, so parts are tried too. */
function wayless({ blockers, crossroads }: Refusal, demand: RequestDemand): readonly Piece[] {
  const ways = (parts: readonly Piece[]): Piece[] =>
    parts.flatMap((part) => strandedPieces(crossroads({ ...demand, ...part })));
  const taken = [...blockers.flatMap(piecesOf), ...ways([demand])];
  for (;;) {
    const more = ways(remainder(demand.flows, demand.interval, taken));
    if (more.length === 0) break;
    taken.push(...more);
  }
  return taken;
}

function pieces(refusal: Refusal, demand: RequestDemand, taken: readonly Piece[]): readonly string[] {
  const left = askedOf(refusal, demand).flatMap(({ flows, interval }) => remainder(flows, interval, taken));
  const demands = left.map(({ flows, interval }): RequestDemand => ({ ...demand, flows, interval }));
  return demands.every(refusal.acceptable) ? demands.flatMap(refusal.say) : [];
}

/** What is asked for of a demand: a rule of a policy asks for less where `pass` hands flows on for a time. */
function askedOf({ asked }: Refusal, demand: RequestDemand): readonly Piece[] {
  if (asked.length === 1) return [demand];
  return asked.flatMap((piece) => {
    const start = Math.max(piece.interval.start, demand.interval.start);
    const end = Math.min(piece.interval.end, demand.interval.end);
    return start < end ? [{ flows: intersect(piece.flows, demand.flows), interval: { start, end } }] : [];
  });
}

function onShare(demand: Demand, share: string): Demand {
  if (demand.kind === "NewShare") return { ...demand, parent: share };
  return "share" in demand ? { ...demand, share } : demand;
}

/** Stated privileges lowered to what the parent effectively holds. */
function within(demand: Demand & { kind: "NewShare" }, parent: Share): typeof demand.privileges {
  const stated = demand.privileges;
  const top = parent.privileges;
  const bucket = parent.bucket;
  const most = (own: number | undefined, bound: number | undefined): number | undefined =>
    own === undefined || bound === undefined ? own : Math.min(own, bound);
  const least = (own: number | undefined, bound: number | undefined): number | undefined =>
    own === undefined || bound === undefined ? own : Math.max(own, bound);
  const nodes = (kind: "waypoint" | "avoid"): readonly string[] | undefined => {
    const held = top[kind];
    return held === "all" ? stated[kind] : stated[kind]?.filter((node) => held.includes(node));
  };
  const lowered = {
    allow: stated.allow && top.allow,
    deny: stated.deny && top.deny,
    hint: stated.hint && top.hint,
    query: stated.query && top.query,
    // Where the parent may reserve nothing, none of it is left.
    ...(top.reserve.max > 0 && {
      reserveMax: most(stated.reserveMax, top.reserve.max),
      reserveMin: least(stated.reserveMin, top.reserve.min),
      fill: most(stated.fill, bucket?.fill),
      capacity: most(stated.capacity, bucket?.capacity),
    }),
    limitCap: top.limit ? most(stated.limitCap, top.limit.cap) : undefined,
    limitFloor: top.limit ? least(stated.limitFloor, top.limit.floor) : undefined,
    waypoint: nodes("waypoint"),
    avoid: nodes("avoid"),
    requests: most(stated.requests, top.requests),
    entries: most(stated.entries, top.entries),
  };
  return Object.fromEntries(Object.entries(lowered).filter(([, given]) => given !== undefined));
}
