/**
 * Entries with one match, the one that ends last first. Only what ends no earlier than an entry shadows it, so of those that
 * end in turn none is looked at in vain.
 */
import type { Settled } from "./contribution.ts";

/** Puts an entry behind those that end no earlier. */
export function insertByEnd(list: Settled[], one: Settled): void {
  let [from, to] = [0, list.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (list[middle]!.end >= one.end) from = middle + 1;
    else to = middle;
  }
  list.splice(from, 0, one);
}

/** The first entry that ends no earlier than this and passes the test; undefined if there is none. */
export function findLasting(
  list: readonly Settled[],
  end: number,
  test: (other: Settled) => boolean,
): Settled | undefined {
  for (const one of list) {
    if (one.end < end) return undefined;
    if (test(one)) return one;
  }
  return undefined;
}
