/**
 * Lists that users can grow → one list, or one number. `list.push(...more)` and `Math.max(...list)` put each item on the
 * stack, which overflows near a hundred thousand of them; `compiler/spread.test.ts` finds such calls.
 */

/** Puts all items of the second list at the end of the first. */
export function append<T>(list: T[], more: Iterable<T>): void {
  for (const one of more) list.push(one);
}

/** The greatest of the numbers and of `floor`. */
export function greatest(numbers: Iterable<number>, floor = -Infinity): number {
  let most = floor;
  for (const one of numbers) if (one > most) most = one;
  return most;
}

/** The least of the numbers and of `ceiling`. */
export function least(numbers: Iterable<number>, ceiling = Infinity): number {
  let fewest = ceiling;
  for (const one of numbers) if (one < fewest) fewest = one;
  return fewest;
}
