/**
 * A stream of JSON texts without delimiters (RFC 7047, section 4) → single texts, in bounded memory. It counts brackets
 * outside of strings. A text that does not begin with a brace, or that exceeds a bound, is a fault.
 */

export interface FramerLimits {
  /** Characters of one text. */
  readonly length: number;
  /** Brackets within brackets. */
  readonly depth: number;
}

const LIMITS: FramerLimits = { length: 2 ** 26, depth: 64 };
const SPACE = /^\s*/;

export class JsonFramer {
  readonly #limits: FramerLimits;
  #text = "";
  /** The text has been scanned up to here. */
  #at = 0;
  #depth = 0;
  #inString = false;
  #fault: string | undefined;

  constructor(limits: Partial<FramerLimits> = {}) {
    this.#limits = { ...LIMITS, ...limits };
  }

  /** Why nothing more can be read; `undefined` if more can. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** The texts that this chunk completes. */
  push(chunk: string): readonly string[] {
    const texts: string[] = [];
    if (this.#fault !== undefined) return texts;
    this.#text += chunk;
    for (;;) {
      const end = this.#scan();
      if (end === undefined) break;
      texts.push(this.#text.slice(0, end));
      this.#text = this.#text.slice(end);
      this.#at = 0;
    }
    if (this.#text.length > this.#limits.length)
      this.#fault = `a message of more than ${this.#limits.length} characters`;
    return texts;
  }

  /** The end of the first text; `undefined` if it has not arrived. */
  #scan(): number | undefined {
    if (this.#depth === 0) this.#text = this.#text.replace(SPACE, "");
    for (; this.#at < this.#text.length; this.#at++) {
      const unit = this.#text[this.#at]!;
      if (this.#inString) {
        // An escaped character cannot end the string. If it has not arrived, the backslash waits for it.
        if (unit === "\\") {
          if (this.#at + 1 === this.#text.length) return undefined;
          this.#at++;
        } else if (unit === '"') this.#inString = false;
      } else if (unit === "{" || unit === "[") {
        this.#depth++;
        if (this.#depth > this.#limits.depth) return this.#fail(`brackets ${this.#limits.depth} deep and more`);
        if (this.#at === 0 && unit === "[") return this.#fail("a message that is no object");
      } else if (this.#depth === 0) return this.#fail("text outside of messages");
      else if (unit === '"') this.#inString = true;
      else if (unit === "}" || unit === "]") {
        this.#depth--;
        if (this.#depth === 0) return this.#at + 1;
      }
    }
    return undefined;
  }

  #fail(reason: string): undefined {
    this.#fault = reason;
    this.#text = "";
  }
}
