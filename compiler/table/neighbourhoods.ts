/**
 * Items with matches → groups of them, such that any two whose matches overlap are together in one. So whoever looks for
 * pairs that overlap compares the items of a group alone.
 *
 * What a match leaves of a field lies in a range of numbers, whatever its mask. A group is cut at a number of one field:
 * what lies below on the one side, what lies above on the other, what lies across it on both. It is cut while few lie across,
 * so the groups are little more than the items.
 */
import type { Match, MatchField } from "./entry.ts";
import { fullMask, maskOfField } from "./match.ts";

/** The groups. The items of each are in the order given. */
export function neighbourhoods<Item>(items: readonly Item[], matchOf: (one: Item) => Match): readonly Item[][] {
  const axes = axesOf(items.map(matchOf));
  const found: Item[][] = [];
  const open = [items.map((_, at) => at)];
  for (let group = open.pop(); group !== undefined; group = open.pop()) {
    const parts = cut(group, axes);
    if (parts === undefined) found.push(group.map((at) => items[at]!));
    else open.push(parts[1], parts[0]);
  }
  return found;
}

/**
 * A field: the range of each item, from and to. The numbers count the lower ends of all ranges, so two of them overlap iff the
 * ranges do.
 */
interface Axis {
  readonly from: Int32Array;
  readonly to: Int32Array;
}

function axesOf(matches: readonly Match[]): readonly Axis[] {
  const fields = new Set(matches.flatMap((match) => match.map(({ field }) => field)));
  return [...fields].map((field) => axisOf(matches, field));
}

function axisOf(matches: readonly Match[], field: MatchField): Axis {
  const found = matches.map((match) => match.find((one) => one.field === field));
  const ends = [...new Set(found.map((one) => one?.value ?? 0n))].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const at = new Map(ends.map((value, i) => [value, i]));
  const from = new Int32Array(matches.length);
  const to = new Int32Array(matches.length);
  for (const [i, one] of found.entries()) {
    from[i] = one === undefined ? 0 : at.get(one.value)!;
    if (one === undefined) to[i] = ends.length - 1;
    else to[i] = one.mask === undefined ? from[i]! : lastUpTo(ends, one.value | (fullMask(field) ^ maskOfField(one)));
  }
  return { from, to };
}

/** The place of the last of ascending numbers that is not above one. */
function lastUpTo(ends: readonly bigint[], most: bigint): number {
  let [low, high] = [0, ends.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (ends[middle]! <= most) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The two parts of a group by the cut that leaves the smaller one largest; undefined where each leaves many across. */
function cut(group: readonly number[], axes: readonly Axis[]): readonly [number[], number[]] | undefined {
  let best: { readonly axis: Axis; readonly number: number } | undefined;
  let most = 0;
  for (const axis of axes) {
    const number = middleOf(group, axis);
    if (number === undefined) continue;
    let below = 0;
    let above = 0;
    for (const one of group) {
      if (axis.to[one]! < number) below++;
      else if (axis.from[one]! >= number) above++;
    }
    const across = group.length - below - above;
    const less = Math.min(below, above);
    // What lies across is a quarter of the smaller part at most: so all groups together grow by a small power of their number.
    if (across * 4 > less || less - across <= most) continue;
    best = { axis, number };
    most = less - across;
  }
  if (best === undefined) return undefined;
  const { axis, number } = best;
  return [group.filter((one) => axis.from[one]! < number), group.filter((one) => axis.to[one]! >= number)];
}

const SAMPLE = 63;

/** A number near the middle of the lower ends, of a sample, above the least of them. */
function middleOf(group: readonly number[], { from }: Axis): number | undefined {
  const step = Math.max(1, Math.floor(group.length / SAMPLE));
  const ends: number[] = [];
  for (let i = 0; i < group.length; i += step) ends.push(from[group[i]!]!);
  ends.sort((a, b) => a - b);
  const [least] = ends;
  const middle = ends[ends.length >> 1];
  return middle !== least ? middle : ends.find((one) => one > least!);
}
