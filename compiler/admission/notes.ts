/** What a verdict tells beside what was granted, as diagnostics (SEMANTICS, "reserve"; NETWORK, "On the wire"). */
import * as codes from "../diagnostics/codes/admission.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { overlaps } from "../flowgroup/index.ts";
import type { Statement } from "../model/model.ts";
import { overlap } from "../net/interval.ts";
import { printRate } from "../net/index.ts";
import type { Grant } from "../certificates/verdict.ts";
import { list } from "../certificates/text.ts";
import { remainder } from "../certificates/remainder.ts";
import type { Piece } from "../certificates/verdict.ts";
import { inOrder } from "./finding.ts";
import { overlapping } from "./state/overlaps.ts";
import type { RuleCandidate } from "./policies/policies.ts";
import { covering, sharedLimits, sharedQueues } from "./promises.ts";
import { RANKS, type Accepted } from "./state/accepted.ts";
import { NOTHING, chargeOf, holdsAll } from "./state/steering.ts";
import type { World } from "./state/world.ts";

/** A flow's reservation is the largest that holds it: one inside another that is no smaller does nothing. */
export function addsNothing(world: World, { demand, span }: Statement, { pieces, rate }: Grant): readonly Diagnostic[] {
  if (demand.kind !== "request" || demand.action !== "reserve" || pieces.length !== 1) return [];
  const other = covering(world, pieces[0]!, rate!);
  if (other === undefined) return [];
  const related = [{ span: other.span, message: "this reservation is theirs" }];
  return [codes.addsNothing({ request: other.id, rate: printRate(other.rate!) }, { span, related })];
}

/** Why nothing is promised where the way would bear it: others share the meter that its flows pass, or their queue. */
export function heldBack(world: World, { demand, span }: Statement, { pieces, rate, promise }: Grant): Diagnostic[] {
  if (promise !== NOTHING || demand.kind !== "request") return [];
  if (chargeOf(world, world.tree.get(demand.share)!, demand).promise === NOTHING) return [];
  const asked = { pieces, rate: rate! };
  const limits = sharedLimits(world, asked);
  // One that holds all of it is told as such.
  const queues = sharedQueues(world, asked).filter((one) => !pieces.every((piece) => holdsAll(one, piece, world)));
  const words = (found: readonly Accepted[]): { readonly names: string } => ({
    names: list(found.map(({ id }) => id)),
  });
  const shown = (found: readonly Accepted[], message: string): Pick<Diagnostic, "related"> => ({
    related: found.slice(0, SHOWN).map((one) => ({ span: one.span, message })),
  });
  return [
    ...(limits.length > 0
      ? [codes.sharesMeter(words(limits), { span, ...shown(limits, "this limit is shared with other flows") })]
      : []),
    ...(queues.length > 0
      ? [codes.sharesQueue(words(queues), { span, ...shown(queues, "this reservation is theirs") })]
      : []),
  ];
}

/** A denied flow has no reservation (SEMANTICS, "limit"): told where that is so of all that one holds, all the time. */
export function allDenied(
  world: World,
  guards: readonly RuleCandidate[],
  { demand, span }: Statement,
): readonly Diagnostic[] {
  if (demand.kind !== "request" || demand.action !== "reserve") return [];
  const asked: Piece = { flows: demand.flows, interval: demand.interval };
  const denials = overlapping(world, [asked], "deny", RANKS);
  if (denials.length === 0 && guards.length === 0) return [];
  const allows = overlapping(world, [asked], "allow", RANKS);
  const overrides = (allow: Accepted, deny: Accepted): boolean =>
    world.tree.isAncestor(deny.share.name, allow.share.name) ||
    (allow.share === deny.share && allow.level < deny.level);
  const firm = inOrder(denials).filter((deny) => !allows.some((allow) => overrides(allow, deny)));
  const silencing = [
    ...guards.map(({ id, rule, candidate }) => ({ id, span: rule.span, pieces: candidate.pieces ?? [] })),
    ...firm,
  ];
  // So many are looked at together; more leave the question open, and nothing is said.
  const taken = silencing.flatMap(({ pieces }) => pieces).slice(0, MOST);
  if (taken.length === 0 || remainder(asked.flows, asked.interval, taken).length > 0) return [];
  const denying = silencing.filter(({ pieces }) =>
    pieces.some(({ flows, interval }) => overlap(interval, asked.interval) && overlaps(flows, asked.flows)),
  );
  const related = denying.slice(0, SHOWN).map((one) => ({ span: one.span, message: "this denies them" }));
  return [codes.allDenied({ names: list(denying.map(({ id }) => id)) }, { span, related })];
}

/** Of these reservations less is promised: their flows are led off the links they are charged to, or shared with others. */
export function guaranteesEnd(requests: readonly Accepted[], { demand, span }: Statement): readonly Diagnostic[] {
  if (requests.length === 0) return [];
  const names = list(requests.map(({ id }) => id));
  const related = requests
    .slice(0, SHOWN)
    .map((one) => ({ span: one.span, message: "this reservation is not guaranteed any more" }));
  const why =
    demand.kind !== "request"
      ? codes.guaranteeEnds
      : demand.action === "reserve"
        ? codes.guaranteesTaken
        : demand.action === "limit"
          ? codes.guaranteesMetered
          : codes.guaranteeEnds;
  return [why({ names }, { span, related })];
}

/** A speaker who is revoked, and speaks all the same because everybody does. */
export function stillSpeaks({ tree }: World, { demand, span }: Statement): readonly Diagnostic[] {
  if (demand.kind !== "Revoke" || !tree.get(demand.share)!.open) return [];
  return [codes.stillSpeaks({ user: demand.user, share: demand.share }, { span })];
}

/** So many reservations are shown; the message names all. */
const SHOWN = 8;

/** So many denied pieces are looked at together. */
const MOST = 256;
