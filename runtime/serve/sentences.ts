/**
 * A stream of text → sentences: statements with their full stops, and `begin. … commit.` as one. The end of a statement
 * is a full stop that no digit or sign follows (`10.0.0.1`), outside of quotes and comments: behind it stand a blank, a
 * comment, or what begins the next statement, as in files (LANGUAGE, "Lexical"). A `policy` ends with its
 * closing brace, and its rules' full stops end nothing.
 */

/** The most characters of one sentence. */
const MOST_OF_SENTENCE = 65_536;

/** How far the scan of a sentence has come. */
type Inside = "words" | "quotes" | "line" | "block";

/** What may stand behind the end of a statement. Letters of some scripts take two units. */
const BEHIND = /^[\s/#@"_\p{L}]/u;

/** What ends words, or begins something else among them. */
const TELLING = /["#/{}.]/g;

export class Sentences {
  #text = "";
  #at = 0;
  #inside: Inside = "words";
  #isTransaction = false;
  /** Where the statement at hand begins: behind the last end, also inside of a transaction. */
  #begins = 0;
  /** Braces that are open in a `policy`; undefined: what is at hand is none, or its braces have not begun. */
  #braces: number | undefined;
  /** Whether the statement at hand has had a brace. The first one tells whether it is a `policy`. */
  #isBraced = false;

  /**
   * Takes a piece of the stream; returns the sentences that it completes. A full stop at its very end is complete only
   * once something follows, at the least a line's end.
   *
   * @throws {RangeError} A sentence is longer than `MOST_OF_SENTENCE`.
   */
  push(piece: string): readonly string[] {
    this.#text += piece;
    const sentences: string[] = [];
    for (; this.#at < this.#text.length; this.#at++) {
      if (this.#inside === "words" && !this.#skipWords()) break;
      // What stands here is decided by what follows.
      if (this.#at === this.#text.length - 1 && "./*\\".includes(this.#text[this.#at]!)) break;
      if (!this.#ends()) continue;
      // The last statement alone: of all that a transaction holds, each would be read again for each that follows.
      const bare = withoutComments(this.#text.slice(this.#begins, this.#at + 1)).trim();
      this.#begins = this.#at + 1;
      this.#isBraced = false;
      if (!this.#isTransaction && /^begin\s*\.$/.test(bare)) {
        this.#isTransaction = true;
        continue;
      }
      if (this.#isTransaction && !/\bcommit\s*\.$/.test(bare)) continue;
      const sentence = this.#text.slice(0, this.#at + 1).trim();
      if (sentence.length > MOST_OF_SENTENCE) throw tooLong();
      sentences.push(sentence);
      this.#text = this.#text.slice(this.#at + 1);
      this.#at = -1;
      this.#begins = 0;
      this.#isTransaction = false;
    }
    if (this.#text.length > MOST_OF_SENTENCE) throw tooLong();
    return sentences;
  }

  /** What has come since the last sentence, without its comments. */
  get rest(): string {
    return withoutComments(this.#text).trim();
  }

  /** Whether what has come ends within a comment that is still open. */
  get isInComment(): boolean {
    return this.#inside === "block";
  }

  /** Moves the scan to the next character that tells something; returns whether there is one. */
  #skipWords(): boolean {
    TELLING.lastIndex = this.#at;
    const found = TELLING.exec(this.#text);
    this.#at = found?.index ?? this.#text.length;
    return found !== null;
  }

  /** Moves the scan over the character at hand; whether it ends a statement. */
  #ends(): boolean {
    const [letter, next] = [this.#text[this.#at]!, this.#text[this.#at + 1]];
    switch (this.#inside) {
      case "quotes":
        if (letter === "\\") this.#at++;
        else if (letter === '"' || letter === "\n") this.#inside = "words";
        return false;
      case "line":
        if (letter === "\n") this.#inside = "words";
        return false;
      case "block":
        if (letter === "*" && next === "/") {
          this.#at++;
          this.#inside = "words";
        }
        return false;
      case "words":
        if (letter === '"') this.#inside = "quotes";
        else if (letter === "#" || (letter === "/" && next === "/")) this.#inside = "line";
        else if (letter === "/" && next === "*") {
          // The star of `/*/` ends nothing.
          this.#at++;
          this.#inside = "block";
        }
        if ("{}".includes(letter)) return this.#brace(letter);
        return (
          this.#braces === undefined && letter === "." && BEHIND.test(this.#text.slice(this.#at + 1, this.#at + 3))
        );
    }
  }

  /** A brace counts in a `policy` alone: one that is open by mistake must not swallow what is said behind it. */
  #brace(letter: string): boolean {
    if (this.#braces === undefined) {
      if (letter === "}" || this.#isBraced) return false;
      this.#isBraced = true;
      if (/^\s*policy\b/.test(withoutComments(this.#text.slice(this.#begins, this.#at)))) this.#braces = 1;
      return false;
    }
    this.#braces += letter === "{" ? 1 : -1;
    if (this.#braces > 0) return false;
    this.#braces = undefined;
    return true;
  }
}

const tooLong = (): RangeError => new RangeError(`a statement has at most ${MOST_OF_SENTENCE} characters`);

/** Quotes that are left open end with their line, as for the scan. Looked for from each quote in them they take seconds. */
const withoutComments = (text: string): string =>
  text.replaceAll(/"(?:[^"\\\n]|\\[^])*"?|(?:\/\/|#)[^\n]*|\/\*[^]*?(?:\*\/|$)/g, (found) =>
    found.startsWith('"') ? found : " ",
  );
