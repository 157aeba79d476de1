/**
 * What a verdict says beside what was granted, as diagnostics (SEMANTICS, "reserve" and "limit";
 * NETWORK, "Promises").
 */
import type { RequestKind } from "../syntax/ast.ts";
import { printName } from "../syntax/print.ts";
import * as codes from "../diagnostics/codes/admission.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import {
  complement,
  constraint,
  cube,
  flowgroup,
  intersect,
  mirror,
  numberSet,
  numbers,
  overlaps,
  setDifference,
  setIntersect,
  subset,
  TCP,
  withConstraint,
  type Cube,
  type Field,
  type Flowgroup,
} from "../flowgroup/index.ts";
import type { Statement } from "../model/model.ts";
import { overlap } from "../net/interval.ts";
import { printRate } from "../net/index.ts";
import { append } from "../net/lists.ts";
import type { Grant } from "../certificates/verdict.ts";
import { list } from "../certificates/text.ts";
import { remainder } from "../certificates/remainder.ts";
import type { Piece } from "../certificates/verdict.ts";
import { inOrder } from "./finding.ts";
import { overlapping } from "./state/overlaps.ts";
import type { RuleCandidate } from "./policies/policies.ts";
import { covering, sharedLimits, sharedQueues } from "./promises.ts";
import { RANKS, type Accepted } from "./state/accepted.ts";
import { NOT_GUARANTEED, chargeOf, holdsAll, unknownWays } from "./state/steering.ts";
import type { Span } from "../source.ts";
import type { World } from "./state/world.ts";

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

/** That the ways of a reservation's flows are not known, and which statements are why. */
function noteUnknownWays(world: World, asked: Piece, span: Span): Diagnostic[] {
  const found = unknownWays(world, asked);
  if (found === undefined) return [];
  const { by, isPassing } = found;
  const how = isPassing ? "some are led for a part of the time only," : "they are led in more ways than are followed,";
  const help = isPassing
    ? "reserve for a time in which these statements hold throughout, or not at all"
    : "reserve for the flows of one of them at a time";
  const related = by.slice(0, SHOWN).map((one) => ({ span: one.span, message: "this leads some of them" }));
  return [codes.waysUnknown({ names: list(by.map(({ id }) => id)), how }, { span, related, help })];
}

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
  let left = MOST_COMPARED;
  const found: Diagnostic[] = [];
  for (const action of Object.keys(OF_DENIED) as RequestKind[])
    for (const { rule, pieces, interval, span } of world.accepted.ofKind(action)) {
      if (rule === undefined) continue;
      const asked = { flows: { cubes: pieces.flatMap(({ flows }) => flows.cubes) }, interval };
      left -= 1 + overlapping(world, [asked], "deny", RANKS).length;
      if (left < 0) return found;
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
  const denies = overlapping(world, [asked], "deny", RANKS);
  if (denies.length === 0 && guards.length === 0 && defaults === "allow") return [];
  const allows = overlapping(world, [asked], "allow", RANKS);
  if (defaults === "deny" && allows.length === 0) return [code({ names: "no statement allows any" }, { span })];
  if (defaults === "deny" && allows.every(isShipped))
    return [codes.holdsLittle({ names: list(inOrder(allows).map(({ id }) => id)) }, { span })];
  if (denies.length === 0 && guards.length === 0) return [];
  const overrides = (allow: Accepted, deny: Accepted): boolean =>
    world.tree.isAncestor(deny.share.name, allow.share.name) ||
    (allow.share === deny.share && allow.level < deny.level);
  const firm = inOrder(denies).filter((deny) => !allows.some((allow) => overrides(allow, deny)));
  const denials = [
    ...guards.map(({ id, rule, candidate }) => ({ id, span: rule.span, pieces: candidate.pieces ?? [] })),
    ...firm,
  ];
  // Where there are more pieces than are looked at, the question stays open and there is no note.
  const taken = denials.flatMap(({ pieces }) => pieces).slice(0, MOST);
  const left = taken.length === 0 ? "undecided" : remainder(asked.flows, asked.interval, taken);
  if (left === "undecided" || left.length > 0) return [];
  const touching = denials.filter(({ pieces }) =>
    pieces.some(({ flows, interval }) => overlap(interval, asked.interval) && overlaps(flows, asked.flows)),
  );
  const denying = neededOf(touching, asked);
  const related = denying.slice(0, SHOWN).map((one) => ({ span: one.span, message: "this denies them" }));
  return [code({ names: list(denying.map(({ id }) => id)) }, { span, related })];
}

