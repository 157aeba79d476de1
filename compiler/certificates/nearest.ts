/** A refused statement → statements that would be accepted instead, as text that can be submitted unchanged. */
import { suggest } from "../diagnostics/suggest.ts";
import { intersect, isEmpty, overlaps, partInside } from "../flowgroup/index.ts";
import type { Demand, RequestDemand } from "../model/model.ts";
import { intersection, overlap } from "../net/interval.ts";
import { shareOf, type Refusal, type Scarcity, type OtherRequest } from "./refusal.ts";
import { piecesWithoutPath } from "./no-path.ts";
import { offersOf } from "./offers.ts";
import { remainder } from "./remainder.ts";
import { widestFree } from "./widest.ts";
import { statedRights, withinParent } from "../shares/privileges.ts";
import type { Piece } from "./verdict.ts";
import { append } from "../net/lists.ts";

/** Statements in place of the refused one. */
export interface Proposals {
  /** Accepted together; empty: nothing near it would be accepted. */
  readonly nearest: readonly string[];
  /** They are only the widest piece that was found of what is left. */
  readonly isWidest?: true;
  /** Another choice. */
  readonly otherwise?: readonly string[];
}

/** The statements that would be accepted instead; every proposal was tried. */
export function proposals(refusal: Refusal, scarce: Scarcity | undefined): Proposals {
  const { code, statement } = refusal;
  const { demand } = statement;
  if (demand.kind === "request" && ABOUT_RATES.has(code)) {
    const [nearest = [], otherwise] = offers(refusal, demand, scarce);
    return { nearest, ...(otherwise && { otherwise }) };
  }
  const found = code === "no-path" ? withPath(refusal) : { nearest: nearestOf(refusal) };
  return widest.has(found.nearest) ? { ...found, isWidest: true } : found;
}

/** Reasons that lie in the rate. */
const ABOUT_RATES: ReadonlySet<string> = new Set([
  "above-cap",
  "below-floor",
  "over-limit",
  "share-short",
  "link-short",
]);

/** Other rates and times for a reservation or a limit: the same span first, then the earliest start. */
function offers(
  { acceptable, now, say, scarcity, tree }: Refusal,
  demand: RequestDemand,
  scarce?: Scarcity,
): readonly (readonly string[])[] {
  const { start, end } = demand.interval;
  const { limit } = tree.get(demand.share)!.privileges;
  if (start >= end) return [];
  return offersOf(scarce ?? scarcity(demand), now, limit, acceptable).map(say);
}

function nearestOf(refusal: Refusal): readonly string[] {
  const { statement, code, tree } = refusal;
  const { demand } = statement;
  if (code === "unknown-share") {
    if ((demand.kind === "Grant" || demand.kind === "Revoke") && tree.get(demand.user) !== undefined) {
      const turned = tried(refusal, { ...demand, share: demand.user, user: demand.share });
      if (turned.length > 0) return turned;
    }
    const meant = suggest(shareOf(demand)!, refusal.shares());
    return meant === undefined ? [] : tried(refusal, onShare(demand, meant));
  }
  if (code === "unknown-user" && "user" in demand) {
    const meant = suggest(demand.user, refusal.users());
    return meant === undefined ? [] : tried(refusal, { ...demand, user: meant });
  }
  // Where users have names of their own, one may not learn from what is proposed that another has this name.
  const isNotHers = code === "unknown-request" || (code === "may-not-cancel" && refusal.called !== undefined);
  if (isNotHers && demand.kind === "Cancel") {
    const meant = requestLike(demand.request, refusal);
    return meant === undefined ? [] : tried(refusal, { ...demand, request: meant });
  }
  if (demand.kind === "request") {
    if (code === "conflict" || code === "nothing-left" || code === "too-many-pieces") return free(refusal, demand);
    // Under another label, or none, it is another request.
    if (code === "label-in-use") return tried(refusal, demand);
    if (code === "outside-share") {
      const flows = partInside(demand.flows, tree.get(demand.share)!.flows);
      return isEmpty(flows) ? [] : tried(refusal, { ...demand, flows });
    }
    if (code === "node-outside") {
      const held = tree.get(demand.share)!.privileges[demand.action === "avoid" ? "avoid" : "waypoint"];
      const nodes = demand.nodes!.filter((node) => held === "all" || held.includes(node));
      return nodes.length === 0 ? [] : tried(refusal, { ...demand, nodes });
    }
    if (code === "starts-in-the-past") {
      const { start, end } = demand.interval;
      return start < end ? tried(refusal, notInThePast(demand, refusal.now)) : [];
    }
  }
  if (code === "not-empty" && demand.kind === "RemoveShare") return tried(refusal, { ...demand, cascade: true });
  if (demand.kind === "NewShare") {
    const parent = tree.get(demand.parent);
    if (!parent) return [];
    if (code === "outside-share") {
      const flows = partInside(demand.flows, parent.flows);
      return isEmpty(flows) ? [] : tried(refusal, { ...demand, flows });
    }
    if (code === "too-permissive") {
      const privileges = withinParent(demand.privileges, parent.privileges, parent.bucket);
      // A share that grants nothing would be accepted, and is of no use to anybody.
      return statedRights(privileges).length === 0 ? [] : tried(refusal, { ...demand, privileges });
    }
  }
  return [];
}

