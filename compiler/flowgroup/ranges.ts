/**
 * Sets of integers as flat lists of closed ranges: `[lo, hi, lo, hi, …]`, sorted, disjoint, not adjacent, so that
 * equal sets are equal lists. The same code serves numbers and 128-bit integers; every operation is a merge, linear in
 * its lists, and logarithmic in the longer one where the shorter one is much shorter.
 */

export type Ranges<N extends number | bigint> = readonly N[];

function next<N extends number | bigint>(value: N): N {
  return (typeof value === "bigint" ? value + 1n : (value as number) + 1) as N;
}

function previous<N extends number | bigint>(value: N): N {
  return (typeof value === "bigint" ? value - 1n : (value as number) - 1) as N;
}

/** The canonical list of any ranges, in any order, overlapping or not. */
export function toRanges<N extends number | bigint>(pairs: readonly (readonly [low: N, high: N])[]): Ranges<N> {
  if (pairs.length === 1) return pairs[0]!;
  const sorted = pairs.toSorted((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
  const result: N[] = [];
  for (const [low, high] of sorted) append(result, low, high);
  return result;
}

/** Adds a range that starts no earlier than the last one. */
function append<N extends number | bigint>(result: N[], low: N, high: N): void {
  const last = result.length - 1;
  if (last > 0 && low <= next(result[last]!)) {
    if (high > result[last]!) result[last] = high;
  } else {
    result.push(low, high);
  }
}

/** a ∪ b. */
export function unionRanges<N extends number | bigint>(a: Ranges<N>, b: Ranges<N>): Ranges<N> {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  const result: N[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (j >= b.length || (i < a.length && a[i]! <= b[j]!)) {
      append(result, a[i]!, a[i + 1]!);
      i += 2;
    } else {
      append(result, b[j]!, b[j + 1]!);
      j += 2;
    }
  }
  return result;
}

/** a ∩ b. */
export function intersectRanges<N extends number | bigint>(a: Ranges<N>, b: Ranges<N>): Ranges<N> {
  if (a.length > b.length) return intersectRanges(b, a);
  const result: N[] = [];
  let j = 0;
  for (let i = 0; i < a.length; i += 2) {
    const low = a[i]!;
    const high = a[i + 1]!;
    j = seek(b, low, j);
    while (j < b.length && b[j]! <= high) {
      result.push(b[j]! > low ? b[j]! : low, b[j + 1]! < high ? b[j + 1]! : high);
      if (b[j + 1]! > high) break;
      j += 2;
    }
  }
  return result;
}

/** a \ b. */
export function subtractRanges<N extends number | bigint>(a: Ranges<N>, b: Ranges<N>): Ranges<N> {
  const result: N[] = [];
  let j = 0;
  for (let i = 0; i < a.length; i += 2) {
    let low = a[i]!;
    const high = a[i + 1]!;
    let open = true;
    j = seek(b, low, j);
    while (j < b.length && b[j]! <= high) {
      if (b[j]! > low) result.push(low, previous(b[j]!));
      if (b[j + 1]! >= high) {
        open = false;
        break;
      }
      low = next(b[j + 1]!);
      j += 2;
    }
    if (open) result.push(low, high);
  }
  return result;
}

/** a ⊆ b. */
export function rangesSubset<N extends number | bigint>(a: Ranges<N>, b: Ranges<N>): boolean {
  if (a.length === 2 && b.length === 2) return a[0]! >= b[0]! && a[1]! <= b[1]!;
  let j = 0;
  for (let i = 0; i < a.length; i += 2) {
    j = seek(b, a[i]!, j);
    if (j >= b.length || b[j]! > a[i]! || b[j + 1]! < a[i + 1]!) return false;
  }
  return true;
}

/** a ∩ b ≠ ∅. */
export function rangesOverlap<N extends number | bigint>(a: Ranges<N>, b: Ranges<N>): boolean {
  if (a.length === 2 && b.length === 2) return a[0]! <= b[1]! && b[0]! <= a[1]!;
  if (a.length > b.length) return rangesOverlap(b, a);
  let j = 0;
  for (let i = 0; i < a.length; i += 2) {
    j = seek(b, a[i]!, j);
    if (j >= b.length) return false;
    if (b[j]! <= a[i + 1]!) return true;
  }
  return false;
}

/** Is the value in the set? */
export function inRanges<N extends number | bigint>(ranges: Ranges<N>, value: N): boolean {
  const at = seek(ranges, value, 0);
  return at < ranges.length && ranges[at]! <= value;
}

/** The first range, from index `from` on, that ends at `value` or later: a few steps forward, then by halving. */
function seek<N extends number | bigint>(ranges: Ranges<N>, value: N, from: number): number {
  let at = from;
  for (let step = 0; step < 4; step++) {
    if (at >= ranges.length || ranges[at + 1]! >= value) return at;
    at += 2;
  }
  let low = at >> 1;
  let high = ranges.length >> 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ranges[middle * 2 + 1]! >= value) high = middle;
    else low = middle + 1;
  }
  return low * 2;
}

/** Lists are canonical, so sets are equal iff their lists are. */
export function sameRanges<N extends number | bigint>(a: Ranges<N>, b: Ranges<N>): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
