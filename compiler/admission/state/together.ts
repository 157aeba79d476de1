/**
 * What the pieces of a statement hold together of packets that hide something, though none of their cubes does alone, at
 * each instant: a grant cut in time has pieces with other spans, and at one instant several of them count.
 */
import type { Piece } from "../../certificates/verdict.ts";
import type { Cube } from "../../flowgroup/cube.ts";
import { bitOf, cubesOverlap, withConstraint } from "../../flowgroup/cubes.ts";
import type { Field } from "../../flowgroup/fields.ts";
import { equal } from "../../flowgroup/index.ts";
import { near } from "../../flowgroup/near.ts";
import { hull, type Interval } from "../../net/interval.ts";

export interface Together {
  /** The fields that the packets may hide. Cubes that ask for none of them hold what they hold alone. */
  readonly hidden: readonly Field[];
  /** The cubes that some cubes of one instant add; `known` are added already. */
  readonly find: (cubes: readonly Cube[], known: readonly Cube[]) => readonly Cube[];
}

/** The pieces of one span. */
interface Group {
  readonly interval: Interval;
  readonly cubes: readonly Cube[];
  readonly added: readonly Cube[];
  /** The cubes that a cube may share a packet with, but for what is hidden. */
  readonly near: (shown: Cube) => readonly Cube[];
}

/** The pieces to add: of each span by itself, and of those that share an instant. */
export function addedTogether(pieces: readonly Piece[], { hidden, find }: Together): readonly Piece[] {
  const shownOf = (of: Cube): Cube => hidden.reduce((rest, field) => withConstraint(rest, field, undefined), of);
  const spans = Map.groupBy(pieces, ({ interval: { start, end } }) => `${start} ${end}`);
  const groups = [...spans.values()].map((some): Group => {
    const cubes = some.flatMap(({ flows }) => flows.cubes);
    const { interval } = some[0]!;
    return { interval, cubes, added: find(cubes, []), near: nearBy(cubes, shownOf, pieces.length) };
  });
  const alone = groups.flatMap(({ interval, added }) => (added.length === 0 ? [] : [pieceOf(added, interval)]));
  return groups.length < 2 ? alone : [...alone, ...joined(acrossSpans(groups, { hidden, find }, shownOf))];
}

const pieceOf = (cubes: readonly Cube[], interval: Interval): Piece => ({ flows: { cubes }, interval });

/** The cubes are indexed at the first question. */
function nearBy(cubes: readonly Cube[], shownOf: (of: Cube) => Cube, questions: number): Group["near"] {
  let index: ((of: Cube) => readonly Cube[]) | undefined;
  const originals = new Map<Cube, Cube>();
  return (shown) => {
    if (index === undefined) {
      for (const one of cubes) originals.set(shownOf(one), one);
      index = near([...originals.keys()], questions);
    }
    return index(shown).flatMap((one) => (cubesOverlap(one, shown) ? [originals.get(one)!] : []));
  };
}

/** What groups of several spans add from one change to the next, in order of time. */
function* acrossSpans(
  groups: readonly Group[],
  { hidden, find }: Together,
  shownOf: (of: Cube) => Cube,
): Generator<Piece> {
  const begins = Map.groupBy(groups, ({ interval }) => interval.start);
  const ends = Map.groupBy(groups, ({ interval }) => interval.end);
  const times = [...new Set([...begins.keys(), ...ends.keys()])].toSorted((a, b) => a - b);
  const active = new Set<Group>();
  for (const [at, start] of times.slice(0, -1).entries()) {
    for (const one of ends.get(start) ?? []) active.delete(one);
    for (const one of begins.get(start) ?? []) active.add(one);
    if (active.size < 2) continue;
    // What needs cubes of two groups needs one that is not of the largest.
    const largest = [...active].reduce((best, one) => (one.cubes.length > best.cubes.length ? one : best));
    const others = [...active].filter((one) => one !== largest).flatMap(({ cubes }) => cubes);
    const asking = others.filter((one) => hidden.some((field) => one.mask & bitOf(field)));
    const chosen = new Set<Cube>();
    for (const shown of asking.map(shownOf))
      for (const group of active) for (const one of group.near(shown)) chosen.add(one);
    if (chosen.size < 2) continue;
    const known = [...active].flatMap(({ added }) => added);
    const cubes = find([...chosen], known);
    if (cubes.length > 0) yield pieceOf(cubes, { start, end: times[at + 1]! });
  }
}

/** Neighbours that hold the same are one: what stands on is not ended and begun again. */
function joined(pieces: Iterable<Piece>): readonly Piece[] {
  const all: Piece[] = [];
  for (const one of pieces) {
    const last = all.at(-1);
    const isSame = last?.interval.end === one.interval.start && equal(last.flows, one.flows) === true;
    if (isSame) all[all.length - 1] = { ...last, interval: hull(last.interval, one.interval) };
    else all.push(one);
  }
  return all;
}
