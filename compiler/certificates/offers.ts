/**
 * What a reservation or a limit that is refused could be instead (SEMANTICS, "Certificates"): the same span at another
 * rate, the whole rate at a later time, and where there is neither, both at once. The caller tries an offer first.
 */
import type { Privileges } from "../model/model.ts";
import type { Interval } from "../net/interval.ts";
import { earliest, room } from "../shares/bandwidth.ts";
import type { Booking, Scarcity } from "./refusal.ts";
import { append, greatest, least } from "../net/lists.ts";

/** The bounds of a share's limits. */
type Bounds = NonNullable<Privileges["limit"]>;

/** Offers that are acceptable, the nearest first: the same span, then another. */
export function offersOf(
  scarce: Scarcity,
  now: number,
  limit: Bounds | undefined,
  acceptable: (booking: Booking) => boolean,
): readonly Booking[] {
  const good = (found: Booking | undefined): readonly Booking[] => {
    const offer = found && { ...found, mode: "strict" as const };
    return offer && acceptable(offer) ? [offer] : [];
  };
  if (scarce.booking.action === "reserve") {
    const found = [...good(lowered(scarce)), ...good(postponed(scarce, now))];
    return found.length > 0 ? found : good(reduced(scarce, now));
  }
  if (limit === undefined) return [];
  // What a limit asks for may be out of its share's bounds; within them it yields to what is reserved.
  const { booking } = scarce;
  const within = (rate: number): Scarcity => at(scarce, { ...booking, rate });
  const asked = within(Math.min(limit.cap, Math.max(limit.floor, booking.rate)));
  for (const next of [
    () => raised(asked, booking.interval),
    () => postponed(asked, now),
    // The highest rate clashes with the fewest reservations; when these are over, a lower rate may do.
    () => {
      const later = limit.cap === Infinity ? undefined : postponed(within(limit.cap), now);
      return later && raised(asked, later.interval);
    },
  ]) {
    const found = good(next());
    if (found.length > 0) return found;
  }
  return [];
}

const at = (scarce: Scarcity, booking: Booking): Scarcity => ({
  ...scarce,
  booking,
  clashes: scarce.clashesOf(booking),
});

/**
 * The same span with the largest rate that fits, of a limit the least that lets through what is reserved; undefined:
 * none.
 */
export function lowered({ booking, charge, clashes }: Scarcity): Booking | undefined {
  if (booking.action === "limit") {
    const rate = greatest(clashes.map((one) => one.rate!));
    return clashes.length > 0 ? { ...booking, rate } : undefined;
  }
  const most = least(
    clashes.map((one) => one.rate!),
    booking.rate,
  );
  const rate = room(charge, booking.interval, most);
  return rate > 0 && rate < booking.rate ? { ...booking, rate } : undefined;
}

/** A limit in a span, as high as what is reserved then. */
function raised({ booking, clashesOf }: Scarcity, interval: Interval): Booking {
  const there = { ...booking, interval };
  return {
    ...there,
    rate: greatest(
      clashesOf(there).map((one) => one.rate!),
      booking.rate,
    ),
  };
}

/** The whole rate for the same length of time, as early as it fits; undefined: it never does. */
export function postponed({ booking, charge, clashesOf }: Scarcity, now: number): Booking | undefined {
  const { start, end } = booking.interval;
  let from = Math.max(now, start);
  for (;;) {
    const interval =
      booking.action === "limit"
        ? { start: from, end: from + (end - start) }
        : earliest(charge, booking.interval, booking.rate, from);
    if (interval === undefined) return undefined;
    const later: Booking = { ...booking, interval };
    const clashes = clashesOf(later);
    if (clashes.length === 0) return later;
    // Every clash has to be over: a later start leaves only earlier requests behind.
    from = greatest(clashes.map((one) => one.interval.end));
    if (from === Infinity) return undefined;
  }
}

/** The largest lower rate that fits for the same length of time at any time, and the earliest start of it. */
function reduced(scarce: Scarcity, now: number): Booking | undefined {
  const { booking } = scarce;
  const first = (rate: number): Booking | undefined => postponed({ ...scarce, booking: { ...booking, rate } }, now);
  // The lower the rate, the more room; minimum drains are the exception, and `mostAtChanges` has tried their starts.
  let low = mostAtChanges(scarce, now);
  let high = booking.rate;
  while (high - low > 1) {
    const rate = low + Math.floor((high - low) / 2);
    if (first(rate)) low = rate;
    else high = rate;
  }
  return low > 0 ? first(low) : undefined;
}

/**
 * Beside a minimum drain: the most that fits from one of the instants on at which what is drained changes; 0: nothing.
 */
function mostAtChanges({ booking, charge, clashesOf }: Scarcity, now: number): number {
  const { timelines } = charge;
  if (booking.rate === 0 || timelines.every(({ bounds }) => bounds.min === 0)) return 0;
  const from = Math.max(now, booking.interval.start);
  const length = booking.interval.end - booking.interval.start;
  const changes = timelines.flatMap(({ rates }) => changesOf(rates.chunks, from));
  const starts = new Set([from, ...changes.flatMap((time) => [time, time - length])].filter((time) => time >= from));
  let most = 0;
  for (const start of starts) {
    const interval = { start, end: start + length };
    const rate = room(charge, interval, booking.rate - 1);
    if (rate <= most) continue;
    const clashes = clashesOf({ ...booking, interval, rate });
    const bound = least(
      clashes.map((one) => one.rate!),
      rate,
    );
    most = Math.max(most, bound === rate ? rate : room(charge, interval, bound));
  }
  return most;
}

/** The first instants from one on at which a rate changes. */
function changesOf(chunks: readonly { readonly times: readonly number[] }[], from: number): readonly number[] {
  const found: number[] = [];
  for (const { times } of chunks) {
    if (found.length >= CHANGES) break;
    append(
      found,
      times.filter((time) => time >= from),
    );
  }
  return found.slice(0, CHANGES);
}

/** An earliest start is looked for among at most this many changes of a drain. */
const CHANGES = 512;
