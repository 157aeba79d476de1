/**
 * Operations on lists whose length the user decides. `list.push(...more)` and `Math.max(...list)` put each item on the
 * stack, which overflows at about a hundred thousand items; `compiler/spread.test.ts` finds such calls.
 */

/** Adds all items of `more` at the end of `list`. */
export function append<T>(list: T[], more: Iterable<T>): void {
  for (const one of more) list.push(one);
}

/** The greatest of the numbers and `floor`. */
export function greatest(numbers: Iterable<number>, floor = -Infinity): number {
  let result = floor;
  for (const one of numbers) if (one > result) result = one;
  return result;
}

/** The least of the numbers and `ceiling`. */
export function least(numbers: Iterable<number>, ceiling = Infinity): number {
  let result = ceiling;
  for (const one of numbers) if (one < result) result = one;
  return result;
}
