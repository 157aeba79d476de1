/**
 * A rejection as a certificate (SEMANTICS, "Certificates"): reason, blockers, a witness on which it shows, the shares
 * walked, and the nearest request that would be accepted in its place.
 */
import type { Proof } from "../datalog/types.ts";
import type { Flowgroup } from "../flowgroup/cube.ts";
import { difference, intersect, isEmpty, witness } from "../flowgroup/index.ts";
import type { Demand, Interval, RequestDemand, Statement } from "../model/model.ts";
import type { Span } from "../source.ts";
import { suggest } from "../diagnostics/suggest.ts";
import { REASONS, isReason } from "./reasons.ts";
import { remainder } from "./remainder.ts";
import type { Share, ShareTree } from "./tree.ts";
import type { Blocker, Certificate, Piece, Witness } from "./verdict.ts";
import { demandText, list } from "./words.ts";

/** An accepted request as certificates need it. */
export interface Standing {
  readonly id: string;
  readonly kind: string;
  readonly share: Share;
  readonly interval: Interval;
  readonly pieces: readonly Piece[];
  readonly text: string;
  readonly span: Span;
}

/** What is known when a statement is rejected. */
export interface Refusal {
  readonly statement: Statement;
  /** The reason, or the sentence of a rule that the network added. */
  readonly code: string;
  readonly blockers: readonly Standing[];
  readonly proof: Proof | undefined;
  readonly tree: ShareTree;
  readonly now: number;
  readonly users: () => Iterable<string>;
  readonly requests: () => Iterable<string>;
  readonly standing: (id: string) => Standing | undefined;
  /** What stands in a share's way of being removed. */
  readonly content: (share: Share) => readonly Blocker[];
  readonly cost: (share: Share, whole: boolean) => { readonly requests: number; readonly entries: number };
  /** Rights and bounds that a NewShare states beyond its parent's. */
  readonly excess: readonly string[];
  /** Whether a demand by the same speaker would be accepted whole, now. */
  readonly acceptable: (demand: Demand) => boolean;
  /** The accepted requests that would block a request. */
  readonly blockersOf: (demand: RequestDemand) => readonly Standing[];
}

/** The certificate of a rejection. */
export function certify(refusal: Refusal): Certificate {
  const { statement, code, blockers, proof, tree } = refusal;
  const share = cancelled(refusal)?.name ?? shareOf(statement.demand);
  const removal = code === "not-empty" && share !== undefined ? tree.get(share) : undefined;
  const found = witnessOf(refusal);
  return {
    code: isReason(code) ? code : "own-rule",
    reason: reasonOf(refusal),
    statement: statement.id,
    span: statement.span,
    blockers: removal ? refusal.content(removal) : blockers.map(asBlocker),
    ...(found && { witness: found }),
    chain: share === undefined ? [] : [...(tree.get(share)?.chain() ?? [])].map((one) => one.name),
    nearest: nearestOf(refusal),
    ...(proof && { proof }),
  };
}

/** An accepted request as others see it in their way. */
export const asBlocker = ({ id, kind, share, interval, span, text }: Standing): Blocker => ({
  id,
  kind,
  share: share.name,
  interval,
  span,
  text,
});

/** The share of the request that a Cancel names. */
function cancelled({ statement, standing }: Refusal): Share | undefined {
  return statement.demand.kind === "Cancel" ? standing(statement.demand.request)?.share : undefined;
}

/** The share that a statement speaks about; of a NewShare the parent. */
export function shareOf(demand: Demand): string | undefined {
  if (demand.kind === "NewShare") return demand.parent;
  return "share" in demand ? demand.share : undefined;
}

function reasonOf(refusal: Refusal): string {
  const { statement, code, blockers, tree } = refusal;
  const { demand, speaker } = statement;
  const share = shareOf(demand) ?? "";
  const kind = demand.kind === "request" ? demand.action : demand.kind;
  const user = "user" in demand ? demand.user : speaker;
  const report = isReason(code) ? REASONS[code] : undefined;
  const say = (words: Readonly<Record<string, string | number>>): string => report!({ ...words } as never).message;
  if (!isReason(code)) return REASONS["own-rule"]({ rule: code }).message;
  switch (code) {
    case "unknown-request":
      return say({ request: demand.kind === "Cancel" ? demand.request : statement.id });
    case "not-root":
      return say({ deed: demand.kind === "AddUser" ? "add users" : "remove users", speaker });
    case "may-not-cancel":
      return say({ speaker, share: cancelled(refusal)!.name });
    case "root-stays":
      return say({ name: demand.kind === "RemoveShare" ? share : "root" });
    case "share-exists":
      return say({ share: demand.kind === "NewShare" ? demand.share : share });
    case "label-in-use":
      return say({ label: statement.label ?? statement.id });
    case "contradictory":
    case "too-permissive": {
      const made = demand.kind === "NewShare" ? demand.share : share;
      return say({ share: made, parent: share, excess: refusal.excess.map((one) => EXCESS[one] ?? one).join(", ") });
    }
    case "not-empty": {
      const content = refusal.content(tree.get(share)!);
      return say({ share, content: list(content.map((one) => one.id)) });
    }
    case "too-many-requests":
    case "too-many-entries": {
      const full = [...tree.get(share)!.chain()].find((one) => bursts(refusal, one, code)) ?? tree.get(share)!;
      const whole = full.stated[code === "too-many-requests" ? "requests" : "entries"] !== undefined;
      const standing = refusal.cost(full, whole);
      const cubes = demand.kind === "request" ? demand.flows.cubes.length : 0;
      return code === "too-many-requests"
        ? say({ share: full.name, bound: full.privileges.requests, standing: standing.requests })
        : say({ share: full.name, bound: full.privileges.entries, cost: standing.entries + cubes });
    }
    case "conflict":
    case "nothing-left":
      return say({ kind, share, count: blockers.length, requests: blockers.length === 1 ? "request" : "requests" });
    case "guard-not-root":
      return say({ speaker });
    case "own-rule":
      return say({ rule: code });
    case "transaction":
    case "guard-denies":
    case "starts-in-the-past":
    case "empty-time":
      return say({});
    case "unknown-share":
    case "unknown-user":
    case "not-a-speaker":
    case "user-exists":
    case "not-granted":
    case "unsupported":
    case "no-privilege":
    case "outside-share":
    case "undecided":
      return say({ share, speaker, kind, user });
  }
}

