/**
 * The part of the checker for certificates about bandwidth. It checks that exactly the requests which cause a shortage
 * are blamed, and that the offers are the largest rate and the earliest start. It tries second by second and bit by
 * bit.
 */
import type { RequestDemand } from "../model/model.ts";
import type { Certificate } from "../certificates/verdict.ts";
import type { Case } from "./case.ts";
import { drainAt, without } from "./drains.ts";
import { isIn } from "./points.ts";
import { ancestors, reservoirOf } from "./shares.ts";

type Booking = RequestDemand & { readonly rate: number };

/** The faults of a certificate about bandwidth. */
export function bandwidthFaults(one: Case, certificate: Certificate): string[] {
  const { demand } = one.statement;
  if (demand.kind !== "request" || demand.rate === undefined) return [];
  const booking = { ...demand, rate: demand.rate };
  switch (certificate.code) {
    case "share-short":
      return [
        ...blameFaults(one, booking, certificate),
        ...showFaults(one, booking, certificate),
        ...offerFaults(one, booking, certificate),
      ];
    case "over-limit":
      return [
        ...clashFaults(one, booking, certificate),
        ...(demand.action === "reserve" ? blameFaults(one, booking, certificate) : []),
        ...(demand.action === "reserve" ? offerFaults : limitFaults)(one, booking, certificate),
      ];
    case "above-cap":
    case "below-floor":
      return limitFaults(one, booking, certificate);
    default:
      return [];
  }
}

/**
 * Faults unless the booking fits without the blamed requests, and does not fit without fewer of them. None may be
 * blamed if it fits as it is, or fits without none. Limits that are too low are blamed too, and checked by
 * `clashFaults`.
 */
function blameFaults({ before, now }: Case, booking: Booking, { blockers }: Certificate): string[] {
  const left = (ids: readonly string[]): boolean => before.fits(booking, without(before.drains, new Set(ids), now));
  const standing = before.accepted.filter(({ kind }) => kind === "reserve").map(({ id }) => id);
  const blamed = blockers.filter(({ kind }) => kind === "reserve").map(({ id }) => id);
  if (blamed.length === 0) {
    const helps = left([]) ? undefined : subsetsOf(standing.slice(-SEARCHED)).find(left);
    return helps ? [`no reservation is blamed, and it would fit without ${helps.join()}`] : [];
  }
  if (!left(blamed)) return [`it would not fit without ${blamed.join()}`];
  const enough = subsetsOf(blamed).find((some) => some.length < blamed.length && left(some));
  return enough ? [`${blamed.join()} are blamed, and it would fit without ${enough.join()}`] : [];
}

/** All subsets, the empty one first. */
const subsetsOf = <T>(all: readonly T[]): readonly (readonly T[])[] =>
  all.reduce<readonly (readonly T[])[]>((sets, one) => [...sets, ...sets.map((set) => [...set, one])], [[]]);

/** The number of other reservations, the latest ones, of which the checker tries all subsets. */
const SEARCHED = 9;

/** Faults unless the named share is short, and the witness says what it would drain. */
function showFaults({ before }: Case, booking: Booking, { shortage, witness }: Certificate): string[] {
  const own = before.shares.get(booking.share)!;
  const place = [own, ...ancestors(own)].find(({ name }) => name === shortage?.name);
  if (!shortage || !place || !witness) return ["no place, or no witness"];
  const { key, max, min } = reservoirOf(place);
  if (!isIn(booking.flows, witness.flow)) return ["the witness is none of the flows asked for"];
  const { start, end } = booking.interval;
  if (witness.instant < start || witness.instant >= end) return ["the witness is shown at another time"];
  const drain = drainAt(key, before.drains, witness.instant) + booking.rate;
  if (drain !== witness.rate) return [`the witness drains ${drain}, not ${witness.rate}`];
  if (shortage.what === "max" && drain <= max) return ["the maximum is kept"];
  if (shortage.what === "min" && drain >= min) return ["the minimum is kept"];
  return [];
}

