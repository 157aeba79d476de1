/**
 * The formatter: text → canonical text. Each statement stands on lines of its own, rules of a policy are indented,
 * comments stay where they belong and at most one empty line separates statements. Formatting twice changes nothing,
 * and the text parses to what it parsed to before.
 */
import type { IToken } from "chevrotain";
import type { GrammarFault } from "./errors.ts";
import { layOut, WIDTH } from "./layout.ts";
import { lex } from "./tokens.ts";
import { readUnits } from "./units.ts";
import { commentWord, words } from "./spelling.ts";

/** Canonical text, or why there is none. */
export type Formatted = { readonly text: string } | { readonly faults: readonly GrammarFault[] };

/** Formats a whole file. A text with faults is not touched. */
export function format(text: string, width: number = WIDTH): Formatted {
  const lexed = lex(text);
  const page = new Page(text, lexed.comments);
  const faults: GrammarFault[] = [];
  let indent = 0;
  for (const unit of readUnits(text, lexed)) {
    if (unit.kind === "fault") {
      faults.push(unit.fault);
    } else if (faults.length === 0) {
      const first = unit.tokens[0]!;
      const last = unit.tokens.at(-1)!;
      page.commentsBefore(first.startOffset, indent);
      if (unit.kind === "policyEnd") {
        indent = 0;
        page.put("}", first.startOffset, last.endOffset! + 1, false);
      } else {
        const inside = page.commentsWithin(last.endOffset!);
        const laidOut = layOut(words(unit.tree, unit.tokens, inside, text), indent, width);
        page.put(laidOut, first.startOffset, last.endOffset! + 1, true);
        if (unit.kind === "policyHead") {
          indent = 2;
          page.opened = true;
        }
      }
    }
  }
  if (faults.length > 0) return { faults };
  page.commentsBefore(text.length, indent);
  return { text: page.finish() };
}

/** The text as far as it is written. */
class Page {
  /** Whether a brace was just opened: no empty line behind it. */
  opened = false;
  private readonly source: string;
  private readonly comments: readonly IToken[];
  private next = 0;
  private written = "";
  /** Where in the source the last thing written ends. */
  private reached = 0;

  constructor(source: string, comments: readonly IToken[]) {
    this.source = source;
    this.comments = comments;
  }

  /** Writes the comments that stand before an offset: behind what they follow on its line, else on their own. */
  commentsBefore(offset: number, indent: number): void {
    while (this.next < this.comments.length && this.comments[this.next]!.startOffset < offset) {
      const comment = this.comments[this.next++]!;
      const { text } = commentWord(comment, this.source);
      const sameLine = this.written !== "" && !/[\r\n]/.test(this.source.slice(this.reached, comment.startOffset));
      if (sameLine) {
        this.written += ` ${text}`;
        this.reached = comment.endOffset! + 1;
      } else {
        this.put(" ".repeat(indent) + text, comment.startOffset, comment.endOffset! + 1, true);
      }
    }
  }

  /** Takes the comments up to an offset, for the unit that they stand in. */
  commentsWithin(end: number): readonly IToken[] {
    const from = this.next;
    while (this.next < this.comments.length && this.comments[this.next]!.startOffset < end) this.next++;
    return this.comments.slice(from, this.next);
  }

  /** Writes something on a line of its own; `[start, end)` is where it stood. */
  put(text: string, start: number, end: number, mayFollowGap: boolean): void {
    if (this.written !== "") {
      const gap = this.source.slice(this.reached, start);
      const empty = mayFollowGap && !this.opened && /(?:\r\n|\n|\r(?!\n))[^\S\r\n]*[\r\n]/.test(gap);
      this.written += empty ? "\n\n" : "\n";
    }
    this.written += text;
    this.opened = false;
    this.reached = end;
  }

  finish(): string {
    return this.written === "" ? "" : `${this.written}\n`;
  }
}
