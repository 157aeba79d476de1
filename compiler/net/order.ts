/** Orders for sorting: by code units of text, never by the locale, so that the same input gives the same bytes. */

/** Text in the order of its code units. */
export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** In the order of a key of text. */
export const by =
  <T>(key: (one: T) => string) =>
  (a: T, b: T): number =>
    byText(key(a), key(b));

/** A list of names in order of text with a name added or taken out; each stands in it once. */
export function withName(names: readonly string[], name: string, isThere: boolean): readonly string[] {
  let [low, high] = [0, names.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (names[middle]! < name) low = middle + 1;
    else high = middle;
  }
  if ((names[low] === name) === isThere) return names;
  return isThere ? names.toSpliced(low, 0, name) : names.toSpliced(low, 1);
}