/**
 * Of denials that hold all of a piece together: those without which some of it is left. Others share flows with it by name
 * alone, or what the rest denies anyway.
 */
function neededOf<T extends { readonly pieces: readonly Piece[] }>(denials: readonly T[], asked: Piece): readonly T[] {
  const holds = (some: readonly T[]): boolean => {
    const pieces = some.flatMap((one) => one.pieces);
    return pieces.length > 0 && remainder(asked.flows, asked.interval, pieces).length === 0;
  };
  const alone = denials.find((one) => holds([one]));
  if (alone !== undefined) return [alone];
  if (denials.length > MOST_NEEDED) return denials;
  return denials.reduceRight<readonly T[]>((needed, one) => {
    const rest = needed.filter((other) => other !== one);
    return holds(rest) ? rest : needed;
  }, denials);
}

/** More denials than this are listed as they are. */
const MOST_NEEDED = 32;

const OF_DENIED: Partial<Record<RequestKind, Note>> = {
  reserve: codes.allDenied,
  limit: codes.limitsDenied,
  waypoint: codes.leadsDenied,
  avoid: codes.leadsDenied,
};
type Note = typeof codes.allDenied | typeof codes.limitsDenied | typeof codes.leadsDenied;

/**
 * Limits that never take effect, because another holds all of their flows all of their time at no higher a rate: a packet
 * passes every limit that holds it (SEMANTICS, "limit"). Of two alike the later one is meant.
 */
export const noteLooseLimits = (world: World, limits: Iterable<Accepted>): readonly Diagnostic[] =>
  noteLoose(
    world,
    limits,
    "limit",
    ({ rate, order }, one) => rate! < one.rate! || (rate === one.rate && order < one.order),
    (one, other) => {
      const related = [{ span: other.span, message: "this limit holds them all" }];
      return codes.limitsLess({ other: other.id, rate: printRate(other.rate!) }, { span: one.span, related });
    },
  );

/**
 * Reservations, also of rules, that another one leaves without effect, whichever of the two came first: a flow's
 * reservation is the largest that holds it. Of two alike the later one is meant.
 */
export const noteLooseReservations = (world: World, reservations: Iterable<Accepted>): readonly Diagnostic[] =>
  noteLoose(
    world,
    reservations,
    "reserve",
    ({ rate, order }, one) => rate! > one.rate! || (rate === one.rate && order < one.order),
    (one, other) => {
      const related = [{ span: other.span, message: "this reservation is theirs" }];
      return codes.addsNothing({ request: other.id, rate: printRate(other.rate!) }, { span: one.span, related });
    },
  );

/** What another one of its kind, which takes effect instead, holds whole; `prevails`: whether that does before the one asked of. */
function noteLoose(
  world: World,
  some: Iterable<Accepted>,
  kind: "limit" | "reserve",
  prevails: (other: Accepted, one: Accepted) => boolean,
  note: (one: Accepted, other: Accepted) => Diagnostic,
): readonly Diagnostic[] {
  let left = MOST_COMPARED;
  const found: Diagnostic[] = [];
  for (const one of some) {
    const others = overlapping(world, one.pieces, kind, RANKS);
    left -= others.length;
    if (left < 0) break;
    const other = inOrder(others).find(
      (each) => each !== one && prevails(each, one) && one.pieces.every((piece) => holdsAll(each, piece, world)),
    );
    if (other !== undefined) found.push(note(one, other));
  }
  return found;
}

/**
 * That under `default deny` TCP is allowed one way and nothing allows what answers it, so that no connection comes about:
 * one note for all such allows, with what to write for the first. It is asked of what a client sends whose own port the
 * allow does not name as the server's, so that `allow(dstPort=80)` does not answer itself; what holds responses alone begins
 * no connection, and both ways it would let everything in.
 */
export function noteOneWay(world: World, defaults: "allow" | "deny"): readonly Diagnostic[] {
  if (defaults === "allow") return [];
  const allows = [...world.accepted.ofKind("allow")].slice(0, MOST);
  const found = allows.filter((one) => !isShipped(one) && isUnanswered(world, one));
  const [first, ...others] = found;
  if (first === undefined) return [];
  const related = others.slice(0, SHOWN).map(({ span }) => ({ span, message: "nothing answers this either" }));
  const names = list(found.map(({ id }) => id));
  return [codes.oneWay({ names }, { span: first.span, related, help: answerOf(first) })];
}

