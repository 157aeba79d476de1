/** Words → lines: spaces where nothing clings, long units folded behind commas and before clauses. */
import type { SpelledWord } from "./spelling.ts";

/** Width beyond which a unit is folded. */
export const WIDTH = 100;

/** Words before which a line may end. */
const clauses = new Set(["on", "for", "from", "or", "and", "except", "where", "["]);

/** Lays out one unit; the first line begins at `indent`, the rest four columns further in. */
export function layOut(words: readonly SpelledWord[], indent: number, width: number = WIDTH): string {
  const margin = `\n${" ".repeat(indent + 4)}`;
  let text = " ".repeat(indent);
  let column = indent;
  const put = (piece: string): void => {
    text += piece;
    const newline = piece.lastIndexOf("\n");
    column = newline < 0 ? column + piece.length : piece.length - newline - 1;
  };
  let depth = 0;
  for (let i = 0; i < words.length;) {
    const before = words[i - 1];
    const first = words[i]!;
    // A segment: words between which the line must not end.
    let end = i;
    let segment = "";
    do {
      const word = words[end]!;
      if (word.text === "(" || word.text === "[") depth++;
      else if (word.text === ")" || word.text === "]") depth--;
      segment += (end > i && spaced(words[end - 1]!, word) ? " " : "") + word.text;
      end++;
    } while (end < words.length && !breakable(words[end - 1]!, words[end]!, depth));
    const length = segment.split("\n", 1)[0]!.length;
    if (before !== undefined) {
      const forced = before.comment === "line" || (first.comment !== undefined && first.ownLine === true);
      const gap = spaced(before, first) ? " " : "";
      put(forced || (gap !== "" && column + 1 + length > width) ? margin : gap);
    }
    put(segment);
    i = end;
  }
  return text;
}

function spaced(before: SpelledWord, after: SpelledWord): boolean {
  return !before.clingsOn && !after.clingsBack;
}

/** Whether the line may (or, at comments, must) end between two words. */
function breakable(before: SpelledWord, after: SpelledWord, depth: number): boolean {
  if (before.comment !== undefined || after.comment !== undefined) return true;
  if (!spaced(before, after)) return false;
  return before.text === "," || clauses.has(after.text) || (before.text === "<=" && depth === 0);
}
