/**
 * A clock that may be set → one that never goes back. Where the machine's clock is set back, this one goes on by what has
 * passed since, so that no end moves away; where that is set forward, this one follows.
 */

/**
 * @param clock Unix time in milliseconds.
 * @param passed Milliseconds of a counter that nobody sets.
 */
export function steadyClock(clock: () => number, passed: () => number): () => number {
  let last: { readonly at: number; readonly counter: number } | undefined;
  return () => {
    const counter = passed();
    const [read, goesOn] = [clock(), last === undefined ? -Infinity : last.at + counter - last.counter];
    // Between two settings the counter alone runs on, so what is cut off here does not add up.
    if (read > goesOn) last = { at: read, counter };
    return Math.max(read, Math.floor(goesOn));
  };
}