/** Whether some TCP of an allow has answers, and no allow holds any of them at the same time. */
function isUnanswered(world: World, { pieces }: Accepted): boolean {
  return pieces.some(({ flows, interval }) =>
    flows.cubes.some((one) => {
      const answers = answersTo(one);
      if (answers.cubes.length === 0) return false;
      return overlapping(world, [{ flows: answers, interval }], "allow", RANKS).length === 0;
    }),
  );
}

/** What answers the TCP of a cube: from others than itself, and to ports as clients choose them, where the cube leaves that open. */
function answersTo(asked: Cube): Flowgroup {
  const sentFirst = cube({ transport: numbers("transport", TCP), direction: numbers("direction", REQUEST) });
  const overTcp = intersect(flowgroup([asked]), flowgroup([sentFirst]));
  const answers = overTcp.cubes.flatMap((one) => {
    const sent = constraint(one, "srcPort");
    const served = constraint(one, "dstPort");
    const free = (served && setDifference(CLIENT_PORTS, served)) ?? CLIENT_PORTS;
    let there = withConstraint(one, "srcPort", sent === undefined ? free : (setIntersect(sent, free) ?? sent));
    // Where it enters says nothing of where the answers do.
    for (const field of ["inPort", "switch"] as const) there = withConstraint(there, field, undefined);
    for (const [from, to] of ENDS) there = elsewhere(elsewhere(there, from, to), to, from);
    const back = mirror(flowgroup([there]));
    return back.ok ? back.flows.cubes : [];
  });
  return { cubes: answers };
}

/** The `direction` of what opens a connection. */
const REQUEST = 0;

const ENDS = [
  ["srcHost", "dstHost"],
  ["user", "dstUser"],
  ["srcEth", "dstEth"],
] as const;

/** A cube that says one end alone, with the other end apart from it. */
function elsewhere(of: Cube, said: Field, other: Field): Cube {
  const set = constraint(of, said);
  const isOpen = set !== undefined && constraint(of, other) === undefined;
  return isOpen ? withConstraint(of, other, complement(other, set)) : of;
}

/** The ports that a system gives to its clients (RFC 6335, section 6). */
const CLIENT_PORTS = numberSet("srcPort", [[49_152, 65_535]])!;

/** What allows the answers to an allow too. */
function answerOf({ id, pieces, rule, share, speaker, text }: Accepted): string {
  const back = mirror({ cubes: pieces.flatMap(({ flows }) => flows.cubes) });
  if (rule !== undefined) return "a second rule allows it, with source and destination in each other's place";
  if (!back.ok) return "a second statement allows it, with source and destination in each other's place";
  if (subset(back.flows, share.flows) !== true)
    return `what answers it is not inside share \`${share.name}\`: a statement on a share that holds it allows it`;
  // Said by nobody in particular it would be root's; without a label its identity is its text.
  const label = id.startsWith(text) ? "" : `@${printName({ text: id })} `;
  const whole = label + (speaker === "root" ? "" : `${printName({ text: speaker })}: `) + bothWays(text);
  return whole.length > MOST_LETTERS ? "write `both ways` behind its flows" : `write \`${whole}\``;
}

/** A longer statement is not written out. */
const MOST_LETTERS = 200;

/** The canonical text of a request, both ways. */
function bothWays(text: string): string {
  let depth = 0;
  for (const { 0: sign, index } of text.matchAll(/"(?:\\.|[^"\\])*"|[()]/g)) {
    depth += sign === "(" ? 1 : sign === ")" ? -1 : 0;
    if (sign === ")" && depth === 0) return `${text.slice(0, index + 1)} both ways${text.slice(index + 1)}`;
  }
  return text;
}

/** So many pairs of one file are compared; what lies beyond goes unsaid. */
const MOST_COMPARED = 20_000;

/** What comes with glazier lets through what keeps a network alive, which is seldom what a rate is for. */
const isShipped = ({ span }: Accepted): boolean => span.source.name.startsWith("glazier:");

/**
 * That less is promised of these reservations: their flows are steered off the links that they are charged to, or share
 * a meter or a queue.
 */
export function noteEndedGuarantees(requests: readonly Accepted[], { demand, span }: Statement): readonly Diagnostic[] {
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

/** The note that a revoked user still speaks for the share, because every user does. */
export function noteStillSpeaking({ tree }: World, { demand, span }: Statement): readonly Diagnostic[] {
  if (demand.kind !== "Revoke" || !tree.get(demand.share)!.open) return [];
  return [codes.stillSpeaks({ user: demand.user, share: demand.share }, { span })];
}

/** A note shows the places of at most this many reservations; its message names all. */
const SHOWN = 8;

/** At most this many denied pieces are looked at together. */
const MOST = 256;