/** The identity of the request whose name is nearest. */
function requestLike(name: string, { requests, called }: Refusal): string | undefined {
  if (called === undefined) return suggest(name, requests());
  const byName = new Map(requests().map((id) => [called(id), id]));
  return byName.get(suggest(name, [...byName.keys()]) ?? "");
}

/** A request that begins in the past, from now on: to its own end, or as long as it was meant to last if that is over. */
function notInThePast(demand: RequestDemand, now: number): RequestDemand {
  const { start, end } = demand.interval;
  return { ...demand, interval: { start: now, end: end > now ? end : now + end - start } };
}

/** A demand as a proposal: as it is if it is acceptable, else what other requests leave of it. */
function tried(refusal: Refusal, demand: Demand): readonly string[] {
  if (refusal.acceptable(demand)) return refusal.say(demand);
  if (demand.kind !== "request") return [];
  if (demand.interval.start < refusal.now && demand.interval.start < demand.interval.end)
    return tried(refusal, notInThePast(demand, refusal.now));
  if (demand.rate !== undefined) return offers(refusal, demand)[0] ?? [];
  return free({ ...refusal, blockers: refusal.blockersOf(demand) }, demand);
}

/** The unblocked part of a request: in its own interval, else for the same length of time as early as possible. */
function free(refusal: Refusal, demand: RequestDemand): readonly string[] {
  const own = beside(refusal, demand);
  return own.length > 0 ? own : later(refusal, demand);
}

/** The part of a request that its blockers leave. */
function beside(refusal: Refusal, demand: RequestDemand): readonly string[] {
  const isSteered = demand.nodes !== undefined && demand.mode === "strict";
  return pieces(refusal, demand, isSteered ? takenBySteering(refusal, demand) : refusal.blockers.flatMap(piecesOf));
}

/** The request moved to the first end of a blocker after which something of it is left; its length stays. */
function later(refusal: Refusal, demand: RequestDemand): readonly string[] {
  const { start, end } = demand.interval;
  if (end === Infinity || start >= end) return [];
  const ever = { ...demand, interval: { start, end: Infinity } };
  const steering = demand.nodes === undefined ? [] : (refusal.pathQuestion(ever)?.beside ?? []);
  const ends = [...refusal.blockersOf(ever), ...steering].flatMap(({ pieces: own }) =>
    own.map(({ interval }) => interval.end),
  );
  const starts = [...new Set(ends)].filter((time) => time > start && time < Infinity).toSorted((a, b) => a - b);
  // Where there are very many ends, the search tries the first ones and the last.
  const most = Math.max(1, Math.min(STARTS, Math.floor(MOST_MET / Math.max(1, refusal.blockers.length))));
  for (const from of starts.length > most ? [...starts.slice(0, most), starts.at(-1)!] : starts) {
    const moved = { ...demand, interval: { start: from, end: from + (end - start) } };
    const found = beside({ ...refusal, blockers: refusal.blockersOf(moved) }, moved);
    if (found.length > 0) return found;
  }
  return [];
}

/** The search tries at most this many ends of blockers as a start, fewer where many requests stand in the way. */
const STARTS = 64;
const MOST_MET = 2_000;

