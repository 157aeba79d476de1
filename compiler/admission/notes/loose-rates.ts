/** Limits and reservations → warnings of those that another one leaves without effect (SEMANTICS, "reserve" and "limit"). */
import * as codes from "../../diagnostics/codes/admission.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { printRate } from "../../net/index.ts";
import { inOrder, RANKS, type Accepted } from "../state/accepted.ts";
import { overlapping } from "../state/overlaps.ts";
import { holdsAll } from "../state/steering.ts";
import type { World } from "../state/world.ts";
import { MOST_COMPARED_PAIRS } from "./bounds.ts";

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
  let left = MOST_COMPARED_PAIRS;
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
