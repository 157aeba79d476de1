/**
 * A request × its blockers → the pieces (flowgroup × time) that no blocker holds, exactly. The flows that are free for
 * the whole time come first as one piece; those that are free for a part of it follow, in order of time.
 */
import type { Flowgroup } from "../flowgroup/cube.ts";
import { difference, equal, intersect, isEmpty, MOST_PIECES, overlaps } from "../flowgroup/index.ts";
import { contains, overlap, type Interval } from "../net/interval.ts";
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
  const free = difference(flows, union(near), most);
  if (free === "undecided") return free;
  const whole: Piece[] = isEmpty(free) ? [] : [{ flows: free, interval }];
  const shorter = near.filter((piece) => !contains(piece.interval, interval));
  if (shorter.length === 0) return whole;
  // Only where a blocker is there for a part of the time can more be left; look at those flows alone.
  const contested = intersect(flows, union(shorter));
  const later = inTurn(contested, interval, near, most);
  return later === "undecided" ? later : [...whole, ...later];
}

/** The free flows from one change of the blockers to the next; neighbours with the same flows are joined. */
function inTurn(flows: Flowgroup, interval: Interval, near: readonly Piece[], most: number): Piece[] | "undecided" {
  let left = most;
  const changes = near.flatMap((piece) => [piece.interval.start, piece.interval.end]);
  const inside = changes.filter((time) => time > interval.start && time < interval.end);
  const times = [interval.start, ...new Set(inside.toSorted((a, b) => a - b)), interval.end];
  const pieces: Piece[] = [];
  for (let at = 0; at + 1 < times.length; at++) {
    const start = times[at]!;
    const end = times[at + 1]!;
    const active = near.filter((piece) => contains(piece.interval, { start, end }));
    const free = difference(flows, union(active), left);
    if (free === "undecided") return free;
    if (isEmpty(free)) continue;
    left -= free.cubes.length;
    const last = pieces.at(-1);
    if (last?.interval.end === start && equal(last.flows, free) === true) {
      pieces[pieces.length - 1] = { flows: free, interval: { start: last.interval.start, end } };
    } else pieces.push({ flows: free, interval: { start, end } });
  }
  return pieces;
}

/** The cubes of all pieces; not made canonical, as it is only subtracted. */
const union = (pieces: readonly Piece[]): Flowgroup => ({ cubes: pieces.flatMap((piece) => piece.flows.cubes) });
