/** Reservations, limits, waypoints and avoids → warnings of those whose flows are all denied (SEMANTICS, "limit"). */
import type { RequestKind } from "../../syntax/ast.ts";
import * as codes from "../../diagnostics/codes/admission.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { overlaps } from "../../flowgroup/index.ts";
import type { Statement } from "../../model/model.ts";
import { overlap } from "../../net/interval.ts";
import { append } from "../../net/lists.ts";
import type { Piece } from "../../certificates/verdict.ts";
import { list } from "../../certificates/text.ts";
import { isAllTaken } from "../../certificates/remainder.ts";
import { inOrder, RANKS, type Accepted } from "../state/accepted.ts";
import { isMetBy, overlapping, overlappingUpTo, rivalShares, someAround } from "../state/overlaps.ts";
import type { RuleCandidate } from "../policies/policies.ts";
import type { Span } from "../../source.ts";
import type { World } from "../state/world.ts";
import { SHOWN_PLACES, MOST_COMPARED_PAIRS, isShipped } from "./bounds.ts";

/**
 * That all flows of a reservation, a limit, a waypoint or an avoid are denied, all the time: a denied flow has none
 * (SEMANTICS, "limit").
 */
export function noteAllDenied(
  world: World,
  guards: readonly RuleCandidate[],
  { demand, span }: Statement,
  defaults: "allow" | "deny" = "allow",
): readonly Diagnostic[] {
  if (demand.kind !== "request") return [];
  return noteDenied(world, guards, { action: demand.action, asked: demand, span }, defaults);
}

/** The same of the rules of policies, whose authors get no reply. */
export function noteDeniedRules(
  world: World,
  guards: readonly RuleCandidate[],
  defaults: "allow" | "deny",
): readonly Diagnostic[] {
  let left = MOST_COMPARED_PAIRS;
  const found: Diagnostic[] = [];
  for (const action of Object.keys(OF_DENIED) as RequestKind[])
    for (const { rule, pieces, interval, span } of world.accepted.ofKind(action)) {
      if (rule === undefined) continue;
      const asked = { flows: { cubes: pieces.flatMap(({ flows }) => flows.cubes) }, interval };
      const compared = overlappingUpTo(left, world, [asked], "deny");
      if (compared === undefined) return found;
      left -= Math.min(left, 1 + compared.length);
      append(found, noteDenied(world, guards, { action, asked, span }, defaults));
    }
  return found;
}

function noteDenied(
  world: World,
  guards: readonly RuleCandidate[],
  {
    action,
    asked: { flows, interval },
    span,
  }: { readonly action: RequestKind; readonly asked: Piece; readonly span: Span },
  defaults: "allow" | "deny",
): readonly Diagnostic[] {
  const code = OF_DENIED[action];
  if (code === undefined) return [];
  const asked: Piece = { flows, interval };
  if (defaults === "deny" && !isMetBy(world, [asked], "allow", (allow) => !isShipped(allow))) {
    const shipped = overlapping(world, [asked], "allow", RANKS);
    return shipped.length === 0
      ? [code({ names: "no statement allows any" }, { span })]
      : [codes.holdsLittle({ names: list(inOrder(shipped).map(({ id }) => id)) }, { span })];
  }
  // Of many denies, those are looked at that may hold all by themselves.
  const denies = overlappingUpTo(MOST_DENIES, world, [asked], "deny") ?? someAround(world, MOST_DENIES, asked, "deny");
  if (denies.length === 0 && guards.length === 0) return [];
  const firm = inOrder(denies).filter((deny) => !isOverridden(world, deny, asked));
  const denials = [
    ...guards.map(({ id, rule, candidate }) => ({ id, span: rule.span, pieces: candidate.pieces ?? [] })),
    ...firm,
  ];
  // Where there are more pieces than are looked at, the question stays open and there is no note.
  const taken = denials.flatMap(({ pieces }) => pieces).slice(0, MOST);
  if (taken.length === 0 || isAllTaken(asked.flows, asked.interval, taken) !== true) return [];
  const touching = denials.filter(({ pieces }) =>
    pieces.some(({ flows, interval }) => overlap(interval, asked.interval) && overlaps(flows, asked.flows)),
  );
  const denying = neededOf(touching, asked);
  const related = denying.slice(0, SHOWN_PLACES).map((one) => ({ span: one.span, message: "this denies them" }));
  return [code({ names: list(denying.map(({ id }) => id)) }, { span, related })];
}

/** Whether an allow that shares a flow and an instant with a piece decides before a deny: below it, or in an earlier level. */
function isOverridden({ accepted, tree }: World, deny: Accepted, asked: Piece): boolean {
  const earlier = RANKS.slice(0, RANKS.indexOf(deny.rank) + 1);
  return rivalShares({ accepted, tree }, [asked], "allow").some((share) =>
    share === deny.share
      ? earlier.some(
          (rank) =>
            // Requests are of one level.
            (rank !== deny.rank || rank !== "level") &&
            accepted.meets(share, rank, "allow", [asked], ({ level }) => level < deny.level),
        )
      : tree.isAncestor(deny.share.name, share.name) &&
        RANKS.some((rank) => accepted.meets(share, rank, "allow", [asked])),
  );
}

/**
 * Of denials that hold all of a piece together: those without which some of it is left. Others share flows with it by name
 * alone, or what the rest denies anyway.
 */
function neededOf<T extends { readonly pieces: readonly Piece[] }>(denials: readonly T[], asked: Piece): readonly T[] {
  const holds = (some: readonly T[]): boolean => {
    const pieces = some.flatMap((one) => one.pieces);
    return pieces.length > 0 && isAllTaken(asked.flows, asked.interval, pieces) === true;
  };
  const alone = denials.find((one) => holds([one]));
  if (alone !== undefined) return [alone];
  if (denials.length > MOST_DENIES) return denials;
  return denials.reduceRight<readonly T[]>((needed, one) => {
    const rest = needed.filter((other) => other !== one);
    return holds(rest) ? rest : needed;
  }, denials);
}

const OF_DENIED: Partial<Record<RequestKind, Note>> = {
  reserve: codes.allDenied,
  limit: codes.limitsDenied,
  waypoint: codes.leadsDenied,
  avoid: codes.leadsDenied,
};
type Note = typeof codes.allDenied | typeof codes.limitsDenied | typeof codes.leadsDenied;

/** At most so many denied pieces are looked at together: each takes some 0.03 ms, and thousands of limits may ask. */
const MOST = 32;
const MOST_DENIES = 32;
