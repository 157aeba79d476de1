/** Orders for sorting: by code units of text, never by the locale, so that the same input gives the same bytes. */

/** Text in the order of its code units. */
export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** In the order of a key of text. */
export const by =
  <T>(key: (one: T) => string) =>
  (a: T, b: T): number =>
    byText(key(a), key(b));
