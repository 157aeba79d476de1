/**
 * A reservation that does not fit → the reason (SEMANTICS, "reserve"): the share or link that is short, the instant,
 * and the reservations that fill it.
 */
import { witness } from "../flowgroup/index.ts";
import { printInstant, printRate } from "../net/index.ts";
import { shortage, type Shortage } from "../shares/bandwidth.ts";
import { blockers, type ChargedReservation } from "../shares/timeline/index.ts";
import type { Scarcity, OtherRequest } from "./refusal.ts";
import type { Witness } from "./verdict.ts";

/** Where the reservation does not fit. */
export const shortOf = ({ booking, charge }: Scarcity): Shortage | undefined =>
  shortage(charge, booking.interval, booking.rate);

/**
 * The reservations without which it would fit: an inclusion-minimal set, the latest blamed first; empty: there is none.
 */
export function occupants({ booking, charge, reservations, spend }: Scarcity): readonly OtherRequest[] {
  const { interval, rate } = booking;
  const looksAt = (): void => spend?.(STEPS_OF_OCCUPANT);
  const found = blockers(charge.timelines, charged(reservations(), spend), interval, rate, { looksAt });
  return (found ?? []).map(({ other }) => other);
}

/** What each reservation is charged to, as far as it is looked at. */
function* charged(
  reservations: Iterable<OtherRequest>,
  spend: Scarcity["spend"],
): Generator<ChargedReservation & { readonly other: OtherRequest }> {
  for (const other of reservations) {
    spend?.(1);
    yield { interval: other.interval, rate: other.rate!, charged: other.charge!.timelines, other };
  }
}

/** What it takes to find out of one reservation whether it stands in the way. */
const STEPS_OF_OCCUPANT = 100;

/** A flow, an instant and a total drain on which the shortage shows. */
export function shortWitness({ booking }: Scarcity, short: Shortage): Witness | undefined {
  const flow = witness(booking.flows);
  // A bucket runs dry in the course of a window: it shows where the request begins to drain it.
  const instant = short.what === "bucket" ? Math.max(short.window!.start, booking.interval.start) : short.at;
  return flow && { flow, instant, rate: short.place.timeline.rates.at(instant) + booking.rate };
}

/** The shortage in words: `3Mb is left of 10Mb`. */
export function shortText({ booking }: Scarcity, short: Shortage): string {
  const { place, what, excess, window } = short;
  const { max, min } = place.timeline.bounds;
  switch (what) {
    case "max":
      if (max === Infinity)
        return `its reservations together are counted up to ${printRate(Number.MAX_SAFE_INTEGER)}, and ${printRate(excess)} are too many at ${printInstant(short.at)}`;
      return `${printRate(Math.max(0, booking.rate - excess))} of ${printRate(max)} is left at ${printInstant(short.at)}`;
    case "min":
      return `all its reservations together drain at least ${printRate(min)}, and ${printRate(excess)} are missing at ${printInstant(short.at)}`;
    case "bucket":
      return window!.end === Infinity
        ? "its bucket fills more slowly than it would be drained for ever"
        : `its bucket lacks ${printRate(excess)} at ${printInstant(window!.end)}`;
  }
}