const EXCESS: Readonly<Record<string, string>> = {
  reserve_max: "`reserve <=`",
  reserve_min: "`reserve >=`",
  fill: "`reserveTBFill`",
  capacity: "`reserveTBCapacity`",
  limit_cap: "`limit <=`",
  limit_floor: "`limit >=`",
};

function bursts(refusal: Refusal, share: Share, code: "too-many-requests" | "too-many-entries"): boolean {
  const { demand } = refusal.statement;
  const what = code === "too-many-requests" ? "requests" : "entries";
  const more = what === "requests" ? 1 : demand.kind === "request" ? demand.flows.cubes.length : 0;
  return refusal.cost(share, share.stated[what] !== undefined)[what] + more > share.privileges[what];
}

/** A flow and an instant on which the rejection shows. */
function witnessOf(refusal: Refusal): Witness | undefined {
  const { statement, code, tree, now } = refusal;
  const { demand } = statement;
  if (demand.kind !== "request" && demand.kind !== "NewShare") return undefined;
  const instant = demand.kind === "request" ? demand.interval.start : now;
  const at = (flows: Flowgroup, time = instant): Witness | undefined => {
    const flow = witness(flows);
    return flow && { flow, instant: time };
  };
  if (code === "outside-share") {
    const share = tree.get(shareOf(demand)!);
    return share && at(difference(demand.flows, share.flows));
  }
  if (demand.kind !== "request" || (code !== "conflict" && code !== "nothing-left")) return undefined;
  return touch(demand, refusal.blockers);
}

/** The first flow and instant that a request shares with a blocker. */
export function touch(demand: RequestDemand, blockers: readonly Standing[]): Witness | undefined {
  for (const { pieces } of blockers) {
    for (const piece of pieces) {
      const start = Math.max(demand.interval.start, piece.interval.start);
      if (start >= Math.min(demand.interval.end, piece.interval.end)) continue;
      const flow = witness(intersect(demand.flows, piece.flows));
      if (flow) return { flow, instant: start };
    }
  }
  return undefined;
}

/** What would be accepted in this one's place; every proposal was tried. */
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
    if (code === "conflict" || code === "nothing-left") return pieces(refusal, demand, refusal.blockers);
    if (code === "outside-share") {
      const flows = intersect(demand.flows, tree.get(demand.share)!.flows);
      return isEmpty(flows) ? [] : tried(refusal, { ...demand, flows });
    }
    if (code === "starts-in-the-past" && demand.interval.end > refusal.now) {
      return tried(refusal, { ...demand, interval: { start: refusal.now, end: demand.interval.end } });
    }
  }
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
  if (refusal.acceptable(demand)) {
    return [demandText(demand, refusal.now)];
  }
  return demand.kind === "request" ? pieces(refusal, demand, refusal.blockersOf(demand)) : [];
}

function pieces(refusal: Refusal, demand: RequestDemand, blockers: readonly Standing[]): readonly string[] {
  const left = remainder(
    demand.flows,
    demand.interval,
    blockers.flatMap((one) => one.pieces),
  );
  const demands = left.map(({ flows, interval }): RequestDemand => ({ ...demand, flows, interval }));
  return demands.every(refusal.acceptable) ? demands.map((one) => demandText(one, refusal.now)) : [];
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
    reserveMax: most(stated.reserveMax, top.reserve.max),
    reserveMin: least(stated.reserveMin, top.reserve.min),
    fill: most(stated.fill, bucket?.fill),
    capacity: most(stated.capacity, bucket?.capacity),
    limitCap: top.limit ? most(stated.limitCap, top.limit.cap) : undefined,
    limitFloor: top.limit ? least(stated.limitFloor, top.limit.floor) : undefined,
    waypoint: nodes("waypoint"),
    avoid: nodes("avoid"),
    requests: most(stated.requests, top.requests),
    entries: most(stated.entries, top.entries),
  };
  return Object.fromEntries(Object.entries(lowered).filter(([, given]) => given !== undefined));
}