/** Faults unless exactly the limits that are too low, or the reservations that are too high, are listed. */
function clashFaults({ before }: Case, booking: Booking, { blockers }: Certificate): string[] {
  const clash = (rate: number): boolean => (booking.action === "reserve" ? rate < booking.rate : rate > booking.rate);
  const real = before.clashesWith(booking).filter(({ rate }) => clash(rate));
  const other = booking.action === "reserve" ? "limit" : "reserve";
  const [listed, due] = [blockers.filter(({ kind }) => kind === other), real].map((list) =>
    list
      .map(({ id }) => id)
      .toSorted()
      .join(),
  );
  return listed === due ? [] : [`lists ${listed}, where ${due} clash`];
}

/** How many seconds ahead the checker tries. */
const HORIZON = 60;

/**
 * Decides whether another booking instead of this one would be accepted. One that has other faults too is not.
 */
const decider =
  ({ before, now, statement, id }: Case) =>
  (demand: Booking): boolean =>
    before.decide({ ...statement, demand: { ...demand, mode: "strict" } }, `${id} instead`, now).reasons.size === 0;

/** The same booking some seconds later. */
const delayed = (booking: Booking, by: number): Booking => {
  const { start, end } = booking.interval;
  return { ...booking, interval: { start: start + by, end: end + by } };
};

const upTo = (many: number): readonly number[] => Array.from({ length: many }, (_, i) => i);

/**
 * Faults unless the offers are the largest rate for the same span and the earliest start for the whole rate, as far as
 * these exist. If neither exists, the offer is the largest rate that fits at any time, as early as possible.
 */
function offerFaults(one: Case, booking: Booking, { nearest, otherwise = [] }: Certificate): string[] {
  const decide = decider(one);
  const offers = [...nearest, ...otherwise].map((text) => one.read(text).demand as Booking);
  const { start } = booking.interval;
  const rates = upTo(booking.rate).toReversed().slice(0, -1);
  const delays = upTo(HORIZON);
  const most = rates.find((rate) => decide({ ...booking, rate }));
  const first = delays.find((by) => decide(delayed(booking, by)));
  if (most === undefined && first === undefined) {
    const rate = rates.find((less) => delays.some((by) => decide(delayed({ ...booking, rate: less }, by))));
    const by = delays.find((late) => rate !== undefined && decide(delayed({ ...booking, rate }, late)));
    const [offer] = offers;
    // A larger rate may fit later than the checker tries.
    if (offer && (offer.interval.start >= start + HORIZON ? offer.rate > (rate ?? 0) : false)) return [];
    return offer?.rate === rate && offer?.interval.start === (by === undefined ? undefined : start + by)
      ? []
      : [`${rate} fits ${by} s later, and offered is ${offer?.rate} ${offer && offer.interval.start - start} s later`];
  }
  const faults: string[] = [];
  if (most !== offers.find((offer) => offer.rate < booking.rate)?.rate) faults.push(`the most that fits is ${most}`);
  const offered = offers.find((offer) => offer.rate === booking.rate)?.interval.start;
  const due = first === undefined ? undefined : start + first;
  if (due !== offered && (due !== undefined || offered! < start + HORIZON)) {
    faults.push(`the earliest start is ${first} s after the one asked for, not ${offered! - start}`);
  }
  return faults;
}

/** Faults unless a limit is offered the nearest rate for its span, or else something if anything is possible later. */
function limitFaults(one: Case, booking: Booking, { nearest }: Certificate): string[] {
  const decide = decider(one);
  const offers = nearest.map((text) => one.read(text).demand as Booking);
  const rates = upTo(TOP).slice(1);
  const [offer] = offers;
  const same = rates.filter((rate) => decide({ ...booking, rate }));
  if (same.length > 0) {
    const due = same.find((rate) => rate >= booking.rate) ?? same.at(-1);
    return offer?.rate === due && offer?.interval.start === booking.interval.start ? [] : [`${due} is possible then`];
  }
  const later = upTo(HORIZON).flatMap((by) => rates.map((rate) => delayed({ ...booking, rate }, by)));
  const possible = later.find(decide);
  return possible && !offer ? [`${possible.rate} is possible, and nothing is offered`] : [];
}

/** One more than the highest rate that the tests ask for, in bit/s. */
const TOP = 12;
