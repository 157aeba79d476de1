/**
 * A graph of places → those that may lie on a circle: all from which and to which others of them lead. What leads on is
 * given as bits, so one round over all places is cheap; but a line of switches loses a place at each end in each round.
 * So after a few rounds the places are peeled off one by one along the edges, in time in proportion to these.
 */

/** Rounds over all places. The leaves of wide networks, which have most of the edges, go in the first of them. */
const ROUNDS = 8;

/** `places`: their bits in `unions`, where bit j of the i-th says that place i leads to place j. Returns their indexes. */
export function onCircles(
  places: readonly number[],
  unions: readonly bigint[],
  rounds: number = ROUNDS,
): readonly number[] {
  let left = places.map((_, i) => i);
  for (let round = 0; round < rounds; round++) {
    const here = left.reduce((some, i) => some | (1n << BigInt(places[i]!)), 0n);
    const reached = left.reduce((some, i) => some | unions[i]!, 0n);
    const next = left.filter((i) => (unions[i]! & here) !== 0n && (reached >> BigInt(places[i]!)) & 1n);
    if (next.length === left.length) return next;
    left = next;
  }
  return peeled(left, places, unions);
}

function peeled(left: readonly number[], places: readonly number[], unions: readonly bigint[]): readonly number[] {
  const indexOf = new Map(left.map((i) => [places[i]!, i]));
  const onwards = new Map<number, readonly number[]>();
  const before = new Map<number, number[]>(left.map((i) => [i, []]));
  const comes = new Map<number, number>();
  const goes = new Map<number, number>();
  for (const i of left) {
    const next = bitsOf(unions[i]!).flatMap((place) => indexOf.get(place) ?? []);
    onwards.set(i, next);
    goes.set(i, next.length);
    for (const j of next) before.get(j)!.push(i);
  }
  for (const i of left) comes.set(i, before.get(i)!.length);
  const gone = new Set(left.filter((i) => goes.get(i) === 0 || comes.get(i) === 0));
  // A set that grows while it is walked is a queue.
  for (const i of gone) {
    for (const [counts, others] of [
      [comes, onwards.get(i)!],
      [goes, before.get(i)!],
    ] as const) {
      for (const other of others) {
        const count = counts.get(other)! - 1;
        counts.set(other, count);
        if (count === 0) gone.add(other);
      }
    }
  }
  return left.filter((i) => !gone.has(i));
}

/** The numbers of the bits that are set. */
function bitsOf(bits: bigint): readonly number[] {
  const found: number[] = [];
  const digits = bits.toString(16);
  for (let at = digits.length - 1; at >= 0; at--) {
    if (digits[at] === "0") continue;
    const digit = Number.parseInt(digits[at]!, 16);
    for (let bit = 0; bit < 4; bit++) if ((digit >> bit) & 1) found.push(4 * (digits.length - 1 - at) + bit);
  }
  return found;
}
