/**
 * Why a reservation or a limit does not fit, and what would (SEMANTICS, "reserve", "limit"): the place that is short
 * with the instant and those who fill it; the largest rate for the same span, and the earliest start for the whole rate.
 */
import { witness } from "../flowgroup/index.ts";
import { printInstant, printRate } from "../net/index.ts";
import { earliest, room, shortage, type Shortage } from "./bandwidth.ts";
import { blockers, type Charged } from "./timeline/index.ts";
import type { Booking, Scarcity, Standing } from "./refusal.ts";
import type { Witness } from "./verdict.ts";

/** Where the reservation does not fit. */
export const shortOf = ({ booking, charge }: Scarcity): Shortage | undefined =>
  shortage(charge, booking.interval, booking.rate);

/** Those without whom it would fit: an inclusion-minimal set, the latest blamed first; empty if nobody is to blame. */
export function occupants({ booking, charge, reservations }: Scarcity): readonly Standing[] {
  const { interval, rate } = booking;
  // Outside its reach a timeline does not matter to the request; so most that stand need no second look.
  const reaches = new Map(charge.timelines.map((timeline) => [timeline, timeline.reach(interval, rate)]));
  const first = Math.min(...[...reaches.values()].map(({ start }) => start));
  const last = Math.max(...[...reaches.values()].map(({ end }) => end));
  const near: (Charged & { readonly standing: Standing })[] = [];
  for (const standing of reservations) {
    const { start, end } = standing.interval;
    if (start >= last || end <= first) continue;
    const charged = standing.charge!.timelines;
    const matters = charged.some((timeline) => {
      const reach = reaches.get(timeline);
      return reach && start < reach.end && reach.start < end;
    });
    if (matters) near.push({ interval: standing.interval, rate: standing.rate!, charged, standing });
  }
  near.sort((a, b) => a.standing.order - b.standing.order);
  return (blockers(charge.timelines, near, interval, rate) ?? []).map(({ standing }) => standing);
}

/** A flow, an instant and a total drain on which the shortage shows. */
export function shortWitness({ booking }: Scarcity, short: Shortage): Witness | undefined {
  const flow = witness(booking.flows);
  // A bucket runs dry in the course of a window: it shows where the request begins to drain it.
  const instant = short.what === "bucket" ? Math.max(short.window!.start, booking.interval.start) : short.at;
  return flow && { flow, instant, rate: short.place.timeline.rates.at(instant) + booking.rate };
}

/** Why, in words: `3Mb is left of 10Mb`. */
export function shortText({ booking }: Scarcity, short: Shortage): string {
  const { place, what, excess, window } = short;
  const { max, min } = place.timeline.bounds;
  switch (what) {
    case "max":
      return `${printRate(Math.max(0, booking.rate - excess))} of ${printRate(max)} is left at ${printInstant(short.at)}`;
    case "min":
      return `all its reservations together drain at least ${printRate(min)}, and ${printRate(excess)} are missing at ${printInstant(short.at)}`;
    case "bucket":
      return window!.end === Infinity
        ? "its bucket fills more slowly than it would be drained for ever"
        : `its bucket lacks ${printRate(excess)} at ${printInstant(window!.end)}`;
  }
}

/** The same span with the largest rate that fits; undefined: none does. */
export function lowered({ booking, charge, clashes }: Scarcity): Booking | undefined {
  if (booking.action === "limit") {
    const rate = Math.max(...clashes.map((one) => one.rate!));
    return clashes.length > 0 ? { ...booking, rate } : undefined;
  }
  const most = Math.min(booking.rate, ...clashes.map((one) => one.rate!));
  const rate = room(charge, booking.interval, most);
  return rate > 0 && rate < booking.rate ? { ...booking, rate } : undefined;
}

/** The whole rate for the same length of time, as early as it fits; undefined: it never does. */
export function postponed({ booking, charge, clashesOf }: Scarcity, now: number): Booking | undefined {
  let from = Math.max(now, booking.interval.start);
  for (;;) {
    const interval = earliest(charge, booking.interval, booking.rate, from);
    if (interval === undefined) return undefined;
    const later: Booking = { ...booking, interval };
    const clashes = clashesOf(later);
    if (clashes.length === 0) return later;
    // Each of them has to be over, since a later start moves away from none but the earlier ones.
    from = Math.max(...clashes.map((one) => one.interval.end));
    if (from === Infinity) return undefined;
  }
}
