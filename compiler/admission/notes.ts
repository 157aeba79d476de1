/**
 * What a verdict says beside what was granted, as diagnostics: what of a reservation takes no effect, and what is promised
 * of it no more (SEMANTICS, "reserve"; NETWORK, "Promises").
 */
import * as codes from "../diagnostics/codes/admission.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Statement } from "../model/model.ts";
import { printRate } from "../net/index.ts";
import type { Grant, Piece } from "../certificates/verdict.ts";
import { list } from "../certificates/text.ts";
import { covering, sharedLimits, sharedQueues } from "./promises.ts";
import type { Accepted } from "./state/accepted.ts";
import { NOT_GUARANTEED, chargeOf, holdsAll, unknownWays } from "./state/steering.ts";
import type { Span } from "../source.ts";
import type { World } from "./state/world.ts";
import { SHOWN_PLACES } from "./notes/bounds.ts";

/**
 * That a reservation has no effect: a flow's reservation is the largest that holds it, and one that is no smaller holds
 * all of these flows.
 */
export function noteNoEffect(
  world: World,
  { demand, span }: Statement,
  { pieces, rate }: Grant,
): readonly Diagnostic[] {
  if (demand.kind !== "request" || demand.action !== "reserve" || pieces.length !== 1) return [];
  const other = covering(world, pieces[0]!, rate!);
  if (other === undefined) return [];
  const related = [{ span: other.span, message: "this reservation is theirs" }];
  return [codes.addsNothing({ request: other.id, rate: printRate(other.rate!) }, { span, related })];
}

/** Why nothing is promised though the path would bear it: other flows share the meter or the queue of these. */
export function noteHeldBack(
  world: World,
  { demand, span }: Statement,
  { pieces, rate, promise }: Grant,
): Diagnostic[] {
  if (promise !== NOT_GUARANTEED || demand.kind !== "request") return [];
  if (chargeOf(world, world.tree.get(demand.share)!, demand).promise === NOT_GUARANTEED)
    return noteUnknownWays(world, demand, span);
  const asked = { pieces, rate: rate! };
  const limits = sharedLimits(world, asked);
  // A reservation that holds all of it is the subject of `noteNoEffect`.
  const queues = sharedQueues(world, asked).filter((one) => !pieces.every((piece) => holdsAll(one, piece, world)));
  const words = (found: readonly Accepted[]): { readonly names: string } => ({
    names: list(found.map(({ id }) => id)),
  });
  const shown = (found: readonly Accepted[], message: string): Pick<Diagnostic, "related"> => ({
    related: found.slice(0, SHOWN_PLACES).map((one) => ({ span: one.span, message })),
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

/** That the ways of a reservation's flows are not known, and which statements are why. */
function noteUnknownWays(world: World, asked: Piece, span: Span): Diagnostic[] {
  const found = unknownWays(world, asked);
  if (found === undefined) return [];
  const { by, isPassing } = found;
  const how = isPassing ? "some are led for a part of the time only," : "they are led in more ways than are followed,";
  const help = isPassing
    ? "reserve for a time in which these statements hold throughout, or not at all"
    : "reserve for the flows of one of them at a time";
  const related = by.slice(0, SHOWN_PLACES).map((one) => ({ span: one.span, message: "this leads some of them" }));
  return [codes.waysUnknown({ names: list(by.map(({ id }) => id)), how }, { span, related, help })];
}

/**
 * That less is promised of these reservations: their flows are steered off the links that they are charged to, or share
 * a meter or a queue.
 */
export function noteEndedGuarantees(requests: readonly Accepted[], { demand, span }: Statement): readonly Diagnostic[] {
  if (requests.length === 0) return [];
  const names = list(requests.map(({ id }) => id));
  const related = requests
    .slice(0, SHOWN_PLACES)
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

/** The note that a revoked user still speaks for the share, because every user does. */
export function noteStillSpeaking({ tree }: World, { demand, span }: Statement): readonly Diagnostic[] {
  if (demand.kind !== "Revoke" || !tree.get(demand.share)!.open) return [];
  return [codes.stillSpeaks({ user: demand.user, share: demand.share }, { span })];
}

/** The warning that a grant gives nobody a right: mostly somebody else, or another share, is meant. */
export function noteSpeaksAlready({ tree }: World, { demand, span }: Statement): readonly Diagnostic[] {
  if (demand.kind !== "Grant" && demand.kind !== "GrantDefault") return [];
  const { kind, share } = demand;
  const { speakers, open } = tree.get(share)!;
  if (kind === "Grant" ? !speakers.has(demand.user) : !open) return [];
  const who = kind === "Grant" ? `\`${demand.user}\` speaks` : "every user speaks";
  return [codes.speaksAlready({ who, kind, share }, { span })];
}
