/**
 * How far a text is read. A statement of millions of signs would cost seconds before anything could be said of it, so
 * its signs are counted before the text is lexed.
 */

/** The most signs of one statement: brackets, commas, operators. */
export const MOST_SIGNS = 100_000;

/** Where reading stops: in the first statement with more signs than are read; undefined where there is none. */
export function reachOf(text: string): number | undefined {
  // Each sign is a character, so most texts are too short.
  if (text.length <= MOST_SIGNS) return undefined;
  let signs = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (isPlain(character)) continue;
    if (character === QUOTE) at = endOfQuoted(text, at);
    else if (character === HASH || (character === SLASH && text.charCodeAt(at + 1) === SLASH))
      at = find(text, "\n", at);
    else if (character === SLASH && text.charCodeAt(at + 1) === STAR) at = find(text, "*/", at + 2) + 1;
    else if (character === DOT) {
      // A full stop between digits is part of a number or an address.
      if (!isDigit(text.charCodeAt(at + 1))) signs = 0;
    } else if (++signs > MOST_SIGNS) return at;
  }
  return undefined;
}

const [QUOTE, HASH, SLASH, STAR, DOT, BACKSLASH] = Array.from('"#/*.\\', (one) => one.charCodeAt(0)) as [
  number,
  number,
  number,
  number,
  number,
  number,
];

const isDigit = (character: number): boolean => character >= 48 && character <= 57;

/** White space, a digit, a letter, `_` or `-`. */
const isPlain = (character: number): boolean =>
  character <= 32 ||
  isDigit(character) ||
  (character >= 97 && character <= 122) ||
  (character >= 65 && character <= 90) ||
  character === 95 ||
  character === 45 ||
  character > 127;

/** Where the quoted text that begins here ends: at its other mark, or before the end of the line. */
function endOfQuoted(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (character === QUOTE || character === 10 || character === 13) return at;
    if (character === BACKSLASH) at++;
  }
  return text.length;
}

function find(text: string, what: string, from: number): number {
  const at = text.indexOf(what, from);
  return at < 0 ? text.length : at;
}
