/**
 * How much all files of a policy may come to: words and signs of texts, cells of tables, values of JSON. Each of them takes
 * hundreds of bytes once it is read, so a bound on the bytes of files bounds no memory.
 */
import { CHARACTERS_OF_WORD, MOST_WORDS } from "#grammar/reach.ts";

/** What helps where there is too much. */
export const READ_LESS =
  "a fact counts its words, brackets and commas, and a row of an `extern` only its cells; a prefix stands for many hosts, a set of values for many statements";

export class Reading {
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
