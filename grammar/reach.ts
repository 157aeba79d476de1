/**
 * How much of a text is read. A statement of millions of signs, or a file of millions of words, would cost seconds and
 * gigabytes before anything could be said of it, so words and signs are counted before the text is lexed.
 */

/** The most signs of one statement: brackets, commas, operators. */
export const MOST_SIGNS = 100_000;
/** The most words and signs that are read of one text, where nothing else is said. */
export const MOST_WORDS = 2_500_000;
/** So many characters count as a word beyond those that are there: comments and long names take room, too. */
export const CHARACTERS_OF_WORD = 64;

/** What a text comes to in words and signs, and where it is read no further. */
export interface Reach {
  readonly size: number;
  readonly stop?: { readonly kind: "too long" | "too much"; readonly at: number };
}

/** Counts a text, of which so many words and signs may be read, up to the first statement with too many signs. */
export function reachOf(text: string, most = MOST_WORDS): Reach {
  let size = Math.floor(text.length / CHARACTERS_OF_WORD);
  if (size > most) return { size, stop: { kind: "too much", at: most * CHARACTERS_OF_WORD } };
  let signs = 0;
  let isInWord = false;
  let long: number | undefined;
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at);
    const wasInWord = isInWord;
    isInWord = false;
    if (character <= 32) continue;
    const start = at;
    if (isPlain(character)) {
      isInWord = true;
      if (wasInWord) continue;
    } else if (character === QUOTE) at = endOfQuoted(text, at);
    else if (character === HASH || (character === SLASH && text.charCodeAt(at + 1) === SLASH)) {
      at = find(text, "\n", at);
      continue;
    } else if (character === SLASH && text.charCodeAt(at + 1) === STAR) {
      at = find(text, "*/", at + 2) + 1;
      continue;
    } else if (character === DOT) {
      // A full stop between digits is part of a number or an address.
      if (isDigit(text.charCodeAt(at + 1))) {
        isInWord = true;
        if (wasInWord) continue;
      } else signs = 0;
    } else if (++signs > MOST_SIGNS) long ??= at;
    if (++size > most) return { size, stop: { kind: "too much", at: start } };
  }
  return long === undefined ? { size } : { size, stop: { kind: "too long", at: long } };
}

/**
 * What all files of a policy have left together: words and signs of texts, cells of tables, values of JSON. Each of them
 * takes hundreds of bytes once it is read, so a bound on the bytes of files bounds no memory.
 */
export class ReadBudget {
  #left = MOST_WORDS;
  #isSpent = false;

  /** What may still be read. */
  get left(): number {
    return this.#left;
  }

  /** Whether something was not read, so that nothing else is. */
  get isSpent(): boolean {
    return this.#isSpent;
  }

  /** Counts what was read; says whether all of it was to be. */
  take(size: number): boolean {
    this.#left -= size;
    this.#isSpent ||= this.#left < 0;
    return !this.#isSpent;
  }
}

/** What the mere length of a data file counts. */
export const sizeOfLength = ({ length }: string): number => Math.floor(length / CHARACTERS_OF_WORD);

const [QUOTE, HASH, SLASH, STAR, DOT, BACKSLASH] = Array.from('"#/*.\\', (one) => one.charCodeAt(0)) as [
  number,
  number,
  number,
  number,
  number,
  number,
];

const isDigit = (character: number): boolean => character >= 48 && character <= 57;

/** A digit, a letter, `_` or `-`. */
const isPlain = (character: number): boolean =>
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