const piecesOf = ({ pieces: own }: OtherRequest): readonly Piece[] => own;

/** For flows without a path: those that have one; or all of them, by as many of the nodes as leave them a path. */
function withPath(refusal: Refusal): Proposals {
  const { demand } = refusal.statement;
  if (demand.kind !== "request" || demand.nodes === undefined) return { nearest: [] };
  const nearest = pieces(refusal, demand, takenBySteering(refusal, demand));
  let nodes: readonly string[] = [];
  for (const node of demand.nodes) {
    const more = [...nodes, node];
    if (more.length < demand.nodes.length && refusal.acceptable({ ...demand, nodes: more })) nodes = more;
  }
  const fewer = nodes.length === 0 ? [] : refusal.say({ ...demand, nodes });
  if (nearest.length === 0) return { nearest: fewer.length > 0 ? fewer : later(refusal, demand) };
  return { nearest, ...(fewer.length > 0 && { otherwise: fewer }) };
}

/**
 * The pieces that are blocked, or have no path. A part may show where its flows go although the whole does not, so the
 * search looks at the rest again until all of it has a path.
 */
function takenBySteering({ blockers, pathQuestion }: Refusal, demand: RequestDemand): readonly Piece[] {
  const missing = (parts: readonly Piece[]): Piece[] =>
    parts.flatMap((part) => piecesWithoutPath(pathQuestion({ ...demand, ...part })));
  const taken = [...blockers.flatMap(piecesOf), ...missing([demand])];
  for (;;) {
    const left = remainder(demand.flows, demand.interval, taken, MOST_TRIED);
    // What takes nothing of the rest would be found again for ever.
    const more = left === "undecided" ? [] : missing(left).filter((piece) => left.some((part) => meet(piece, part)));
    if (more.length === 0) break;
    append(taken, more);
  }
  return taken;
}

const meet = (a: Piece, b: Piece): boolean => overlap(a.interval, b.interval) && overlaps(a.flows, b.flows);

/** A proposal of more cubes than this is no help to a reader: then it is the widest one of them. */
const MOST_OFFERED = 32;

/** Proposals that are only the widest piece of what is left. */
const widest = new WeakSet<readonly string[]>();

/** The most cubes that are cut out of a request one by one. */
const MOST_CUT = 200;

/** So many cubes are made to see what is left. */
const MOST_TRIED = 1_000;

function pieces(refusal: Refusal, demand: RequestDemand, taken: readonly Piece[]): readonly string[] {
  const asked = askedOf(refusal, demand);
  // Where that many are in the way, what is left falls into more pieces than are offered, and cutting them out is dear.
  const isDear = taken.reduce((sum, { flows }) => sum + flows.cubes.length, 0) > MOST_CUT;
  const left = isDear
    ? []
    : asked.map(({ flows, interval }) => {
        const found = remainder(flows, interval, taken, MOST_TRIED);
        return found === "undecided" ? found : refusal.cut(flows, found);
      });
  const known = isDear || left.includes("undecided") ? undefined : (left as (readonly Piece[])[]).flat();
  const isShort = known !== undefined && known.reduce((sum, { flows }) => sum + flows.cubes.length, 0) <= MOST_OFFERED;
  const offered = isShort ? known : [widestFree(asked, taken) ?? []].flat();
  const demands = offered.map(({ flows, interval }): RequestDemand => ({ ...demand, flows, interval }));
  if (!demands.every(refusal.acceptable)) return [];
  const texts = demands.flatMap(refusal.say);
  if (!isShort && texts.length > 0) widest.add(texts);
  return texts;
}

/** What a demand asks for: a rule of a policy asks for less where `pass` hands flows on for a time. */
function askedOf({ asked }: Refusal, demand: RequestDemand): readonly Piece[] {
  if (asked.length === 1) return [demand];
  return asked.flatMap((piece) => {
    const interval = intersection(piece.interval, demand.interval);
    return interval ? [{ flows: intersect(piece.flows, demand.flows), interval }] : [];
  });
}

function onShare(demand: Demand, share: string): Demand {
  if (demand.kind === "NewShare") return { ...demand, parent: share };
  return "share" in demand ? { ...demand, share } : demand;
}
