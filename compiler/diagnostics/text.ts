/** Nouns behind an article or a number; how wide text stands on a terminal, and text that is safe to print there. */

/** `a user`, `an address`. */
export const withArticle = (noun: string): string => `${/^[aeio]/.test(noun) ? "an" : "a"} ${noun}`;

/** `1 request`, `3 requests`. */
export const count = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;

/** Some names, of many the first. */
export const fewNames = (names: readonly string[]): string =>
  names.length > MOST_NAMES
    ? `${names.slice(0, MOST_NAMES).join(", ")} and ${names.length - MOST_NAMES} more`
    : names.join(", ");

const MOST_NAMES = 3;

/** At most this many characters of a word are shown in a sentence: more are no name that is read, but a file that went astray. */
const MOST_SHOWN = 1_000;

/** A word as a sentence shows it: of a very long one the beginning and the end. */
export const shortened = (word: string): string =>
  word.length <= MOST_SHOWN ? word : `${word.slice(0, MOST_SHOWN - 100)}…${word.slice(-100)}`;

/** Names in a circle, the last of them the first again: `a → b → a`. The middle of a long one is left out. */
export function circleText(names: readonly string[]): string {
  if (names.length <= 13) return names.join(" → ");
  return [...names.slice(0, 6), `${names.length - 12} more`, ...names.slice(-6)].join(" → ");
}

/** Columns between tab stops. */
const TAB = 4;

/** East Asian wide and full-width characters and emoji: two columns. */
const wide =
  /[\u1100-\u115F\u2E80-\u303E\u3041-\u33FF\u3400-\u4DBF\u4E00-\uA4CF\uA960-\uA97F\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\p{Emoji_Presentation}\u{20000}-\u{3FFFD}]/u;
const zero = /\p{Mn}|\p{Me}/u;
/**
 * Control characters, those that turn the direction of writing, and letters that show nothing: a policy could use them to
 * lie on the screen. Tabs and line breaks are no part of it.
 */
const unsafe = /[^\P{Cc}\t\n]|[\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Default_Ignorable_Code_Point}\u2800]|\p{Surrogate}/gu;

/** Text without any of them, as almost all is: the quick question, for tables of many megabytes. */
const plain = /^[\t\n -~]*$/;

/** One character in a form that can be seen: `\u{202E}`. */
const escaped = (character: string): string => `\\u{${character.codePointAt(0)!.toString(16).toUpperCase()}}`;

/** Text of several lines in which nothing can move the cursor, turn the line or hide: such characters are escaped. */
export const visible = (text: string): string => (plain.test(text) ? text : text.replaceAll(unsafe, escaped));

/** The same on one line: tabs and line breaks become spaces. */
export const printable = (text: string): string => visible(text.replaceAll(/[\t\r\n]+/g, " "));

/** Lines below one another. A line break in a name begins none: each given line stays one. */
export const inLines = (lines: readonly string[]): string => lines.map(printable).join("\n");

/** A word of a command line as a POSIX shell takes it: nothing in it is carried out or split. */
export function shellWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  return /["$`\\!]/.test(word) ? `'${word.replaceAll("'", "'\\''")}'` : `"${word}"`;
}

/** The text of a JSON document with the same characters escaped as JSON does, so that it says the same. */
export const visibleJson = (text: string): string =>
  text.replaceAll(unsafe, (character) =>
    Array.from({ length: character.length }, (_, at) => `\\u${hex4(character.charCodeAt(at))}`).join(""),
  );

const hex4 = (unit: number): string => unit.toString(16).padStart(4, "0");

/** One line of source with its tabs expanded, and the column at which each of its UTF-16 units begins. */
export function expandTabs(line: string): { readonly text: string; readonly columns: readonly number[] } {
  const columns: number[] = [];
  let text = "";
  let column = 0;
  for (const character of line) {
    for (let unit = 0; unit < character.length; unit++) columns.push(column);
    if (character === "\t") {
      const step = TAB - (column % TAB);
      text += " ".repeat(step);
      column += step;
    } else {
      const shown = visible(character);
      text += shown;
      column += shown !== character ? shown.length : zero.test(shown) ? 0 : wide.test(shown) ? 2 : 1;
    }
  }
  columns.push(column);
  return { text, columns };
}

/** `21171` as `21,171`. */
export function thousands(count: number): string {
  return Math.round(count)
    .toString()
    .replaceAll(/\B(?=(\d{3})+$)/g, ",");
}
