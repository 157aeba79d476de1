/**
 * A request × its blockers → the pieces (flowgroup × time) that no blocker holds, exactly. The flows that are free for
 * the whole time come first as one piece; those that are free for a part of it follow, in order of time.
 */
import type { Flowgroup } from "../flowgroup/cube.ts";
import { difference, equal, intersect, isEmpty, MOST_PIECES, NONE, overlaps, union } from "../flowgroup/index.ts";
import { contains, holdsInstant, overlap, type Interval } from "../net/interval.ts";
import type { Piece } from "./verdict.ts";

/**
 * The pieces of `flows` × `interval` that none of `taken` touches; disjoint, none empty. `"undecided"`: there would be
 * more cubes in them than `most`.
 */
export function remainder(
  flows: Flowgroup,
  interval: Interval,
  taken: readonly Piece[],
  most: number = MOST_PIECES,
): Piece[] | "undecided" {
  const near = taken.filter((piece) => overlap(piece.interval, interval) && overlaps(piece.flows, flows));
  const free = difference(flows, cubesOf(near), most);
  if (free === "undecided") return free;
  const whole: Piece[] = isEmpty(free) ? [] : [{ flows: free, interval }];
  const shorter = near.filter((piece) => !contains(piece.interval, interval));
  if (shorter.length === 0) return whole;
  // Only where a blocker is there for a part of the time can more be left; look at those flows alone.
  const contested = intersect(flows, cubesOf(shorter));
  const later = inTurn(contested, interval, near, most);
  return later === "undecided" ? later : [...whole, ...later];
}

/**
 * Whether `taken` hold all of `flows` for all of an interval. It ends at the first span in which something is left: the
 * last span is looked at first, as what ends early leaves something there. `"undecided"`: more than `most` blockers would
 * have to be taken away.
 */
export function isAllTaken(
  flows: Flowgroup,
  interval: Interval,
  taken: readonly Piece[],
  most: number = MOST_TAKEN_AWAY,
): boolean | "undecided" {
  const near = taken.filter((piece) => overlap(piece.interval, interval) && overlaps(piece.flows, flows));
  const lasting = near.filter((piece) => contains(piece.interval, interval));
  const isTaken = isHeldByAll(flows, lasting);
  if (isTaken !== false || lasting.length === near.length) return isTaken;
  let left = most;
  for (const { start } of [...spansOf(interval, near)].toReversed()) {
    const active = near.filter((piece) => holdsInstant(piece.interval, start));
    left -= active.length;
    if (left < 0) return "undecided";
    const isTakenThen = isHeldByAll(flows, active);
    if (isTakenThen !== true) return isTakenThen;
  }
  return true;
}

/**
 * Whether blockers hold all of some flows together. As long as little is left, they are taken away one by one: many that
 * lie within each other leave one piece each time, and to take all of them away at once costs n².
 */
function isHeldByAll(flows: Flowgroup, blockers: readonly Piece[]): boolean | "undecided" {
  let left = flows;
  for (const [i, piece] of blockers.entries()) {
    if (!overlaps(piece.flows, left)) continue;
    const isMuch = left.cubes.length > FEW;
    const next = difference(left, isMuch ? cubesOf(blockers.slice(i)) : piece.flows);
    if (next === "undecided") return next;
    if (isMuch || isEmpty(next)) return isEmpty(next);
    left = next;
  }
  return isEmpty(left);
}

/** Each takes some microseconds, and many requests of a file may ask. */
const MOST_TAKEN_AWAY = 1_024;

/** The free flows from one change of the blockers to the next; neighbours with the same flows are joined. */
function inTurn(flows: Flowgroup, interval: Interval, near: readonly Piece[], most: number): Piece[] | "undecided" {
  let left = most;
  const pieces: Piece[] = [];
  const free = new FreeFlows(flows);
  for (const { start, end, gone, come } of spansOf(interval, near)) {
    const now = free.change(gone, come, left);
    if (now === "undecided") return now;
    left -= now.cubes.length + free.compared / COMPARED_PER_PIECE;
    if (left < 0) return "undecided";
    const last = pieces.at(-1);
    if (isEmpty(now)) continue;
    if (last?.interval.end === start && equal(last.flows, now) === true) {
      pieces[pieces.length - 1] = { flows: now, interval: { start: last.interval.start, end } };
    } else pieces.push({ flows: now, interval: { start, end } });
  }
  return pieces;
}

/** So many blockers that are looked at when others end cost as much as a piece. */
const COMPARED_PER_PIECE = 1_000;

interface FreeSpan extends Interval {
  /** The blockers that ended when it begins, and those that began. */
  readonly gone: readonly Piece[];
  readonly come: readonly Piece[];
}

/** The spans of an interval between which blockers begin and end, in order of time. */
function* spansOf(interval: Interval, near: readonly Piece[]): Generator<FreeSpan> {
  const begins = Map.groupBy(near, (piece) => Math.max(piece.interval.start, interval.start));
  const ends = Map.groupBy(near, (piece) => Math.min(piece.interval.end, interval.end));
  const times = [...new Set([interval.start, ...begins.keys(), ...ends.keys(), interval.end])].toSorted(
    (a, b) => a - b,
  );
  for (const [at, start] of times.slice(0, -1).entries())
    yield { start, end: times[at + 1]!, gone: ends.get(start) ?? [], come: begins.get(start) ?? [] };
}

/**
 * The part of some flows that no blocker holds, as blockers come and go. Of many that stand, each change looks at what came
 * and what went: to take all of them away each time would cost n² for n blockers.
 */
class FreeFlows {
  readonly #flows: Flowgroup;
  readonly #active = new Set<Piece>();
  #free: Flowgroup;
  /** How many blockers the last change looked at. */
  compared = 0;

  constructor(flows: Flowgroup) {
    this.#flows = flows;
    this.#free = flows;
  }

  change(gone: readonly Piece[], come: readonly Piece[], most: number): Flowgroup | "undecided" {
    for (const piece of gone) this.#active.delete(piece);
    for (const piece of come) this.#active.add(piece);
    this.compared = 0;
    const next =
      this.#active.size <= FEW
        ? difference(this.#flows, cubesOf([...this.#active]), most)
        : this.#moved(gone, come, most);
    if (next !== "undecided") this.#free = next;
    return next;
  }

  #moved(gone: readonly Piece[], come: readonly Piece[], most: number): Flowgroup | "undecided" {
    const back = gone.length === 0 ? NONE : this.#unheld(intersect(this.#flows, cubesOf(gone)), most);
    if (back === "undecided") return back;
    return difference(isEmpty(back) ? this.#free : union(this.#free, back), cubesOf(come), most);
  }

  /** What none of those that stand holds. */
  #unheld(flows: Flowgroup, most: number): Flowgroup | "undecided" {
    let left: Flowgroup | "undecided" = flows;
    for (const piece of this.#active) {
      this.compared++;
      if (!overlaps(piece.flows, left)) continue;
      left = difference(left, piece.flows, most);
      if (left === "undecided" || isEmpty(left)) return left;
    }
    return left;
  }
}

/** Of so few, all are taken away each time: what is left then has the fewest cubes. */
const FEW = 32;

/** The cubes of all pieces; not made canonical, as it is only subtracted. */
const cubesOf = (pieces: readonly Piece[]): Flowgroup => ({ cubes: pieces.flatMap((piece) => piece.flows.cubes) });
