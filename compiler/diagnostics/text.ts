/** Nouns behind an article or a number; how wide text stands on a terminal, and text that is safe to print there. */

/** `a user`, `an address`. */
export const withArticle = (noun: string): string => `${/^[aeio]/.test(noun) ? "an" : "a"} ${noun}`;

/** `1 request`, `3 requests`. */
export const count = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;

/** Columns between tab stops. */
const TAB = 4;

/** East Asian wide and full-width characters and emoji: two columns. */
const wide =
  /[\u1100-\u115F\u2E80-\u303E\u3041-\u33FF\u3400-\u4DBF\u4E00-\uA4CF\uA960-\uA97F\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\p{Emoji_Presentation}\u{20000}-\u{3FFFD}]/u;
const zero = /\p{Mn}|\p{Me}|[\u200B-\u200D]/u;
/** Control characters and those that turn the direction of writing: a policy could use them to lie on the screen. */
const unsafe = /[\p{Cc}\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]|\p{Surrogate}/gu;

/** Text in which nothing can move the cursor or turn the line; tabs and line breaks become spaces. */
export function printable(text: string): string {
  return text.replaceAll(/[\t\r\n]+/g, " ").replaceAll(unsafe, "�");
}

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
      const shown = character.replace(unsafe, "�");
      text += shown;
      column += zero.test(shown) ? 0 : wide.test(shown) ? 2 : 1;
    }
  }
  columns.push(column);
  return { text, columns };
}
